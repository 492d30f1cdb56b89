// A process: worker, timers and sender of the product, on the routing group and on stand-ins for conversations, which note who was given
// them, and give them back after a while.
import { createRoutingGroup } from '@baton/omni'
import { createReceiver, createSender, createTimers, createWorker, openDatabase, systemClock } from '@baton/router'
import type { ActorLogic, Logger, Receiver, Turn } from '@baton/router'
import { answerCalls } from './child.ts'
import { GROUP_KEY, groupSettings } from './group.ts'

export interface CrowdPlan {
  host: string
  user: string
  database: string
  agents: number
  /** How long an agent has a customer, ms, at least; twice as long at most. */
  handlingMs: number
  /** After which the others take over what a process that is gone was delivering, and how often they look. */
  leaseMs: number
  sweepMs: number
}

/** What a stand-in stores. Times are epoch milliseconds. */
export interface Handled {
  assigned: { agentId: string; at: number }[]
  releasedAt: number | null
}

const log: Logger = { debug() {}, info() {}, warn() {}, error: (...about) => console.error(...about) }
const NO_MESSAGES = () => null

function standIn(handlingMs: number): ActorLogic {
  return {
    kind: 'conversation',
    step(stored, { event }, now): Turn {
      const { type, name, data } = event as { type: string; name: string; data?: { agentId: string; sessionId: string; request: number } }
      const before = (stored.state ?? { assigned: [], releasedAt: null }) as Handled
      const turn: Turn = { ...NOTHING, state: stored.state, timers: { set: [], cancel: [] } }
      if (type === 'engine.event' && name === 'agent.assigned' && data !== undefined) {
        turn.state = { ...before, assigned: [...before.assigned, { agentId: data.agentId, at: now }] } satisfies Handled
        turn.timers.set.push({ name: `${data.sessionId} ${data.request}`, at: now + handlingMs * (1 + (stored.slot % 100) / 100) })
      }
      if (type !== 'timer.fired') return turn
      const [sessionId, request] = name.split(' ')
      const released = { type: 'engine.event', side: 'service', name: 'work.released', data: { sessionId, request: Number(request) } }
      const commands = [{ to: { kind: 'routing-group' as const, key: GROUP_KEY }, event: released, dedupe: `${stored.id}/released` }]
      return { ...turn, state: { ...before, releasedAt: now } satisfies Handled, commands }
    },
  }
}

const NOTHING: Omit<Turn, 'state' | 'timers'> = {
  summary: null,
  messages: [],
  sends: [],
  calls: [],
  commands: [],
  decision: null,
  alarms: [],
  outcome: { kind: 'done' },
}

function start({ host, user, database: name, agents, handlingMs, leaseMs, sweepMs }: CrowdPlan): void {
  const database = openDatabase({ host, user, database: name, max: 8 })
  const clock = systemClock
  const settings = groupSettings(agents, 1)
  const inbound = createReceiver({ database, clock, log, applyStatuses: async () => [], numberOf: NO_MESSAGES, numbersUnder: () => [] })
  receiver = inbound
  const sender = createSender({
    database,
    clock,
    log,
    route: NO_MESSAGES,
    limits: { perSecond: () => 80, leaseMs, sweepMs, sendTimeoutMs: Math.min(20_000, leaseMs) },
    participants: [],
    submit: (to, event, { dedupe }) => inbound.submit(to, event, { dedupe }),
    history: async () => [],
    onInbox: () => worker.wake(),
  })
  const logics = [standIn(handlingMs), createRoutingGroup()]
  const worker = createWorker({
    database,
    clock,
    log,
    settings: () => settings,
    logics,
    openSendBatch: sender.openSendBatch,
    onCommitted: () => inbound.look(),
  })
  inbound.onInbox((actors) => worker.wake(actors))
  const timers = createTimers({ database, clock, log, onFired: (actors) => worker.wake(actors) })
  worker.start()
  timers.start()
  sender.start()
}

async function online(agentIds: string[]): Promise<void> {
  const told = receiver
  if (told === null) throw new Error('not started')
  const event = (agentId: string) => ({
    type: 'engine.event',
    side: 'service',
    name: 'presence.changed',
    data: { agentId, status: 'online' },
  })
  await Promise.all(agentIds.map((agentId) => told.submit({ kind: 'routing-group', key: GROUP_KEY }, event(agentId))))
}

let receiver: Receiver | null = null
answerCalls({ start, online })
