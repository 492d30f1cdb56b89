// The routing group by itself: events in, commands to conversations out, and a clock a test can turn.
import { formatId, newUuid, numberSettings } from '@baton/router'
import type { Outcome, Settings, StoredActor, Turn } from '@baton/router'
import { botsConfig, compileOmni, createRoutingGroup, pendingOffers, queuesConfig } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import type { z } from 'zod'
import type { GroupState } from '../../src/group/state.ts'
import { groupState, readGroup } from '../../src/group/state.ts'

type Queues = z.input<typeof queuesConfig>

export function configOf(queues: Queues): OmniConfig {
  return compileOmni(queuesConfig.parse(queues), botsConfig.parse({})).config
}

export const TWO_AGENTS: Queues = {
  queues: [{ id: 'general', members: ['agent:ana', 'agent:ben'] }],
  agents: [
    { id: 'ana', name: 'Ana', capacity: 2 },
    { id: 'ben', name: 'Ben', capacity: 2 },
  ],
}

export function groupWorld(queues: Queues = TWO_AGENTS) {
  const logic = createRoutingGroup()
  const stored: StoredActor = {
    slot: 7,
    id: formatId('rg', 7, newUuid(Date.now())),
    kind: 'routing-group',
    key: 'group/default',
    numberId: null,
    state: null,
  }
  let requests = 0
  let live: unknown = null
  const timers = new Map<string, number>()
  const world = {
    now: 1_000_000,
    /** Numbers that service is connected to. */
    served: ['main'],
    config: configOf(queues),
    timers,
    turn: null as Turn | null,
    give(event: unknown): Outcome {
      const settings: Settings = {
        version: 1,
        numbers: new Map(
          world.served.map((id) => [id, numberSettings.parse({ id, displayNumber: '+1', provider: 'x', apps: { service: 'omni' } })]),
        ),
        consent: {} as Settings['consent'],
        engines: { omni: world.config },
        templates: new Map(),
      }
      const inbox = { id: formatId('ev', 7, newUuid(Date.now())), at: world.now, receivedAt: world.now, event }
      const before = JSON.stringify(stored.state)
      world.turn = logic.step(stored, inbox, world.now, settings)
      if (JSON.stringify(stored.state) !== before) throw new Error('the step changed the stored state')
      // In a batch the next event finds the state itself, not what is read back of it.
      const state = live ?? stored.state
      const was = JSON.stringify(state)
      const again = logic.step({ ...stored, state }, inbox, world.now, settings)
      if (JSON.stringify(again) !== JSON.stringify(world.turn)) throw new Error('the same event gave another turn')
      if (JSON.stringify(state) !== was) throw new Error('the step changed the state of the turn before')
      live = world.turn.state
      stored.state = JSON.parse(JSON.stringify(world.turn.state)) as unknown
      groupState.parse(stored.state)
      for (const name of world.turn.timers.cancel) timers.delete(name)
      for (const { name, at } of world.turn.timers.set) timers.set(name, at)
      return world.turn.outcome
    },
    event: (name: string, data: Record<string, unknown> = {}) => world.give({ type: 'engine.event', side: 'service', name, data }),
    presence: (agentId: string, status: string) => world.event('presence.changed', { agentId, status }),
    /** A new piece of work; its session is `s<n>` unless given. */
    request(target = 'queue:general', more: Record<string, unknown> = {}): string {
      const sessionId = `s${(requests += 1)}`
      const contact = { id: 'c', name: 'Mary', phone: '1' }
      const origin = { conversationId: `cv_${sessionId}`, number: 'main', contact, reason: 'default-app', note: null }
      const data = { sessionId, request: 1, ...origin, target, since: world.now, prefer: null, mayDivert: true, ...more }
      world.event('work.requested', data)
      return data.sessionId
    },
    /** Turns the clock to each timer that is due on the way. */
    advance(ms: number): void {
      const until = world.now + ms
      for (;;) {
        const due = [...timers].filter(([, at]) => at <= until).toSorted((a, b) => a[1] - b[1])[0]
        if (due === undefined) break
        timers.delete(due[0])
        world.now = Math.max(world.now, due[1])
        world.give({ type: 'timer.fired', name: due[0], due: due[1] })
      }
      world.now = until
    },
    state: () => readGroup(stored.state),
    stored: () => stored.state,
    item: (sessionId: string): GroupState['items'][number] | undefined => world.state().items.find((item) => item.sessionId === sessionId),
    offersOf: (agentId: string) => pendingOffers(stored.state, agentId),
    accept: (agentId: string, offerId = world.offersOf(agentId)[0]?.offerId ?? 'none') =>
      world.event('offer.accepted', { offerId, agentId }),
    decline: (agentId: string, offerId = world.offersOf(agentId)[0]?.offerId ?? 'none') =>
      world.event('offer.declined', { offerId, agentId }),
    /** What conversations were told in the last turn: `s1 agent.assigned`. */
    told: () => (world.turn?.commands ?? []).map(({ event }) => toldOf(event)),
    alarms: () => (world.turn?.alarms ?? []).map((alarm) => alarm.code),
  }
  return world
}

function toldOf(event: unknown): { session: unknown; name: string; data: Record<string, unknown> } {
  const { name, data } = event as { name: string; data: Record<string, unknown> }
  return { session: data['sessionId'], name, data }
}
