// Pure. Queues whose work is given out by a routing engine elsewhere. Baton keeps the work, the offers and who may have what; the engine only
// says who is to be offered it. It says so about the work as it has seen it (`fenceOf`), so nothing it says too late does harm.
// An engine has a queue from its first heartbeat until it has been silent for too long; then Baton gives the work out itself.
import { z } from 'zod'
import type { Outcome } from '@baton/router'
import type { QueueSettings } from '../config/settings.ts'
import type { ErrorCode } from '../errors.ts'
import { hasJustPassed } from './assign.ts'
import { serves } from './availability.ts'
import { isOffered, loadOf, placeOf } from './group.ts'
import { abilitiesOf, needsOf, weightOf } from './needs.ts'
import { propose, withdraw } from './offers.ts'
import { LATE_MS } from './presence.ts'
import type { Engine, Item } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { refused } from './turn.ts'

const heard = z.object({ queueId: z.string() })
const routed = z.object({ sessionId: z.string(), version: z.string(), agentId: z.string() })

/** What the work is fenced by: another whenever anything about it has changed. */
export function fenceOf({ request, version }: Pick<Item, 'request' | 'version'>): string {
  return `${request}.${version}`
}

/** `engine.heard {queueId}`: the queue's routing engine is there. Answers until when it counts as such (ISO 8601). Refused: `unknown-queue`,
 * `queue-not-external`. */
export function hearEngine(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = heard.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { queueId } = parsed.data
  const queue = turn.config.queues.get(queueId)
  if (queue === undefined) return refused('unknown-queue', queueId)
  if (queue.engine === null) return refused('queue-not-external', queueId)
  const until = turn.now + queue.engine.silenceMs
  keep(turn, { queueId, since: turn.group.engines.get(queueId)?.since ?? turn.now, until })
  return { kind: 'done', data: { queueId, until: new Date(until).toISOString() } }
}

/** `work.routed {sessionId, version, agentId}`: the engine has found an agent, who is offered the work, or has it where the queue says
 * `autoAccept`; an offer to somebody else is withdrawn. Answers `{agentId, offerId, expiresAt, version}`. Refused: `work-item-gone`,
 * `work-item-changed`, `queue-not-external`, `queue-not-open`, and what keeps the agent from it: `unknown-agent`, `agent-not-member`,
 * `agent-not-online`, `agent-not-able`, `agent-passed`, `agent-full`. */
export function routeWork(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = routed.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { sessionId, version, agentId } = parsed.data
  const item = turn.group.items.get(sessionId)
  if (item === undefined || item.state.kind === 'assigned' || item.place.kind !== 'queue') return refused('work-item-gone', sessionId)
  const queue = turn.config.queues.get(item.place.id)
  if (queue === undefined || queue.engine === null) return refused('queue-not-external', item.place.id)
  if (fenceOf(item) !== version) return refused('work-item-changed', `${sessionId} is at version ${fenceOf(item)}`)
  if (item.untilOpen) return refused('queue-not-open', queue.id)
  const refusal = whyNot(turn, item, queue, agentId)
  if (refusal !== null) return refused(...refusal)
  const given = propose(turn, isOffered(item) ? withdraw(turn, item) : item, agentId)
  const offer = isOffered(given) ? given.state : null
  const expiresAt = offer === null ? null : new Date(offer.expiresAt).toISOString()
  return { kind: 'done', data: { agentId, offerId: offer?.offerId ?? null, expiresAt, version: fenceOf(given) } }
}

/** What keeps an agent from this work: the same as when Baton looks for one itself (assign.ts). */
function whyNot(turn: GroupTurn, item: Item, queue: QueueSettings, agentId: string): [ErrorCode, string] | null {
  const { group, config, now } = turn
  const settings = config.agents.get(agentId)
  const entry = group.agents.get(agentId)
  if (settings === undefined) return ['unknown-agent', agentId]
  if (!queue.members.includes(agentId)) return ['agent-not-member', agentId]
  if (entry === undefined || !serves(entry, item, config)) return ['agent-not-online', agentId]
  const missing = needsOf(item, queue, now).filter((need) => !abilitiesOf(settings).has(need))
  if (missing.length > 0) return ['agent-not-able', `${agentId} (${missing.join(', ')})`]
  if (hasJustPassed(item, agentId, now)) return ['agent-passed', agentId]
  // What they are being offered of this work is theirs already.
  const own = isOffered(item) && item.state.agentId === agentId ? weightOf(item, config) : 0
  return loadOf(group, agentId, config) - own + weightOf(item, config) > settings.capacity ? ['agent-full', agentId] : null
}

/** Takes queues back whose engine has been silent for too long. `due`: when the group wanted to look; if it could not, no heartbeat was
 * heard either, and the engine has its time once more. */
export function endEngines(turn: GroupTurn, due: number): void {
  for (const engine of turn.group.engines) {
    const { queueId, since, until } = engine
    if (until > turn.now) continue
    const queue = turn.config.queues.get(queueId)
    if (turn.now - due >= LATE_MS && queue?.engine != null) {
      keep(turn, { ...engine, until: turn.now + queue.engine.silenceMs })
      continue
    }
    forget(turn, queueId)
    const { ready, offered } = placeOf(turn.group, `queue:${queueId}`)
    turn.alarm('engine-silent', { queueId, since, waiting: ready.size + offered.size, otherwise: queue?.routing ?? null })
  }
}

/** A queue that is gone, or has no engine any more, is nobody's but Baton's. */
export function dropEngines(turn: GroupTurn): void {
  for (const { queueId } of turn.group.engines) if (turn.config.queues.get(queueId)?.engine == null) forget(turn, queueId)
}

function keep(turn: GroupTurn, engine: Engine): void {
  turn.set({ engines: turn.group.engines.with(engine.queueId, engine) })
}

function forget(turn: GroupTurn, queueId: string): void {
  turn.set({ engines: turn.group.engines.without(queueId) })
  for (const id of turn.config.queues.get(queueId)?.members ?? []) if (turn.group.outlook.free.has(id)) turn.look.agents.add(id)
}
