// Owns the way in. R1: whatever is answered as stored was committed. R2: a repeat is a no-op, a provider's and our own: a batch is stored
// again when the answer to its commit was lost. R3: one bad update is set aside without failing its neighbours. R4: what waits is bounded;
// over the limit nothing is taken.
import type { Transaction } from 'kysely'
import type { ActorAddress, ActorRef, Outcome } from '../contract/actor.ts'
import type { ChannelUpdate } from '../contract/channel.ts'
import type { Clock } from '../contract/clock.ts'
import { newUuid } from '../contract/ids.ts'
import type { Logger } from '../contract/log.ts'
import type { Database } from '../store/database.ts'
import { bytesOf, insertQuarantine } from '../store/intake.ts'
import { createNotifier } from '../store/notify.ts'
import { withRetry } from '../store/retry.ts'
import type { NumberStatus } from '../store/statuses.ts'
import type { Tables } from '../store/tables.ts'
import { createAliasCache } from './alias-cache.ts'
import { createAnswers } from './answers.ts'
import { InboundError } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import { planUpdate } from './plan.ts'
import type { Accounts } from './plan.ts'
import { takeIn } from './take-in.ts'
import type { Arrival, Submission, TakenIn } from './take-in.ts'

/** The database channel on which processes tell each other of new inbox rows. */
export const INBOX_CHANNEL = 'baton_inbox'

/** At 385 messages a second a tenth less CPU of the process and a fifth less of PostgreSQL's, and replies no later in the median
 * (bench/README.md). */
const SPACING_MS = 15

/** Bodies on their way to the quarantine at once: they are rare, and up to some megabytes each. */
const QUARANTINING = 20

export interface ReceiverOptions extends Accounts {
  database: Database
  clock: Clock
  /** Writes delivery statuses; outbound has it. Gives the conversations whose inbox may have got something. */
  applyStatuses(trx: Transaction<Tables>, items: NumberStatus[], now: number): Promise<readonly ActorRef[]>
  log: Logger
  /** `queue`: updates that may wait, in each intake (events, statuses); `batch`: updates a transaction. */
  limits?: { queue?: number; batch?: number }
  /** Told of every batch that was stored, for counting: its intake, how many updates, and the milliseconds it took. */
  onStored?(intake: 'events' | 'statuses', size: number, ms: number): void
}

/** How many updates became what, and the events they became. `overloaded`: nothing was taken; the caller answers 503 and the provider comes back. */
export type Received =
  | { kind: 'stored'; events: number; eventIds: string[]; duplicates: number; statuses: number; recorded: number; quarantined: number }
  | { kind: 'overloaded' }

export interface Receiver {
  /** Throws when the database cannot be reached: nothing may be acknowledged then. */
  receive(channel: string, updates: ChannelUpdate[]): Promise<Received>
  /** Keeps a webhook body that could not be read; gives its id. Throws `overloaded`. */
  quarantine(channel: string, body: Uint8Array, reason: string): Promise<string>
  /** An event for an actor, named by id or by kind and key (made when new). Gives the event's id, or null
   * when `dedupe` was used for this actor before: then nothing is stored. `at` epoch milliseconds, else now. Throws `unknown-actor`, `overloaded`. */
  submit(to: ActorAddress, event: unknown, options?: { dedupe?: string; at?: number }): Promise<string | null>
  /** The same, and waits for the outcome; of a conversation that was merged, that of the one it was merged into. `pending`: not applied
   * in time; it still will be. */
  ask(to: ActorAddress, event: unknown, options: { timeoutMs: number }): Promise<Outcome | { kind: 'pending'; eventId: string }>
  /** Calls back after each commit that put something into the inbox, of these actors. Gives a function that ends it. */
  onInbox(callback: (actors: readonly ActorRef[]) => void): () => void
  /** Something was applied in this process: those who ask look at once. */
  look(): void
  /** Updates that wait or are being written. */
  size(): number
  /** Resolves when all that was taken is stored. */
  close(): Promise<void>
}

type Result = TakenIn | { kind: 'status' } | { kind: 'quarantined' }
interface Item {
  arrival: Arrival
  /** The update as it came, for the quarantine; null for a submission. */
  origin: { channel: string; update: ChannelUpdate } | null
}

export function createReceiver(options: ReceiverOptions): Receiver {
  const { database, clock, log } = options
  const { queue = 10_000, batch = 500 } = options.limits ?? {}
  const cache = createAliasCache(50_000, 300_000)
  const answers = createAnswers(database, log)
  const notifier = createNotifier(database, INBOX_CHANNEL, log)
  let quarantining = 0
  const listeners = new Set<(actors: readonly ActorRef[]) => void>()

  const events = createGroupCommit<Item, Result>({
    limit: queue,
    batch,
    spacingMs: SPACING_MS,
    write: timed('events', (items) => withRetry(() => storeEvents(items.map(({ arrival }) => arrival)))),
    refused: (item, error) => setAside(item.origin, error),
  })
  // Statuses wait for locks on messages; customers' messages must not wait with them.
  const statuses = createGroupCommit<NumberStatus & { channel: string; update: ChannelUpdate }, Result>({
    limit: queue,
    batch,
    spacingMs: SPACING_MS,
    write: timed('statuses', async (items) => {
      const told = await withRetry(() => database.transact((trx) => options.applyStatuses(trx, items, clock.now())))
      if (told.length > 0) announce(told) // a failed send is an event of its conversation
      return items.map(() => ({ kind: 'status' }))
    }),
    refused: (item, error) => setAside(item, error),
  })

  function timed<I, O>(intake: 'events' | 'statuses', write: (items: I[]) => Promise<O[]>): (items: I[]) => Promise<O[]> {
    return async (items) => {
      const started = performance.now()
      const results = await write(items)
      options.onStored?.(intake, items.length, performance.now() - started)
      return results
    }
  }

  async function storeEvents(arrivals: Arrival[]): Promise<TakenIn[]> {
    const { results, learnt, actors } = await database.transact((trx, finish) => takeIn(trx, finish, arrivals, cache, clock.now()))
    for (const [name, actor] of learnt) {
      if (actor === null) cache.delete(name)
      else cache.set(name, actor)
    }
    if (actors.length > 0) announce(actors)
    return results
  }

  function announce(actors: readonly ActorRef[]): void {
    for (const listener of listeners) listener(actors)
    notifier.notify()
  }

  /** R3. A caller of ours gets the error; a provider would only repeat the update for days. */
  async function setAside(origin: Item['origin'], error: unknown): Promise<Result> {
    if (origin === null || error instanceof InboundError) throw error
    const reason = `could not be stored: ${error instanceof Error ? error.message : String(error)}`
    const { channel, update } = origin
    const id = await insertQuarantine(database.db, { source: 'webhook', channel, actor: null, reason, body: bytesOf(update) }, clock.now())
    log.error({ err: error, channel, kind: update.kind, quarantine: id }, 'an update could not be stored and was set aside')
    return { kind: 'quarantined' }
  }

  async function submit(
    to: ActorAddress,
    event: unknown,
    wish: { dedupe?: string; at?: number; wantsReceipt: boolean },
  ): Promise<Submitted> {
    const arrival: Submission = {
      kind: 'submission',
      uuid: newUuid(clock.now()),
      to,
      event,
      dedupe: wish.dedupe ?? null,
      at: wish.at ?? null,
      wantsReceipt: wish.wantsReceipt,
    }
    const [result] = events.add([{ arrival, origin: null }]) ?? []
    if (result === undefined) throw new InboundError('overloaded')
    const taken = await result
    return taken.kind === 'stored' ? (taken.events[0] ?? null) : null
  }

  async function ask(to: ActorAddress, event: unknown, { timeoutMs }: { timeoutMs: number }): ReturnType<Receiver['ask']> {
    const stored = await submit(to, event, { wantsReceipt: true })
    if (stored === null) throw new Error('an event without a dedupe key was taken for a duplicate')
    const outcome = await answers.wait(stored, timeoutMs)
    if (outcome === null) return { kind: 'pending', eventId: stored.id }
    if (outcome.kind !== 'refused' || outcome.mergedInto === undefined) return outcome
    // A name that this process remembers, or an id that a caller has kept, may lead to a conversation that is merged. A conversation is
    // never merged into one that was merged into it, so this ends.
    return ask({ id: outcome.mergedInto }, event, { timeoutMs })
  }

  return {
    async receive(channel, updates) {
      const planned = updates.map((update) => ({ update, plan: planUpdate(update, options) }))
      const forStatuses = planned.flatMap(({ update, plan }) => (plan.kind === 'status' ? [{ ...plan, channel, update }] : []))
      const forEvents = planned.flatMap(({ update, plan }) =>
        plan.kind === 'status' ? [] : [{ arrival: plan, origin: { channel, update } }],
      )
      // R4: room in both intakes, or nothing is taken: the provider repeats the whole webhook.
      if (!events.hasRoom(forEvents.length) || !statuses.hasRoom(forStatuses.length)) return { kind: 'overloaded' }
      const results = await Promise.all([...(events.add(forEvents) ?? []), ...(statuses.add(forStatuses) ?? [])]) // R1
      for (const { plan } of planned)
        if (plan.kind === 'kept' && plan.setAside !== null) log.warn({ channel, reason: plan.setAside }, 'an update was set aside')
      return count(results)
    },
    async quarantine(channel, body, reason) {
      if (quarantining >= QUARANTINING) throw new InboundError('overloaded') // R4
      quarantining += 1
      try {
        return await withRetry(() => insertQuarantine(database.db, { source: 'webhook', channel, actor: null, reason, body }, clock.now()))
      } finally {
        quarantining -= 1
      }
    },
    async submit(to, event, wish = {}) {
      const stored = await submit(to, event, { ...wish, wantsReceipt: false })
      return stored?.id ?? null
    },
    ask,
    onInbox(callback) {
      listeners.add(callback)
      return () => listeners.delete(callback)
    },
    look: () => answers.look(),
    size: () => events.size() + statuses.size(),
    async close() {
      await Promise.all([events.idle(), statuses.idle()])
      await notifier.close()
    },
  }
}

type Submitted = { slot: number; id: string } | null

function count(results: Result[]): Received {
  const eventIds = results.flatMap((result) => (result.kind === 'stored' ? result.events.map(({ id }) => id) : []))
  const received = { kind: 'stored' as const, events: eventIds.length, eventIds, duplicates: 0, statuses: 0, recorded: 0, quarantined: 0 }
  for (const result of results) {
    if (result.kind === 'stored') continue
    if (result.kind === 'duplicate') received.duplicates += 1
    else if (result.kind === 'status') received.statuses += 1
    else if (result.kind === 'recorded') received.recorded += 1
    else received.quarantined += 1
  }
  return received
}
