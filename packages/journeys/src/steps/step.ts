// Pure. The shape of a step kind. Adding one: write a file beside this one and list it in catalogue.ts.
import type { z } from 'zod'
import type { NumberSettings, Option, OutgoingContent, Target } from '@baton/router'
import type { ErrorCode } from '../errors.ts'
import type { OnReturn } from '../definition/fields.ts'
import type { Accept, ReplyMatch } from '../replies.ts'
import type { Scope } from '../templates.ts'

export type Path = (string | number)[]

export interface StepKind<D = unknown> {
  /** The key that names the kind in YAML. */
  kind: string
  /** Reads the whole step, `goto` included. */
  schema: z.ZodType<D>
  /** The run arrives. */
  enter(step: D, view: StepView): Move
  /** Something happened while the run stood here. Kinds that never wait leave it out. */
  receive?(step: D, view: StepView, signal: Signal): Move
  /** Where the step may lead, for the lint and the graph. */
  exits(step: D): Exit[]
  /** The texts and conditions in it, for the lint. */
  texts?(step: D): { path: Path; text: string; language: 'liquid' | 'cel' }[]
  /** Names of the answers and contact attributes it sets. */
  saves?(step: D): { answers?: string[]; attributes?: string[] }
  /** Findings only this kind knows of; paths from the step. */
  lint?(step: D): { path: Path; code: ErrorCode; message: string; fix?: string }[]
  /** For the reply-window lint: the step sends a free-form message, always allowed template, or nothing. */
  sends?(step: D): 'free-form' | 'template'
}

/** `to` a step, or null where the branch leaves the journey (an end, a hand-off). `after`: milliseconds that pass on the
 * way; `reply`: the customer has written on the way. */
export interface Exit {
  label: string
  to: string | null
  path: Path
  after?: number
  reply?: boolean
}

/** How long service may have the conversation before it comes back, as far as the lint can know: longer than a reply window. */
export const SERVED = 24 * 3_600_000

/** What a step sees of its run. */
export interface StepView {
  now: number
  scope: Scope
  number: NumberSettings
  /** Re-prompts made so far. */
  tries: number
}

export type Signal =
  | { kind: 'reply'; match: Exclude<ReplyMatch, { kind: 'invalid' }> }
  | { kind: 'invalid' }
  | { kind: 'timer' }
  | { kind: 'undelivered' }
  /** The customer asked for support at this step. */
  | { kind: 'support' }

/** What the step does: sends, remembers, and where the run goes. */
export interface Move {
  sends?: OutgoingContent[]
  answers?: Record<string, unknown>
  contact?: { attributes?: Record<string, unknown>; addTags?: string[]; removeTags?: string[] }
  alarms?: { code: ErrorCode; detail: Record<string, unknown> }[]
  next: Next
}

export type Next =
  | { kind: 'goto'; step: string }
  | {
      kind: 'ask'
      content: OutgoingContent
      options: Option[]
      accept: Accept | null
      interruptible: Interruptible
      tries: number
      timeoutMs: number
    }
  | { kind: 'wait'; until: number }
  | { kind: 'handOff'; targets: Target[]; reason: string; note: string | null; onReturn: OnReturn }
  | { kind: 'end'; outcome: string }
  | { kind: 'fail'; code: ErrorCode; detail: Record<string, unknown> }

export type Interruptible = 'ifNotValidReply' | 'never' | 'always'
