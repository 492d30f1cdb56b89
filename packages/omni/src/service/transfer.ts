// Pure. An open session moves: by a transfer, which whoever owns it may ask for, or by a supervisor, who gives it to somebody or takes it.
import { z } from 'zod'
import type { Author, EngineOutput, Target } from '@baton/router'
import { isKnown, parts } from '../config/targets.ts'
import { serviceTarget } from '../config/schemas.ts'
import { giveToAgent, takeUpCallback, tellTaken } from './agent-work.ts'
import type { Draft } from './draft.ts'
import { addNote, learn, malformed, proceed, refuse, release, wrongStatus } from './draft.ts'
import type { OmniState, Session } from './session.ts'
import { targetOf, unansweredBy } from './session.ts'
import { onward } from './targets.ts'

const transfer = z.object({
  to: serviceTarget,
  otherwise: z.array(serviceTarget).default([]),
  note: z.string().optional(),
  skills: z.array(z.string()).optional(),
  language: z.string().optional(),
})
const assignment = z.object({
  to: z.templateLiteral([z.enum(['queue', 'agent']), ':', z.string().regex(/^[a-z0-9-]+$/)]),
  note: z.string().optional(),
})
const takingOver = z.object({ note: z.string().optional() })

/** `session.transfer`: to a queue, a bot, or an agent, who is asked by an offer. */
export function transferTo(draft: Draft, before: Session, data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const parsed = transfer.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  const { to, otherwise, note, skills, language } = parsed.data
  const refusal = whyNotTo(draft, before, [to, ...otherwise]) ?? alreadyThere(draft, before, to)
  if (refusal !== null) return refusal
  if (isBot(to) && !draft.context.replyWindow.open) return refuse(before, 'window-closed', to)
  const text = note ?? `Transferred to ${to}.`
  return move(draft, before, [to, ...otherwise], { text, by, kind: 'transfer', note, skills, language })
}

/** `session.reassign`: to a queue, or to an agent, who has it at once, without being asked and whatever their capacity. If the agent is not
 * there, it goes on to the queue it came through. */
export function reassign(draft: Draft, before: Session, data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const parsed = assignment.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  const { to, note } = parsed.data
  const isOffered = draft.session.phase.work.kind === 'offered'
  const refusal = whyNotTo(draft, before, [to]) ?? (isOffered ? null : alreadyThere(draft, before, to))
  if (refusal !== null) return refusal
  const queueId = queueOf(draft)
  const otherwise: Target[] = queueId === null || to === `queue:${queueId}` ? [] : [`queue:${queueId}`]
  const text = note ?? `Re-assigned to ${to}.`
  const from = targetOf(draft.session.phase)
  const output = move(draft, before, [to, ...otherwise], { text, by, kind: 'reassigned', note, direct: { queueId } })
  return { ...output, because: supervision('reassign', from, to) }
}

/** `session.takeOver`: the supervisor who asks has it at once. */
export function takeOver(draft: Draft, before: Session, data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const parsed = takingOver.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (by.kind !== 'agent') return refuse(before, 'not-an-agent')
  const { session } = draft
  const { phase } = session
  const to: Target = `agent:${by.id}`
  const isTheirs = phase.status === 'active' && phase.work.kind === 'agent' && phase.work.id === by.id
  const refusal = whyNotTo(draft, before, [to]) ?? (isTheirs ? alreadyThere(draft, before, to) : null)
  if (refusal !== null) return refusal
  const queueId = queueOf(draft)
  const from = targetOf(phase)
  addNote(draft, parsed.data.note ?? `Taken over by ${to}.`, authorOf(by), { takenOver: { from, to } })
  takeUpCallback(draft)
  release(draft)
  session.targets = []
  tellTaken(draft, by.id, queueId)
  giveToAgent(draft, { kind: 'agent', id: by.id, queueId, awaySince: null })
  return { ...proceed(draft, before), because: supervision('takeOver', from, to) }
}

/** Recorded also where the status stays what it was. */
function supervision(action: string, from: Target, to: Target): NonNullable<EngineOutput['because']> {
  return { rule: 'supervision', inputs: { action, from, to } }
}

interface Move {
  /** What the note in the transcript says. */
  text: string
  by: Author
  kind: 'transfer' | 'reassigned'
  note: string | undefined
  skills?: string[] | undefined
  language?: string | undefined
  direct?: { queueId: string | null }
}

function move(draft: Draft, before: Session, targets: Target[], { text, by, kind, note, skills, language, direct }: Move) {
  const { session } = draft
  release(draft)
  const messages = unansweredBy(session.phase.work)
  if (language !== undefined) learn(draft, { language })
  addNote(draft, text, authorOf(by), { [kind]: { from: targetOf(session.phase), to: targets[0] } })
  session.targets = targets
  session.diverted = []
  delete session.handedOn
  // A note is for whom the transfer names; a bot that gets the session in their place does not get it.
  if (note !== undefined) Object.assign(session, { note, noteFor: isBot(targets[0]) ? 'anybody' : 'agents' } satisfies Partial<Session>)
  session.skills = skills ?? session.skills
  return onward(draft, before, { messages, ...(direct === undefined ? {} : { direct }) })
}

function isBot(target: Target | undefined): boolean {
  return target !== undefined && parts(target).kind === 'bot'
}

/** While upstream has the conversation nobody else can have it. */
function whyNotTo({ session: { phase }, context }: Draft, before: Session, targets: readonly Target[]): EngineOutput<OmniState> | null {
  if (phase.status === 'paused' && phase.by === 'upstream') return wrongStatus(before)
  const unknown = targets.find((target) => !isKnown(target, context.config))
  return unknown === undefined ? null : refuse(before, 'unknown-target', unknown)
}

function alreadyThere({ session }: Draft, before: Session, to: Target): EngineOutput<OmniState> | null {
  return targetOf(session.phase) === to ? refuse(before, 'already-there', to) : null
}

/** The queue it waits in, or came through. */
function queueOf({ session: { phase }, context }: Draft): string | null {
  const { work } = phase
  const id = work.kind === 'queue' ? work.id : work.kind === 'agent' ? work.queueId : null
  return id !== null && context.config.queues.has(id) ? id : null
}

function authorOf(by: Author): Parameters<typeof addNote>[2] {
  return by.kind === 'agent' || by.kind === 'api' ? { kind: by.kind, id: by.id } : undefined
}
