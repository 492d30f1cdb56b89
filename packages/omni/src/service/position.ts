// Pure. Tells a customer who waits how many are before them and how long it may be: when they come, or when their queue opens, and then each
// time they have moved far enough since, looked at in an interval. Never more often than their queue says, and only while free-form messages
// may be sent.
import { z } from 'zod'
import type { EngineOutput } from '@baton/router'
import type { QueueSettings } from '../config/settings.ts'
import type { Draft } from './draft.ts'
import { proceed, SYSTEM, tellGroup, TIMERS, unchanged } from './draft.ts'
import type { OmniState, Session } from './session.ts'
import { heldIn, promisedBy } from './session.ts'

type Wording = NonNullable<QueueSettings['positionMessage']>

const placed = z.object({ position: z.int().min(1), waitMs: z.number().nullable() })

/** Looks at the place again after the interval of the queue. */
export function watchPosition(draft: Draft, queueId: string): void {
  const wording = wordingOf(draft, queueId)
  if (wording === null || sentIn(draft.session, queueId) >= wording.atMost) return
  draft.effects.push({ type: 'timer.set', name: TIMERS.position, at: draft.context.now + wording.everyMs })
}

/** The timer: whoever still waits in line asks for their place. */
export function positionDue(draft: Draft, before: Session): EngineOutput<OmniState> {
  const { phase } = draft.session
  if (phase.status !== 'waiting' || phase.work.kind !== 'queue') return unchanged(before)
  const wording = wordingOf(draft, phase.work.id)
  const isOver = !isInLine(before) || wording === null || sentIn(before, phase.work.id) >= wording.atMost
  if (isOver) return unchanged(before)
  tellGroup(draft, 'work.asked')
  watchPosition(draft, phase.work.id)
  return proceed(draft, before)
}

/** `work.placed {position, waitMs}`: the answer. */
export function workPlaced(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const parsed = placed.safeParse(data)
  const { phase } = draft.session
  if (!parsed.success || phase.status !== 'waiting' || phase.work.kind !== 'queue') return null
  const { position, waitMs } = parsed.data
  draft.session.phase = { status: 'waiting', work: { ...phase.work, position } }
  if (isInLine(draft.session)) tellPosition(draft, phase.work.id, position, waitMs)
  return proceed(draft, before)
}

/** Customers who wait for the opening or for a callback were told that; a place in line would mean nothing to them. */
export function isInLine(session: Session): boolean {
  const held = heldIn(session)
  return promisedBy(session) === null && (held?.why !== 'closed' || held.opened === true)
}

/** Says it, unless it was said often enough, or is nearly what was said last. */
export function tellPosition(draft: Draft, queueId: string, position: number, waitMs: number | null): void {
  const { session, context, effects } = draft
  const wording = wordingOf(draft, queueId)
  const last = session.positions.find((each) => each.queueId === queueId)
  if (wording === null || !context.replyWindow.open || sentIn(session, queueId) >= wording.atMost) return
  if (last !== undefined && Math.abs(last.position - position) < wording.moved) return
  const text = textFor(wording, position, waitMs)
  if (text === null) return
  const sent = sentIn(session, queueId) + 1
  session.positions = [...session.positions.filter((each) => each !== last), { queueId, position, sent }]
  const ref = `position/${session.id}/${queueId}/${sent}`
  effects.push({ type: 'message.send', ref, content: { kind: 'text', text }, purpose: 'service', author: SYSTEM })
}

function wordingOf({ context }: Draft, queueId: string): Wording | null {
  return context.config.queues.get(queueId)?.positionMessage ?? null
}

function sentIn({ positions }: Session, queueId: string): number {
  return positions.find((each) => each.queueId === queueId)?.sent ?? 0
}

/** `{wait}` is whole minutes, rounded up. Null: the text needs a wait, and nobody can tell it. */
function textFor({ text, withoutEstimate }: Wording, position: number, waitMs: number | null): string | null {
  const template = waitMs === null && text.includes('{wait}') ? withoutEstimate : text
  const minutes = Math.max(1, Math.ceil((waitMs ?? 0) / 60_000))
  return template?.replaceAll('{position}', String(position)).replaceAll('{wait}', String(minutes)) ?? null
}
