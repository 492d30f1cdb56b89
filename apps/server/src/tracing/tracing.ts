// Pure, but for the clock. Turns what the parts of this process tell of a message into spans of one trace, whichever process sees
// which part: an event, the messages it led to and their statuses are one family (`familyOf`), and the family is the trace. Nothing has
// to be carried along. R1: no span holds a text, a telephone number, or a provider's id (which has the number in it).
import { familyOf, parseId } from '@baton/router'
import type { ChannelUpdate, Clock, CommittedTurn, SettledInfo } from '@baton/router'

/** One step of a message on its way. */
export interface FamilySpan {
  name: string
  family: string
  /** The one span of a family that all others are under. */
  isRoot: boolean
  kind: 'server' | 'client' | 'consumer' | 'internal'
  /** Epoch milliseconds. */
  start: number
  end: number
  attributes: Record<string, string | number>
  /** Why it came to nothing. */
  failure: string | null
  /** Families this one came from. */
  links: string[]
}

export interface Tracing {
  /** A webhook was stored: what it said, and the events that became of it. `ms`: since it arrived. */
  webhook(seen: { channel: string; updates: readonly ChannelUpdate[]; eventIds: readonly string[]; ms: number }): void
  turns(turns: readonly CommittedTurn[], ms: number): void
  settled(info: SettledInfo): void
}

export function createTracing(record: (span: FamilySpan) => void, clock: Clock): Tracing {
  return {
    webhook(seen) {
      for (const span of webhookSpans(seen, clock.now())) record(span)
    },
    turns(turns, ms) {
      for (const turn of turns) for (const span of turnSpans(turn, turns.length, clock.now(), ms)) record(span)
    },
    settled(info) {
      const span = sendSpan(info, clock.now())
      if (span !== null) record(span)
    },
  }
}

const plain = { isRoot: false, kind: 'internal', failure: null, links: [] as string[] } as const

function webhookSpans({ channel, updates, eventIds, ms }: Parameters<Tracing['webhook']>[0], end: number): FamilySpan[] {
  const times = { start: end - ms, end }
  const attributes = { 'baton.channel': channel }
  const events = eventIds.map((id): FamilySpan => ({
    ...plain,
    ...times,
    name: 'webhook',
    kind: 'server',
    family: familyOf(id),
    attributes,
  }))
  const statuses = updates.flatMap((update): FamilySpan[] => {
    const id = update.kind === 'status' ? update.status.messageId : undefined
    if (update.kind !== 'status' || id === undefined || parseId(id)?.prefix !== 'ms') return []
    const { status, error } = update.status
    const failure = error === undefined ? null : String(error.code)
    const more = { ...attributes, 'baton.message': id, 'baton.status': status }
    return [{ ...plain, ...times, name: `status ${status}`, kind: 'server', family: familyOf(id), attributes: more, failure }]
  })
  return [...events, ...statuses]
}

/** The event from its arrival to its commit, and in it the turn that applied it. */
function turnSpans({ actor, event, turn }: CommittedTurn, events: number, end: number, ms: number): FamilySpan[] {
  const { type } = event.event as { type: string }
  const family = familyOf(event.id)
  const number = actor.numberId === null ? {} : { 'baton.number': actor.numberId }
  const about = { 'baton.event': event.id, [`baton.${actor.kind}`]: actor.id, ...number }
  const { decision, outcome, alarms } = turn
  const decided = decision === null ? {} : { 'baton.rule': decision.rule, 'baton.configuration.version': decision.configVersion }
  const owners = decision === null ? {} : { 'baton.owner.before': decision.ownerBefore, 'baton.owner.after': decision.ownerAfter }
  const attributes = {
    ...decided,
    ...owners,
    ...(outcome.kind === 'refused' ? { 'baton.refused': outcome.code } : {}),
    ...(alarms.length === 0 ? {} : { 'baton.alarms': alarms.map(({ code }) => code).join(' ') }),
    'baton.turn.events': events,
  }
  const start = Math.min(event.receivedAt, end)
  return [
    { ...plain, name: type, family, isRoot: true, kind: 'consumer', start, end, attributes: about, links: causesOf(event.event, family) },
    { ...plain, name: 'turn', family, start: end - ms, end, attributes },
  ]
}

/** Other families an event names: the message that failed, the call that was answered, the session an agent was found for. */
function causesOf(event: unknown, own: string): string[] {
  const { data, ...top } = event as Record<string, unknown>
  const values = [...Object.values(top), ...Object.values(typeof data === 'object' && data !== null ? data : {})]
  const born = values.filter((value): value is string => typeof value === 'string' && BORN.has(parseId(value)?.prefix ?? ''))
  return [...new Set(born.map(familyOf))].filter((family) => family !== own)
}

/** What ids that are born of events begin with. */
const BORN = new Set(['ms', 'ca', 'se', 'of', 'ru'])

const FAILURES = new Set(['failed', 'uncertain', 'abandoned', 'halted', 'lost'])

/** One attempt. What is about no message and no call (a command, a read receipt) has no family. */
function sendSpan(info: SettledInfo, end: number): FamilySpan | null {
  const { kind, about, actorId, numberId, purpose, tries, outcome, lane, ms } = info
  if (about === null) return null
  const attributes = {
    [kind === 'message' ? 'baton.message' : 'baton.call']: about,
    'baton.conversation': actorId,
    ...(numberId === null ? {} : { 'baton.number': numberId }),
    ...(purpose === null ? {} : { 'baton.purpose': purpose }),
    'baton.outcome': outcome,
    'baton.try': tries + 1,
    'baton.lane': lane,
  }
  const failure = FAILURES.has(outcome) ? outcome : null
  return {
    ...plain,
    name: kind === 'message' ? 'send' : 'call',
    kind: 'client',
    family: familyOf(about),
    start: end - ms,
    end,
    attributes,
    failure,
  }
}
