// A toy conversation: its state is the list of events it saw, in order; each customer message gets one answer.
import { childId, systemClock } from '../../src/contract/index.ts'
import type { ActorLogic, ChannelUpdate, InboxEvent, Logger, Settings, StoredActor, Turn } from '../../src/contract/index.ts'
import { createReceiver } from '../../src/inbound/receiver.ts'
import type { Receiver, ReceiverOptions } from '../../src/inbound/receiver.ts'
import { createWorker } from '../../src/inbound/worker.ts'
import type { Worker, WorkerOptions } from '../../src/inbound/worker.ts'
import type { Database } from '../../src/store/database.ts'

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export interface ToyState {
  seen: string[]
}

type ToyEvent = { type: string; message?: { providerId: string; at: number; content: unknown; replyTo?: string }; mark?: string }

/** `more` changes or replaces what the toy does for an event; it may throw. */
export function toyLogic(more: (turn: Turn, event: ToyEvent, stored: StoredActor) => void = () => {}): ActorLogic {
  return {
    kind: 'conversation',
    step(stored, inbox, now) {
      const event = inbox.event as ToyEvent
      const before = (stored.state ?? { seen: [] }) as ToyState
      const state: ToyState = { seen: [...before.seen, event.message?.providerId ?? event.mark ?? event.type] }
      const turn: Turn = { ...emptyTurn(stored), state, outcome: { kind: 'done', data: { count: state.seen.length } } }
      if (event.message !== undefined) answer(turn, stored, inbox, now)
      more(turn, event, stored)
      return turn
    },
  }
}

function answer(turn: Turn, stored: StoredActor, inbox: InboxEvent<unknown>, now: number): void {
  const { message } = inbox.event as Required<ToyEvent>
  const out = childId('ms', stored.slot, inbox.id, 2)
  turn.messages.push(
    {
      id: childId('ms', stored.slot, inbox.id, 1),
      direction: 'in',
      content: { kind: 'text', text: 'hello' },
      author: { kind: 'customer', id: 'x' },
      purpose: null,
      session: { kind: 'utility', id: null },
      status: 'received',
      providerId: message.providerId,
      replyTo: message.replyTo ?? null,
      at: message.at,
    },
    {
      id: out,
      direction: 'out',
      content: { kind: 'text', text: `you said ${message.providerId}` },
      author: { kind: 'bot', id: 'toy' },
      purpose: 'service',
      session: { kind: 'utility', id: null },
      status: 'queued',
      providerId: null,
      replyTo: null,
      ref: `answer-${message.providerId}`,
      at: now,
    },
  )
  turn.sends.push({ messageId: out, lane: 'interactive', expiresAt: null })
}

export function emptyTurn(stored: StoredActor): Turn {
  return {
    state: stored.state,
    summary: {
      numberId: stored.numberId ?? '',
      owner: 'none',
      participant: null,
      serviceStatus: null,
      runs: [],
      contact: { phone: '15550001', userId: null, name: 'Toy' },
      lastMessageAt: null,
    },
    messages: [],
    sends: [],
    calls: [],
    commands: [],
    timers: { set: [], cancel: [] },
    decision: null,
    alarms: [],
    outcome: { kind: 'done' },
  }
}

export function toyReceiver(database: Database, more: Partial<ReceiverOptions> = {}): Receiver {
  return createReceiver({
    database,
    clock: systemClock,
    numberOf: (account) => (account === 'acc' ? 'main' : null),
    numbersUnder: (account) => (account === 'business' ? ['main'] : []),
    applyStatuses: async () => [],
    log: silent,
    ...more,
  })
}

export function toyWorker(database: Database, more: Partial<WorkerOptions> = {}): Worker {
  return createWorker({
    database,
    clock: systemClock,
    settings: () => ({}) as Settings,
    logics: [toyLogic()],
    log: silent,
    onCommitted() {},
    sweepMs: 50,
    ...more,
  })
}

/** A customer's text. */
export function said(providerId: string, from: { userId?: string; phone?: string }, at = Date.UTC(2026, 0, 1)): ChannelUpdate {
  return { kind: 'message', account: 'acc', from, message: { providerId, at, content: { kind: 'text', text: 'hello' } } }
}

/** Applies everything that waits. */
export async function drain(worker: Worker): Promise<number> {
  for (let all = 0; ;) {
    const events = await worker.runOnce()
    if (events === 0) return all
    all += events
  }
}

/** What each conversation saw, by its key. */
export async function seenByKey({ db }: Database): Promise<Record<string, string[]>> {
  const rows = await db.selectFrom('actor').select(['key', 'state']).orderBy('key').execute()
  return Object.fromEntries(rows.map(({ key, state }) => [key, (state as ToyState | null)?.seen ?? []]))
}
