// Pure. One turn of the routing group while it is being worked out: the state (changed in place: it is this turn's own copy) and what
// is to be said, set and raised.
import type { InboxEvent, Outcome, Settings, StoredActor, Turn } from '@baton/router'
import { childId } from '@baton/router'
import { NO_OMNI } from '../config/compile.ts'
import type { Hindrance, OmniConfig } from '../config/settings.ts'
import type { ErrorCode } from '../errors.ts'
import { ERRORS } from '../errors.ts'
import { asMade } from './state.ts'
import type { GroupState, Item } from './state.ts'

export interface GroupTurn {
  state: GroupState
  config: OmniConfig
  /** Whether service is connected to the number. */
  isServed(number: string): boolean
  now: number
  /** Work that has to wait from this turn on, and why; its conversation is told. */
  held: Map<Item, Hindrance>
  /** The n-th id born of the event; always the same for the same event. */
  newOfferId(): string
  /** Tells the conversation of an item. */
  tell(item: Item, name: string, data?: Record<string, unknown>): void
  setTimer(name: string, at: number): void
  cancelTimer(name: string): void
  alarm(code: ErrorCode, detail: Record<string, unknown>): void
  finish(outcome: Outcome): Turn
}

/** The group works with the configuration of this engine, for the numbers that have it as their service app. */
const ENGINE = 'omni'
const BY = { kind: 'system', id: 'routing-group' } as const

export function beginTurn(stored: StoredActor, event: InboxEvent<unknown>, now: number, settings: Settings, state: GroupState): GroupTurn {
  const commands: Turn['commands'] = []
  const alarms: Turn['alarms'] = []
  const timers = new Map<string, number | null>()
  let ids = 0
  return {
    state,
    config: configOf(settings),
    isServed: (number) => settings.numbers.get(number)?.apps.service === ENGINE,
    now,
    held: new Map(),
    newOfferId() {
      ids += 1
      return childId('of', stored.slot, event.id, ids)
    },
    tell({ conversationId, sessionId, request }, name, data = {}) {
      commands.push({
        to: { kind: 'conversation', key: '', id: conversationId },
        event: { type: 'engine.event', side: 'service', name, data: { sessionId, request, ...data }, by: BY },
        dedupe: `${event.id}/${commands.length}`,
      })
    },
    setTimer: (name, at) => void timers.set(name, at),
    cancelTimer: (name) => void timers.set(name, null),
    alarm: (code, detail) => void alarms.push({ code, detail }),
    finish: (outcome) => ({
      state: asMade(state),
      summary: null,
      messages: [],
      sends: [],
      calls: [],
      commands,
      timers: {
        set: [...timers].flatMap(([name, at]) => (at === null ? [] : [{ name, at }])),
        cancel: [...timers].flatMap(([name, at]) => (at === null ? [name] : [])),
      },
      decision: null,
      alarms,
      outcome,
    }),
  }
}

/** The server publishes what `compileOmni` made under the engine's name, so the cast holds; without it there are no queues yet. */
function configOf(settings: Settings): OmniConfig {
  const config = settings.engines[ENGINE] as OmniConfig | undefined
  return config ?? NO_OMNI
}

export const DONE: Outcome = { kind: 'done' }

export function refused(code: ErrorCode, detail?: string): Extract<Outcome, { kind: 'refused' }> {
  return { kind: 'refused', code, message: detail === undefined ? ERRORS[code] : `${detail}: ${ERRORS[code]}` }
}
