// Pure. The shape of a step kind. Adding one: write a file beside this one and list it in catalogue.ts.
import type { z } from 'zod'
import type { NumberSettings, Option, OutgoingContent, Target } from '@baton/router'
import type { CallRequest } from '../calls/request.ts'
import type { CallResult } from '../calls/result.ts'
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
  /** The run arrives, and what the step would send is not to be sent: where it goes. */
  skip?(step: D): Move
  /** Where the step may lead, for the lint and the graph. */
  exits(step: D): Exit[]
  /** The texts and conditions in it, for the lint. */
  texts?(step: D): { path: Path; text: string; language: 'liquid' | 'cel' }[]
  /** The journey it starts, and where that is written. */
  starts?(step: D): { journey: string; path: Path; gives: string[] }
  /** Typed answers that a keyword of another journey takes away. */
  answers?(step: D): { title: string; path: Path }[]
  /** The server it calls, and the references to secrets that it sends there, each with where it is written. */
  calls?(step: D): { url: string; path: Path; secrets: { reference: string; path: Path }[] }
  /** The event it waits for. */
  listens?(step: D): string | null
  /** Names of the answers and contact attributes it sets. */
  saves?(step: D): { answers?: string[]; attributes?: string[] }
  /** Whether a run that waits at a step may go on waiting at another one of this kind, in another version. */
  takesOver?(step: D, next: D): boolean
  /** Findings only this kind knows of; paths from the step. */
  lint?(step: D): { path: Path; code: ErrorCode; message: string; fix?: string }[]
  /** For people who look at the journey as a picture: what the step says or does, in a few words. */
  shows?(step: D): string
  /** For the reply-window lint: the step sends a free-form message, always allowed template, or nothing. */
  sends?(step: D): 'free-form' | 'template'
}

/** `to` a step, or null where the branch leaves the journey (an end, a hand-off). `after`: the most milliseconds that can
 * pass on the way; `reply`: it begins with a message of the customer. */
export interface Exit {
  label: string
  to: string | null
  path: Path
  after?: number
  reply?: boolean
  /** May be taken in the moment the step is entered, though it waits: a question that is refused, a date that is past. */
  atOnce?: boolean
  /** Taken when service gives the conversation back, and not after a wait at the step. */
  served?: true
  /** Also taken when the step's message is not sent at all. */
  unsent?: true
  /** Whom it hands the conversation to. */
  away?: string[]
  /** Only taken while the reply window is open. */
  window?: 'open'
}

/** How long service may have the conversation before it comes back, as far as the lint can know. */
export const SERVED = Infinity

/** What a step sees of its run. */
export interface StepView {
  now: number
  scope: Scope
  number: NumberSettings
  journey: string
  /** The step's own name. */
  step: string
  /** Re-prompts made so far. */
  tries: number
}

export type Signal =
  | { kind: 'reply'; match: Exclude<ReplyMatch, { kind: 'invalid' }> }
  | { kind: 'invalid' }
  | { kind: 'timer' }
  | { kind: 'undelivered' }
  /** The event the step waits for. */
  | { kind: 'event'; data: Record<string, unknown> }
  /** The call it made came back; `attempt` from 1. */
  | { kind: 'called'; result: CallResult; attempt: number }
  /** The customer asked for support at this step. */
  | { kind: 'support' }

/** What the step does: sends, remembers, and where the run goes. */
export interface Move {
  sends?: OutgoingContent[]
  answers?: Record<string, unknown>
  contact?: { attributes?: Record<string, unknown>; addTags?: string[]; removeTags?: string[] }
  /** Another journey to start, once this run has come to rest. */
  starts?: { journey: string; input: Record<string, unknown> }
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
  | { kind: 'wait'; until: number; event?: string }
  | { kind: 'call'; request: CallRequest }
  /** The same call once more, then. */
  | { kind: 'callAgain'; at: number }
  /** The step is entered only then. */
  | { kind: 'postpone'; until: number }
  | { kind: 'handOff'; targets: Target[]; reason: string; note: string | null; onReturn: OnReturn }
  | { kind: 'end'; outcome: string }
  | { kind: 'fail'; code: ErrorCode; detail: Record<string, unknown> }

export type Interruptible = 'ifNotValidReply' | 'never' | 'always'
