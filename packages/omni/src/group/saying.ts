// Pure. What a turn of the routing group says to others while it is being worked out: to conversations, to operators, to its own clocks, and
// to whoever asks later who did what.
import type { Author, InboxEvent, Settings, StoredActor, Turn } from '@baton/router'
import { childId } from '@baton/router'
import type { ErrorCode } from '../errors.ts'
import type { Item, WrapUp } from './state.ts'

export interface Saying {
  /** The n-th id born of the event; always the same for the same event. */
  newOfferId(): string
  /** Tells the conversation of an item. */
  tell(item: Item, name: string, data?: Record<string, unknown>): void
  setTimer(name: string, at: number): void
  cancelTimer(name: string): void
  alarm(code: ErrorCode, detail: Record<string, unknown>): void
  /** Keeps for good who acted for others, and what they did: plain JSON. */
  record(action: string, by: Author | null, detail: Record<string, unknown>): void
}

const BY = { kind: 'system', id: 'routing-group' } as const

/** `all`: as it is stored. `wrapUpOver`: it has ended, by its time or before, and is noted for the measures. */
export function beginSaying({ slot }: StoredActor, { id: eventId }: InboxEvent<unknown>, now: number, settings: Settings) {
  const commands: Turn['commands'] = []
  const alarms: Turn['alarms'] = []
  const wrapUps: NonNullable<Turn['wrapUps']> = []
  const timers = new Map<string, number | null>()
  let decision: Turn['decision'] = null
  let ids = 0

  const saying: Saying = {
    newOfferId() {
      ids += 1
      return childId('of', slot, eventId, ids)
    },
    tell({ conversationId, sessionId, request }, name, data = {}) {
      commands.push({
        to: { id: conversationId },
        event: { type: 'engine.event', side: 'service', name, data: { sessionId, request, ...data }, by: BY },
        dedupe: `${eventId}/${commands.length}`,
      })
    },
    setTimer: (name, at) => void timers.set(name, at),
    cancelTimer: (name) => void timers.set(name, null),
    alarm: (code, detail) => void alarms.push({ code, detail }),
    record(action, by, detail) {
      decision = {
        id: childId('de', slot, eventId, 0),
        event: { id: eventId, type: 'engine.event' },
        rule: 'supervision',
        ownerBefore: 'none',
        ownerAfter: 'none',
        inputs: { action, by: by ?? BY, ...detail },
        counterfactual: null,
        configVersion: settings.version,
        at: now,
      }
    },
  }
  return {
    saying,
    wrapUpOver({ sessionId, agentId, queueId, number: numberId, since: beganAt, until }: WrapUp): void {
      wrapUps.push({ sessionId, agentId, queueId, numberId, beganAt, endedAt: Math.min(now, until) })
    },
    all: (): Pick<Turn, 'commands' | 'timers' | 'decision' | 'wrapUps' | 'alarms'> => ({
      commands,
      timers: {
        set: [...timers].flatMap(([name, at]) => (at === null ? [] : [{ name, at }])),
        cancel: [...timers].flatMap(([name, at]) => (at === null ? [name] : [])),
      },
      decision,
      wrapUps,
      alarms,
    }),
  }
}
