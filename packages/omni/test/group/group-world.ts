// The routing group by itself: events in, commands to conversations out, and a clock a test can turn.
import { formatId, newUuid, numberSettings } from '@baton/router'
import type { Outcome, Settings, StoredActor, Turn } from '@baton/router'
import { botsConfig, compileOmni, createRoutingGroup, pendingOffers, queuesConfig } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import type { z } from 'zod'
import { stateOf } from '../../src/group/group.ts'
import { asGroup } from '../../src/group/parts.ts'
import type { GroupState } from '../../src/group/state.ts'
import { groupState } from '../../src/group/state.ts'
import { storedGroup } from './stored-group.ts'

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

export function settingsOf(config: OmniConfig, served: readonly string[] = ['main']): Settings {
  return {
    version: 1,
    numbers: new Map(served.map((id) => [id, numberSettings.parse({ id, displayNumber: '+1', provider: 'x', apps: { service: 'omni' } })])),
    consent: {} as Settings['consent'],
    engines: { omni: config },
    templates: new Map(),
  }
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
  const tables = storedGroup()
  /** The same until something else is published. */
  let settings: Settings | null = null
  function published(): Settings {
    const isSame = settings?.engines['omni'] === world.config && [...settings.numbers.keys()].join() === world.served.join()
    settings = settings !== null && isSame ? settings : settingsOf(world.config, world.served)
    return settings
  }
  /** Whether the oldest work of a place that may be given out has waited for as long as an alarm takes. */
  function hasWaitedLong(place: string): boolean {
    const [oldest] = world
      .state()
      .items.filter((item) => `${item.place.kind}:${item.place.id}` === place && item.state.kind !== 'assigned' && !item.untilOpen)
      .toSorted((a, b) => a.since - b.since)
    const after = world.config.queues.get(place.replace('queue:', ''))?.starvationAfterMs ?? 300_000
    return oldest !== undefined && world.now - oldest.waitingFrom >= after
  }
  const timers = new Map<string, number>()
  const world = {
    now: 1_000_000,
    /** Numbers that service is connected to. */
    served: ['main'],
    config: configOf(queues),
    timers,
    turn: null as Turn | null,
    turns: 0,
    give(event: unknown): Outcome {
      const inbox = { id: formatId('ev', 7, newUuid(Date.now())), at: world.now, receivedAt: world.now, event }
      // One process reads all of it and looks at everything; another goes on with what it has, and looks at what changed.
      const whole = logic.step({ ...stored, state: tables.readAll() }, inbox, world.now, published())
      stored.state = tables.readNext()
      const was = plain(stored.state)
      world.turn = logic.step(stored, inbox, world.now, published())
      if (sayable(whole) !== sayable(world.turn)) throw new Error('looking at everything gave another turn')
      if (plain(stored.state) !== was) throw new Error('the step changed the state of the turn before')
      stored.state = world.turn.state
      tables.write(world.turn)
      world.turns += 1
      groupState.parse(stateOf(asGroup(stored.state)))
      if (plain(tables.readAll()) !== plain(stored.state)) throw new Error('not all of it was stored')
      for (const { code, detail } of world.turn.alarms)
        if (code === 'queue-starving' && !hasWaitedLong(String(detail['place']))) throw new Error('nobody has waited for long there')
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
    state: (): GroupState => stateOf(asGroup(stored.state)),
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

/** What a turn says, sets and raises, in an order of its own where it has none. */
function sayable({ state, commands, alarms, timers, outcome }: Turn): string {
  const told = commands.map(({ to, event }) => JSON.stringify({ to, event })).toSorted()
  const raised = alarms.map((alarm) => JSON.stringify(alarm)).toSorted()
  const set = [...timers.set.map((timer) => JSON.stringify(timer)), ...timers.cancel].toSorted()
  return JSON.stringify([plain(state), told, raised, set, outcome])
}

function plain(state: unknown): string {
  return JSON.stringify(stateOf(asGroup(state)))
}

function toldOf(event: unknown): { session: unknown; name: string; data: Record<string, unknown> } {
  const { name, data } = event as { name: string; data: Record<string, unknown> }
  return { session: data['sessionId'], name, data }
}
