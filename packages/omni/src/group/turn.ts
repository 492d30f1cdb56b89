// Pure. One turn of the routing group while it is being worked out: the group as it has become so far, what has to be looked at because of
// it, and what is to be said, set and raised.
// R1 whatever is changed is stored, and is looked at before the turn ends.
import type { InboxEvent, Outcome, Settings, StoredActor, Turn } from '@baton/router'
import type { Hindrance, OmniConfig } from '../config/settings.ts'
import type { ErrorCode } from '../errors.ts'
import { ERRORS } from '../errors.ts'
import { keyOf, SEEN, withAgent, withItem, withoutItem, withoutWrapUp, withWrapUp, wrapUpsOf } from './group.ts'
import type { Group } from './group.ts'
import { ENGINE, outlookOn, withFreedom, withMoment } from './outlook.ts'
import type { Outlook } from './outlook.ts'
import { changedParts, wrapUpPart } from './parts.ts'
import { beginSaying } from './saying.ts'
import type { Saying } from './saying.ts'
import type { AgentState, Item, WrapUp } from './state.ts'

export interface GroupTurn extends Saying {
  group: Group & { readonly outlook: Outlook }
  readonly config: OmniConfig
  /** Whether service is connected to the number. */
  isServed(number: string): boolean
  readonly now: number
  /** What changed, or whose moment has come. About everything else there is nothing to do. */
  readonly look: Look
  /** Work that has to wait from this turn on, by session, and why (null: no agent is free). Its conversation is told. */
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

export function beginTurn(stored: StoredActor, event: InboxEvent<unknown>, now: number, settings: Settings, group: Group): GroupTurn {
  const known = group.outlook?.settings === settings ? group.outlook : null
  const outlook = known ?? outlookOn(settings)
  const changed = new Set<string>()
  const { saying, wrapUpOver, all } = beginSaying(stored, event, now, settings)

  /** R1: `part` is stored. The caller looks at what changed. */
  function replace(next: Group, part: string): void {
    turn.group = { ...next, outlook: turn.group.outlook }
    changed.add(part)
  }

  const turn: GroupTurn = {
    ...saying,
    group: { ...group, outlook, unseen: SEEN },
    config: outlook.config,
    isServed: (number) => settings.numbers.get(number)?.apps.service === ENGINE,
    now,
    look: { items: new Set(), agents: new Set(), places: new Set(), queues: new Set() },
    held: new Map(),
    put(changedItem) {
      const old = turn.group.items.get(changedItem.sessionId)
      const item = { ...changedItem, version: (old?.version ?? 0) + 1 }
      replace(withItem(turn.group, item), `item:${item.sessionId}`)
      if (old !== undefined) lookAtItem(turn, old)
      lookAtItem(turn, item)
      return item
    },
    drop(item) {
      replace(withoutItem(turn.group, item.sessionId), `item:${item.sessionId}`)
      lookAtItem(turn, item)
    },
    putAgent(agent) {
      replace(withAgent(turn.group, agent), `agent:${agent.id}`)
      lookAtAgent(turn, agent.id)
      return agent
    },
    agent: (id) => turn.group.agents.get(id) ?? unknownAgent(id, now),
    putWrapUp(wrapUp) {
      replace(withWrapUp(turn.group, wrapUp), wrapUpPart(wrapUp))
      lookAtAgent(turn, wrapUp.agentId)
    },
    dropWrapUp(agentId, sessionId) {
      const entry = wrapUpsOf(turn.group, agentId).get(sessionId)
      if (entry === undefined) return
      wrapUpOver(entry)
      replace(withoutWrapUp(turn.group, agentId, sessionId), wrapUpPart(entry))
      lookAtAgent(turn, agentId)
    },
    set(members) {
      turn.group = { ...turn.group, ...members }
    },
    setMoment(about, at) {
      turn.group = { ...turn.group, outlook: withMoment(turn.group.outlook, about, at) }
    },
    finish: (outcome) => ({
      ...all(),
      state: { ...turn.group, isForeign: false } satisfies Group,
      parts: changedParts(turn.group, changed),
      summary: null,
      messages: [],
      sends: [],
      calls: [],
      outcome,
    }),
  }
  lookAtNews(turn, known === null ? everythingIn(group) : group.unseen)
  if (known === null) for (const id of outlook.config.queues.keys()) turn.look.queues.add(id)
  return turn
}

/** What other processes have changed, or all there is. */
function lookAtNews(turn: GroupTurn, { items, agents, places }: Group['unseen']): void {
  for (const id of agents) lookAtAgent(turn, id)
  for (const item of items) lookAtItem(turn, item)
  for (const key of places) turn.look.places.add(key)
}

/** R1 */
function lookAtItem(turn: GroupTurn, item: Item): void {
  turn.look.items.add(item.sessionId)
  turn.look.places.add(keyOf(item))
  if (item.state.kind !== 'queued') lookAtAgent(turn, item.state.agentId)
}

/** R1. Whether the agent is free is worked out anew. */
function lookAtAgent(turn: GroupTurn, agentId: string): void {
  turn.look.agents.add(agentId)
  turn.group = { ...turn.group, outlook: withFreedom(turn.group.outlook, turn.group, agentId) }
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
