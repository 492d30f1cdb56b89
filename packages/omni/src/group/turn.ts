// Pure. One turn of the routing group while it is being worked out: the group as it has become so far, what has to be looked at because of
// it, and what is to be said, set and raised.
// R1 whatever is changed is stored, and is looked at before the turn ends.
import type { Author, DecisionRow, InboxEvent, Outcome, Settings, StoredActor, Turn } from '@baton/router'
import { childId } from '@baton/router'
import type { Hindrance, OmniConfig } from '../config/settings.ts'
import type { ErrorCode } from '../errors.ts'
import { ERRORS } from '../errors.ts'
import { keyOf, SEEN, withAgent, withItem, withoutItem, withoutWrapUp, withWrapUp, wrapUpsOf } from './group.ts'
import type { Group } from './group.ts'
import { ENGINE, outlookOn, withFreedom, withMoment } from './outlook.ts'
import type { Outlook } from './outlook.ts'
import { changedParts, wrapUpPart } from './parts.ts'
import type { AgentState, Item, WrapUp } from './state.ts'

export interface GroupTurn {
  group: Group & { readonly outlook: Outlook }
  readonly config: OmniConfig
  /** Whether service is connected to the number. */
  isServed(number: string): boolean
  readonly now: number
  /** What changed, or for which a moment has come: only about this can there be anything to do. */
  readonly look: Look
  /** Work that has to wait from this turn on, and why, by session; null: it may be given out from this turn on. Its conversation is told. */
  readonly held: Map<string, Hindrance | null>
  /** Adds it, or replaces what there was of its session. Gives it back as it is now. */
  put(item: Item): Item
  /** The item is forgotten. */
  drop(item: Item): void
  putAgent(agent: AgentState): AgentState
  /** What is known of an agent; whoever is not known yet is offline. */
  agent(agentId: string): AgentState
  putWrapUp(wrapUp: WrapUp): void
  /** Of this session, if there is one. */
  dropWrapUp(agentId: string, sessionId: string): void
  /** Changes what there is beside agents, work and wrap-ups. */
  set(changed: Partial<Pick<Group, 'served' | 'stalls' | 'drains' | 'engines' | 'tickAt'>>): void
  setMoment(about: string, at: number | null): void
  /** The n-th id born of the event; always the same for the same event. */
  newOfferId(): string
  /** Tells the conversation of an item. */
  tell(item: Item, name: string, data?: Record<string, unknown>): void
  setTimer(name: string, at: number): void
  cancelTimer(name: string): void
  alarm(code: ErrorCode, detail: Record<string, unknown>): void
  /** Keeps for good who acted for others, and what they did: plain JSON. */
  record(action: string, by: Author | null, detail: Record<string, unknown>): void
  finish(outcome: Outcome): Turn
}

export interface Look {
  /** Sessions. */
  items: Set<string>
  agents: Set<string>
  /** Keys of places, for what is said of a place as a whole. */
  places: Set<string>
  /** Ids of queues whose waiting work may all be concerned. */
  queues: Set<string>
}

const BY = { kind: 'system', id: 'routing-group' } as const

export function beginTurn(stored: StoredActor, event: InboxEvent<unknown>, now: number, settings: Settings, group: Group): GroupTurn {
  const known = group.outlook?.settings === settings ? group.outlook : null
  const outlook = known ?? outlookOn(settings)
  const changed = new Set<string>()
  const commands: Turn['commands'] = []
  const alarms: Turn['alarms'] = []
  const wrapUps: NonNullable<Turn['wrapUps']> = []
  const timers = new Map<string, number | null>()
  let decision: DecisionRow | null = null
  let ids = 0

  /** R1 */
  function lookAt(item: Item): void {
    turn.look.items.add(item.sessionId)
    turn.look.places.add(keyOf(item))
    if (item.state.kind !== 'queued') freedom(item.state.agentId)
  }

  function freedom(agentId: string): void {
    turn.look.agents.add(agentId)
    turn.group = { ...turn.group, outlook: withFreedom(turn.group.outlook, turn.group, agentId) }
  }

  const turn: GroupTurn = {
    group: { ...group, outlook, unseen: SEEN },
    config: outlook.config,
    isServed: (number) => settings.numbers.get(number)?.apps.service === ENGINE,
    now,
    look: { items: new Set(), agents: new Set(), places: new Set(), queues: new Set() },
    held: new Map(),
    put(changedItem) {
      const old = turn.group.items.get(changedItem.sessionId)
      const item = { ...changedItem, version: (old?.version ?? 0) + 1 }
      turn.group = { ...turn.group, ...withItem(turn.group, item), outlook: turn.group.outlook }
      changed.add(`item:${item.sessionId}`)
      if (old !== undefined) lookAt(old)
      lookAt(item)
      return item
    },
    drop(item) {
      turn.group = { ...turn.group, ...withoutItem(turn.group, item.sessionId), outlook: turn.group.outlook }
      changed.add(`item:${item.sessionId}`)
      lookAt(item)
    },
    putAgent(agent) {
      turn.group = { ...turn.group, ...withAgent(turn.group, agent), outlook: turn.group.outlook }
      changed.add(`agent:${agent.id}`)
      freedom(agent.id)
      return agent
    },
    agent: (id) => turn.group.agents.get(id) ?? unknownAgent(id, now),
    putWrapUp(wrapUp) {
      turn.group = { ...turn.group, ...withWrapUp(turn.group, wrapUp), outlook: turn.group.outlook }
      changed.add(wrapUpPart(wrapUp))
      freedom(wrapUp.agentId)
    },
    dropWrapUp(agentId, sessionId) {
      const entry = wrapUpsOf(turn.group, agentId).get(sessionId)
      if (entry === undefined) return
      const { queueId, number: numberId, since: beganAt, until } = entry
      wrapUps.push({ sessionId, agentId, queueId, numberId, beganAt, endedAt: Math.min(now, until) })
      turn.group = { ...turn.group, ...withoutWrapUp(turn.group, agentId, sessionId), outlook: turn.group.outlook }
      changed.add(wrapUpPart({ agentId, sessionId }))
      freedom(agentId)
    },
    set(members) {
      turn.group = { ...turn.group, ...members }
    },
    setMoment(about, at) {
      turn.group = { ...turn.group, outlook: withMoment(turn.group.outlook, about, at) }
    },
    newOfferId() {
      ids += 1
      return childId('of', stored.slot, event.id, ids)
    },
    tell({ conversationId, sessionId, request }, name, data = {}) {
      commands.push({
        to: { id: conversationId },
        event: { type: 'engine.event', side: 'service', name, data: { sessionId, request, ...data }, by: BY },
        dedupe: `${event.id}/${commands.length}`,
      })
    },
    setTimer: (name, at) => void timers.set(name, at),
    cancelTimer: (name) => void timers.set(name, null),
    alarm: (code, detail) => void alarms.push({ code, detail }),
    record(action, by, detail) {
      decision = {
        id: childId('de', stored.slot, event.id, 0),
        event: { id: event.id, type: 'engine.event' },
        rule: 'supervision',
        ownerBefore: 'none',
        ownerAfter: 'none',
        inputs: { action, by: by ?? BY, ...detail },
        counterfactual: null,
        configVersion: settings.version,
        at: now,
      }
    },
    finish: (outcome) => ({
      state: { ...turn.group, isForeign: false } satisfies Group,
      parts: changedParts(turn.group, changed),
      summary: null,
      messages: [],
      sends: [],
      calls: [],
      commands,
      timers: {
        set: [...timers].flatMap(([name, at]) => (at === null ? [] : [{ name, at }])),
        cancel: [...timers].flatMap(([name, at]) => (at === null ? [name] : [])),
      },
      decision,
      wrapUps,
      alarms,
      outcome,
    }),
  }
  const { items, agents, places } = known === null ? everythingIn(group) : group.unseen
  for (const id of agents) freedom(id)
  for (const item of items) lookAt(item)
  for (const key of places) turn.look.places.add(key)
  if (known === null) for (const id of outlook.config.queues.keys()) turn.look.queues.add(id)
  return turn
}

function unknownAgent(id: string, now: number): AgentState {
  const absent = { status: 'offline', statusSince: now, presence: 'offline', since: now } as const
  return { id, ...absent, lastWorkAt: 0, leaseUntil: null, lapsed: null }
}

/** The agent last got work, or had room again, now. */
export function touch(turn: GroupTurn, agentId: string): void {
  turn.putAgent({ ...turn.agent(agentId), lastWorkAt: turn.now })
}

function everythingIn({ items, agents, stalls }: Group): Group['unseen'] {
  return { items: [...items], agents: [...agents].map(({ id }) => id), places: [...stalls].map(({ place }) => place) }
}

export const DONE: Outcome = { kind: 'done' }

export function refused(code: ErrorCode, detail?: string): Extract<Outcome, { kind: 'refused' }> {
  return { kind: 'refused', code, message: detail === undefined ? ERRORS[code] : `${detail}: ${ERRORS[code]}` }
}
