// A day of a service team in virtual time, on the real service engine and the real routing group: customers arrive by chance, agents answer
// offers as people do, conversations take their time. What is held to: nobody is lost, doubled or starved, and nobody has more than they can.
import { botsConfig, compileOmni, createOmniEngine, createRoutingGroup, pendingOffers, queuesConfig } from '@baton/omni'
import type { OmniConfig, OmniState } from '@baton/omni'
import { consentSettings, formatId, newUuid, numberSettings, slotOf } from '@baton/router'
import type { EngineContext, EngineInput, InboxEvent, Settings, StoredActor, Target } from '@baton/router'
import type { z } from 'zod'

export interface DayPlan {
  queues: z.input<typeof queuesConfig>
  seed: number
  /** Milliseconds of the day. */
  arrivals: { at: number; queue: string }[]
  /** How long a conversation takes, milliseconds, by chance. */
  handling: (random: () => number) => number
  /** What an agent makes of an offer, and after how long. Without it offers are not made: the queues give work without asking. */
  answer?: (random: () => number) => { after: number; answer: 'accept' | 'decline' | 'none' }
}

export interface DayFigures {
  arrived: number
  ended: number
  /** Of those who had an agent, by queue: milliseconds until then. */
  waits: Map<string, number[]>
  /** Given to an agent while another had it, or twice. */
  doubled: number
  /** Moments at which an agent had more than their capacity, wrap-ups counted. */
  overloaded: number
  starvationAlarms: number
  declined: number
  unanswered: number
}

const START = Date.UTC(2026, 10, 27)
const KEY = 'group/default'

interface Conversation {
  id: string
  queue: string
  arrivedAt: number
  state: OmniState
  agent: string | null
  isOver: boolean
}

export function simulateDay(plan: DayPlan): DayFigures {
  const config = compileOmni(queuesConfig.parse(plan.queues), botsConfig.parse({})).config
  const number = numberSettings.parse({ id: 'main', displayNumber: '+15550100000', provider: 'whatsapp', apps: { service: 'omni' } })
  const engines = { omni: config }
  const settings: Settings = {
    version: 1,
    numbers: new Map([[number.id, number]]),
    consent: consentSettings.parse({}),
    engines,
    templates: new Map(),
  }
  const engine = createOmniEngine()
  const group = createRoutingGroup()
  const slot = slotOf(KEY)
  const actor: StoredActor = {
    slot,
    id: formatId('rg', slot, newUuid(START)),
    kind: 'routing-group',
    key: KEY,
    numberId: null,
    state: null,
  }
  const random = chance(plan.seed)
  const agenda = createAgenda()
  const timers = new Map<string, number>()
  const conversations = new Map<string, Conversation>()
  const loads = new Map<string, number>()
  const figures: DayFigures = {
    arrived: 0,
    ended: 0,
    waits: new Map(plan.arrivals.map(({ queue }) => [queue, []])),
    doubled: 0,
    overloaded: 0,
    starvationAlarms: 0,
    declined: 0,
    unanswered: 0,
  }
  let now = START

  function tellGroup(event: unknown): void {
    const inbox: InboxEvent<unknown> = { id: formatId('ev', slot, newUuid(now)), at: now, receivedAt: now, event }
    const turn = group.step(actor, inbox, now, settings)
    actor.state = turn.state
    figures.starvationAlarms += turn.alarms.filter(({ code }) => code === 'queue-starving').length
    for (const name of turn.timers.cancel) timers.delete(name)
    for (const { name, at } of turn.timers.set) setTimer(name, at)
    for (const { to, event: told } of turn.commands) {
      const { name, data } = told as { name: string; data: Record<string, unknown> }
      const conversation = conversations.get('id' in to ? to.id : '')
      if (conversation !== undefined) tell(conversation, { kind: 'event', name, data })
    }
  }

  function setTimer(name: string, at: number): void {
    timers.set(name, at)
    agenda.add(at, () => {
      if (timers.get(name) !== at) return
      timers.delete(name)
      tellGroup({ type: 'timer.fired', name, due: at })
    })
    if (name.startsWith('offer:')) consider(name.slice('offer:'.length))
  }

  /** An agent is offered work, thinks, and answers; or has gone for a coffee. */
  function consider(offerId: string): void {
    const { after, answer } = plan.answer?.(random) ?? { after: 0, answer: 'accept' }
    if (answer === 'none') figures.unanswered += 1
    if (answer === 'decline') figures.declined += 1
    if (answer === 'none') return
    agenda.add(now + after, () => {
      const agentId = pendingOffers(actor.state, null).find((offer) => offer.offerId === offerId)?.agentId
      if (agentId === undefined) return
      tellGroup({
        type: 'engine.event',
        side: 'service',
        name: `offer.${answer === 'accept' ? 'accepted' : 'declined'}`,
        data: { offerId, agentId },
      })
    })
  }

  function tell(conversation: Conversation, input: EngineInput): void {
    const before = whoHas(conversation.state)
    const { state, effects } = engine.receive(conversation.state, input, contextOf(conversation))
    conversation.state = state
    const after = whoHas(state)
    if (after !== before && after !== null) begin(conversation, after)
    for (const effect of effects) {
      if (effect.type !== 'command.send') continue
      const { name, data } = effect
      tellGroup({ type: 'engine.event', side: 'service', name, data })
    }
  }

  function begin(conversation: Conversation, agent: string): void {
    if (conversation.agent !== null) figures.doubled += 1
    conversation.agent = agent
    const load = (loads.get(agent) ?? 0) + 1
    loads.set(agent, load)
    if (load > (config.agents.get(agent)?.capacity ?? 0)) figures.overloaded += 1
    figures.waits.get(conversation.queue)?.push(now - conversation.arrivedAt)
    agenda.add(now + plan.handling(random), () => {
      const free = () => void loads.set(agent, (loads.get(agent) ?? 0) - 1)
      const wrapUp = config.queues.get(conversation.queue)?.wrapUp ?? null
      // Both before the group hears of the end: what happens at one moment happens in the order in which it was noted.
      if (wrapUp === null) free()
      else agenda.add(now + wrapUp.forMs, free)
      tell(conversation, { kind: 'event', name: 'session.end', data: {}, by: { kind: 'agent', id: agent } })
      if (conversation.state.session !== null || conversation.isOver) return
      conversation.isOver = true
      figures.ended += 1
      conversations.delete(conversation.id)
    })
  }

  function contextOf({ id, arrivedAt }: Conversation): EngineContext<OmniConfig> {
    return {
      now,
      conversationId: id,
      number,
      contact: { id, identity: { phone: '15550001', name: 'Customer' }, attributes: {}, tags: [] },
      replyWindow: { open: true, closesAt: null },
      consent: 'unknown',
      marketing: { sent: [], talking: false },
      serviceSession: { id: `se_${id}`, status: 'new', openedAt: arrivedAt },
      config,
      newId: (prefix) => formatId(prefix, slot, newUuid(now)),
    }
  }

  for (const { id } of config.agents.values()) {
    tellGroup({ type: 'engine.event', side: 'service', name: 'presence.changed', data: { agentId: id, status: 'online' } })
  }
  for (const { at, queue } of plan.arrivals) {
    agenda.add(START + at, () => {
      figures.arrived += 1
      const id = `cv_${figures.arrived}`
      const conversation: Conversation = { id, queue, arrivedAt: now, state: engine.initialState(), agent: null, isOver: false }
      conversations.set(id, conversation)
      const target: Target = `queue:${queue}`
      const message = { providerId: id, at: now, content: { kind: 'text' as const, text: 'hello' } }
      tell(conversation, { kind: 'take', handOff: { targets: [target], reason: 'default-app' }, message })
    })
  }
  for (let next = agenda.next(); next !== null; next = agenda.next()) {
    now = Math.max(now, next.at)
    next.run()
    if (figures.ended === plan.arrivals.length) break
  }
  return figures
}

function whoHas({ session }: OmniState): string | null {
  return session?.phase.status === 'active' && session.phase.work.kind === 'agent' ? session.phase.work.id : null
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A time with this mean, as between arrivals that know nothing of each other. */
export function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random())
}

interface Entry {
  at: number
  order: number
  run: () => void
}

/** What is to happen, the earliest first; at the same moment in the order in which it was added. A binary heap. */
function createAgenda(): { add(at: number, run: () => void): void; next(): Entry | null } {
  const heap: Entry[] = []
  let count = 0
  const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order)
  const at = (index: number) => heap[index] as Entry
  function swap(a: number, b: number): void {
    const kept = at(a)
    heap[a] = at(b)
    heap[b] = kept
  }
  return {
    add(when, run) {
      heap.push({ at: when, order: count++, run })
      for (let index = heap.length - 1; index > 0;) {
        const parent = (index - 1) >> 1
        if (!isBefore(at(index), at(parent))) break
        swap(index, parent)
        index = parent
      }
    },
    next() {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined) return null
      if (heap.length === 0) return first
      heap[0] = last
      for (let index = 0; ;) {
        const children = [2 * index + 1, 2 * index + 2].filter((child) => child < heap.length)
        const least = children.reduce((best, child) => (isBefore(at(child), at(best)) ? child : best), index)
        if (least === index) return first
        swap(index, least)
        index = least
      }
    },
  }
}
