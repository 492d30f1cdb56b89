// Pure. Wrap-up: an agent's work on a conversation is over, and its capacity stays held for a while, so that they can write down what is
// to be written. How long, and how far they may extend it, says the queue. It goes on whatever their presence is, and keeps nobody online.
import { z } from 'zod'
import type { Author, Outcome } from '@baton/router'
import { wrapUpsOf } from './group.ts'
import type { Item, WrapUp } from './state.ts'
import { isSelf, mayNotActFor } from './supervisors.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused, touch } from './turn.ts'

const about = z.object({ agentId: z.string(), sessionId: z.string() })
const extension = z.object({ ...about.shape, seconds: z.int().min(1) })

/** The agent has given the work back: from now on they wrap it up, where its queue says so. */
export function beginWrapUp(turn: GroupTurn, { place, sessionId, conversationId, number }: Item, agentId: string): void {
  const wrapUp = place.kind === 'queue' ? (turn.config.queues.get(place.id)?.wrapUp ?? null) : null
  if (wrapUp === null) return
  const { now } = turn
  turn.putWrapUp({ agentId, sessionId, conversationId, number, queueId: place.id, since: now, until: now + wrapUp.forMs })
}

/** Those whose time is over, and those of agents who are not configured any more. */
export function endWrapUps(turn: GroupTurn): void {
  for (const id of turn.look.agents) {
    const isKnown = turn.config.agents.has(id)
    for (const { agentId, sessionId, until } of wrapUpsOf(turn.group, id)) {
      if (isKnown && until > turn.now) continue
      turn.dropWrapUp(agentId, sessionId)
      if (isKnown) touch(turn, agentId)
    }
  }
}

/** `wrapUp.extended {agentId, sessionId, seconds}`: as far as the queue allows, counted from its beginning. Answers until when (ISO 8601).
 * Refused: `wrap-up-over`, `wrap-up-limit`. */
export function extendWrapUp(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = extension.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const entry = find(turn, parsed.data)
  if (entry === undefined) return refused('wrap-up-over')
  const limit = entry.since + (turn.config.queues.get(entry.queueId)?.wrapUp?.atMostMs ?? 0)
  if (limit <= entry.until) return refused('wrap-up-limit')
  const until = Math.min(limit, entry.until + parsed.data.seconds * 1_000)
  turn.putWrapUp({ ...entry, until })
  return { kind: 'done', data: { sessionId: entry.sessionId, until: new Date(until).toISOString() } }
}

/** `wrapUp.ended {agentId, sessionId}`: done early, or ended by a supervisor. */
export function finishWrapUp(turn: GroupTurn, data: Record<string, unknown>, by: Author | null): Outcome {
  const parsed = about.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { agentId, sessionId } = parsed.data
  const refusal = mayNotActFor(turn, agentId, by)
  if (refusal !== null) return refusal
  if (find(turn, parsed.data) === undefined) return refused('wrap-up-over')
  turn.dropWrapUp(agentId, sessionId)
  touch(turn, agentId)
  if (by !== null && !isSelf(agentId, by)) turn.record('wrapUp.ended', by, { agentId, sessionId })
  return DONE
}

/** One whose time is over is none, also before the group has looked. */
function find({ group, now }: GroupTurn, { agentId, sessionId }: z.infer<typeof about>): WrapUp | undefined {
  const entry = wrapUpsOf(group, agentId).get(sessionId)
  return entry !== undefined && entry.until > now ? entry : undefined
}
