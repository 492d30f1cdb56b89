// In memory: the routing group with many agents and much waiting work, as the worker runs it: apply a batch of events to the state that is
// kept, write the parts that changed. Each pair of events frees an agent, who is given the next work, and brings a new customer, who waits.
import { botsConfig, compileOmni, createRoutingGroup, groupParts, queuesConfig, ROUTING_GROUP } from '@baton/omni'
import { consentSettings, formatId, newUuid, numberSettings, slotOf } from '@baton/router'
import type { CommandRow, InboxEvent, Settings, StoredActor } from '@baton/router'

export interface GroupSize {
  agents: number
  waiting: number
}

export interface GroupFigures extends GroupSize {
  bytes: number
  /** CPU of one assignment, ms: two events. `alone`: written for itself. `batched`: of a hundred events that are written together. */
  alone: number
  batched: number
  /** CPU of reading all of it, ms: when a process begins, or was left far behind by others. */
  whole: number
}

const QUEUES = 12
const CONVERSATIONS_EACH = 3
export const GROUP_KEY = ROUTING_GROUP.key
const BATCH = 100
const NOW = Date.UTC(2026, 10, 27, 9)

export function measureGroup({ agents, waiting }: GroupSize, seconds: number): GroupFigures {
  const logic = createRoutingGroup()
  const settings = groupSettings(agents, CONVERSATIONS_EACH)
  const slot = slotOf(GROUP_KEY)
  const actor: StoredActor = {
    slot,
    id: formatId('rg', slot, newUuid(NOW)),
    kind: 'routing-group',
    key: GROUP_KEY,
    numberId: null,
    state: null,
  }
  const stored = JSON.stringify(fullGroup(agents, waiting))
  let state: unknown
  const whole = cpuTime(() => (state = groupParts.read(JSON.parse(stored), [])))
  /** Sessions that agents have, the longest first. */
  const held = Array.from({ length: agents * CONVERSATIONS_EACH }, (_, index) => `held-${index}`)
  let next = 0
  let customers = 0

  function work(pairs: number): void {
    const parts = new Map<string, unknown>()
    const give = (name: string, data: Record<string, unknown>): CommandRow[] => {
      const event = { type: 'engine.event', side: 'service', name, data }
      const inbox: InboxEvent<unknown> = { id: formatId('ev', slot, newUuid(NOW)), at: NOW, receivedAt: NOW, event }
      const turn = logic.step({ ...actor, state }, inbox, NOW, settings)
      ;({ state } = turn)
      for (const { name: part, value } of turn.parts ?? []) parts.set(part, value)
      JSON.stringify(turn.commands)
      return turn.commands
    }
    for (let pair = 0; pair < pairs; pair += 1) {
      const assigned = give('work.released', { sessionId: held[next++], request: 1 })
      if (assigned.length !== 1) throw new Error(`${assigned.length} were assigned where one agent became free`)
      for (const { event } of assigned) held.push((event as { data: { sessionId: string } }).data.sessionId)
      give('work.requested', { ...requestOf(`new-${customers++}`), target: `queue:q${customers % QUEUES}`, since: NOW })
    }
    JSON.stringify([groupParts.head(state), [...parts]])
  }
  const cpuOf = (pairs: number): number => {
    work(pairs) // warm
    let done = 0
    const ms = cpuTime(() => {
      for (const started = performance.now(); performance.now() - started < seconds * 1_000; done += pairs) work(pairs)
    })
    return ms / done
  }
  return { agents, waiting, bytes: Buffer.byteLength(stored), alone: cpuOf(1), batched: cpuOf(BATCH / 2), whole }
}

function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** Everybody is online and full, and the rest waits. The group checks it when it reads it. */
function fullGroup(agents: number, waiting: number): unknown {
  const assigned = Array.from({ length: agents * CONVERSATIONS_EACH }, (_, index) =>
    itemOf(`held-${index}`, index, { kind: 'assigned', agentId: `a${index % agents}`, at: NOW }),
  )
  const queued = Array.from({ length: waiting }, (_, index) => itemOf(`waiting-${index}`, index, { kind: 'queued' }))
  return {
    version: 4,
    agents: Array.from({ length: agents }, (_, index) => ({
      id: `a${index}`,
      presence: 'online',
      since: NOW,
      lastWorkAt: NOW,
      leaseUntil: NOW + 45_000,
      lapsed: null,
    })),
    items: [...assigned, ...queued],
    served: [],
    stalls: [],
    tickAt: NOW + 45_000,
  }
}

function itemOf(sessionId: string, index: number, state: object): object {
  const place = { kind: 'queue', id: `q${index % QUEUES}` }
  const flags = { overdue: false, untilOpen: false, callback: false, mayDivert: false }
  const since = NOW - 60_000 + index
  return {
    ...requestOf(sessionId),
    place,
    prefer: null,
    since,
    waitingFrom: since,
    skills: [],
    language: null,
    ...flags,
    passed: [],
    state,
  }
}

export function requestOf(sessionId: string) {
  const contact = { id: `cv_7_${sessionId}`, name: 'Customer', phone: '15550001' }
  return { sessionId, request: 1, conversationId: contact.id, number: 'main', contact, reason: 'default-app', note: null }
}

/** Every agent is in about a third of the queues. */
export function groupSettings(agents: number, capacity: number): Settings {
  const all = Array.from({ length: agents }, (_, index) => index)
  const queues = queuesConfig.parse({
    queues: Array.from({ length: QUEUES }, (_, queue) => ({
      id: `q${queue}`,
      autoAccept: true,
      priority: queue % 3,
      members: all.filter((index) => index % 4 === queue % 4 || index % 6 === queue % 6).map((index) => `agent:a${index}`),
    })),
    agents: all.map((index) => ({ id: `a${index}`, capacity })),
  })
  const number = numberSettings.parse({ id: 'main', displayNumber: '+15550100000', provider: 'whatsapp', apps: { service: 'omni' } })
  return {
    version: 1,
    numbers: new Map([[number.id, number]]),
    consent: consentSettings.parse({}),
    engines: { omni: compileOmni(queues, botsConfig.parse({})).config },
    templates: new Map(),
  }
}
