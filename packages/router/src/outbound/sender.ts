// Owns the way out: claims due outbox rows with a lease, carries them out, records what came of them.
// R1 one conversation's messages leave in the order they were decided: only the oldest unfinished row of a kind and lane is claimed.
// R2 a row is `sending`, committed, before its call: a crash leaves `maybe-sent`, never a silent repeat.
// R3 marketing that may have been sent is never repeated; anything else is repeated after the statuses had their chance.
// R4 a lease outlives its call's time-out, and every record is fenced by the lease's token.
// R5 bulk never takes the last slots or tokens of interactive messages, nor the other way round.
// R6 a halted or waiting number sends nothing; messages whose time is over are told to the conversation, not sent.
// R7 what a turn recalled (an opt-out, a block) is not sent, whoever had claimed it; only a call under way cannot be called back.
import { performance } from 'node:perf_hooks'
import type { Clock } from '../contract/clock.ts'
import { createPulse } from '../contract/pulse.ts'
import type { Logger } from '../contract/log.ts'
import type { Lane } from '../contract/message.ts'
import type { Database } from '../store/database.ts'
import { listen, OUTBOX_CHANNEL } from '../store/notify.ts'
import { claimExpired, claimForProvider, claimInternal, expireLeases, markedIn, markSending, releaseRows } from '../store/outbox.ts'
import type { ByLane, OutboxKind, OutboxRow } from '../store/outbox.ts'
import { withRetry } from '../store/retry.ts'
import { reserveSends } from '../store/send-rate.ts'
import { findUnparkable, takeParked } from '../store/statuses.ts'
import type { Transact } from '../store/transaction.ts'
import type { SendBatch } from '../store/turns.ts'
import { attemptOf, deliver, settledAs } from './deliver.ts'
import type { Delivered, Outside } from './deliver.ts'
import { createDirectSend } from './direct-send.ts'
import { createLimiter, TAKEN } from './limiter.ts'
import type { Taken } from './limiter.ts'
import { afterGrace, graceOf, isExpired, whenOver } from './outcome.ts'
import type { NextStep, Slow } from './outcome.ts'
import { aboutOf } from './payload.ts'
import type { CallPayload, MessagePayload } from './payload.ts'
import { SENDER_LIMITS } from './sender-limits.ts'
import type { SenderLimits } from './sender-limits.ts'
import { createSettler } from './settler.ts'
import { createSlots } from './slots.ts'
import { applyStatuses } from './statuses.ts'
import type { NumbersWith } from './stops.ts'

/** One row done with, for whoever counts or traces. `ms` from the start of its call to its record. `outcome`: `accepted` · `later` · `failed` ·
 * `uncertain` · `abandoned` · `halted` · `answered` · `submitted` · `skipped`, or `stale` and `lost` when it could not be recorded. */
export interface SettledInfo {
  kind: OutboxKind
  actorId: string
  numberId: string | null
  /** The message it sent, or the call it made: ids of the event that led to it. */
  about: string | null
  purpose: OutboxRow['purpose']
  /** How often it had been tried before. */
  tries: number
  outcome: string
  ms: number
  lane: Lane
}

export interface SenderDeps extends Outside {
  database: Database
  clock: Clock
  log: Logger
  limits?: Partial<SenderLimits>
  /** Those of its account. Else none is of the same account as another. */
  numbersWith?: NumbersWith
  onSettled?(info: SettledInfo): void
  /** Rows were added to the inbox: wake the worker. */
  onInbox?(): void
}

export interface Sender {
  start(): void
  /** Claims no more, waits for the calls under way and records them. */
  stop(): Promise<void>
  /** There may be rows to send. */
  wake(): void
  /** For the worker of this process: gives the sends of one transaction to this sender, before they are stored. */
  openSendBatch(): SendBatch
  /** One round by hand: sweep, claim, carry out, record. Gives back how many rows were claimed. */
  runOnce(): Promise<number>
  /** Milliseconds since the last round; null when it is not started. */
  pulse(): number | null
}

const SWEEP_BATCH = 500
/** A pause between looks when a number only waits for tokens, ms. */
const TOKEN_MS = 15
const AFTER_ERROR_MS = 1_000

/** `place`: gives the row's slot back. `claimed`: it was looked for, and more may be found. */
interface Tracked {
  place(): void
  claimed: boolean
}

export function createSender(deps: SenderDeps): Sender {
  const limits: SenderLimits = { ...SENDER_LIMITS, ...deps.limits }
  const { db, transact: transactOnce } = deps.database
  const { clock, log, numbersWith = (numberId) => [numberId] } = deps
  const perSecond = limits.perSecond
  const limiter = createLimiter({
    perSecond: typeof perSecond === 'number' ? () => perSecond : perSecond,
    pair: limits.pair,
    reserve: (numberId, tokens, rate) => reserveSends(db, numberId, tokens, rate, clock.now()),
    onError(numberId, error) {
      if (!stopping) log.error({ err: error, numberId }, 'the rate of a number could not be asked for; it sends nothing')
    },
  })
  const slots = createSlots(limits.concurrency, limits.internalConcurrency)
  const transact: Transact = (work) => withRetry(() => transactOnce(work))
  const settler = createSettler({ clock, log, transact, patienceMs: limits.leaseMs, numbersWith, onInbox: () => deps.onInbox?.() })
  const delivery = { ...deps, limits }
  const directSend = createDirectSend({
    clock,
    admit: (row) => (canLeave(row, clock.now()) ? slots.take(row) : null),
    leaseUntil,
    carry(row, until, place) {
      if (isCovered(row, until)) void track(row, deliver(row, delivery), { place, claimed: false })
      else place()
    },
    stays(row, place) {
      giveBack(row)
      place()
    },
    left: wake,
  })
  const underWay = new Set<Promise<void>>()
  const pulse = createPulse()
  /** Numbers seen lately, so that a claim asks for no more than their buckets hold. */
  const numbers = new Set<string>()
  let running: Promise<void> | null = null
  let listening: { close(): Promise<void> } | null = null
  let stopping = false
  let woken = false
  /** The last look for messages whose time is over found as many as it takes. */
  let moreExpired = false
  let sleeper: (() => void) | null = null

  /** One claim of everything that is due and fits. */
  async function round(): Promise<number> {
    const now = clock.now()
    await limiter.stockUp(numbers, now)
    const free = slots.free()
    const claims: (() => Promise<OutboxRow[]>)[] = []
    if (free.interactive + free.bulk > 0) {
      const share = (lane: Lane) => Math.ceil(free[lane] / Math.max(1, numbers.size))
      const quotaOf = (id: string, lane: Lane) => Math.min(limiter.quota(id, lane, now), share(lane))
      const quotas: Record<string, ByLane> = {}
      for (const id of numbers) quotas[id] = { interactive: quotaOf(id, 'interactive'), bulk: quotaOf(id, 'bulk') }
      const other = Math.max(share('interactive'), share('bulk'))
      claims.push(() => claimForProvider(db, { now, leaseMs: limits.leaseMs, limit: free, quotas, other }))
    }
    for (const kind of ['command', 'call'] as const)
      if (free[kind] > 0) claims.push(() => claimInternal(db, { kind, now, leaseMs: limits.leaseMs, limit: free[kind] }))
    const rows = (await Promise.all(claims.map((claim) => withRetry(claim)))).flat()
    await dispatch(rows)
    return rows.length
  }

  /** Claimed rows: out, or back, or given up. */
  async function dispatch(rows: OutboxRow[]): Promise<void> {
    const now = clock.now()
    const out: OutboxRow[] = []
    const back: (OutboxRow & { availableAt: number })[] = []
    for (const row of rows) if (row.numberId !== null) numbers.add(row.numberId)
    await limiter.stockUp(numbers, now)
    for (const row of rows) {
      const over = withoutCall(row, now)
      if (over !== null) {
        void trackEnded(row, over)
        continue
      }
      const reserved = isOver(row, now) ? { kind: 'later' as const, at: now } : reserve(row, now)
      if (reserved.kind === 'later') back.push({ ...row, availableAt: reserved.at })
      else out.push(row)
    }
    if (back.length > 0) await transact((_trx, finish) => finish(releaseRows(back)))
    if (out.length === 0) return
    const leased = out.map((row) => ({ ...row, leaseUntil: leaseUntil(row) }))
    const ours = markedIn(await transact((_trx, finish) => finish(markSending(leased))))
    const covered = new Set(leased.filter((row) => isCovered(row, row.leaseUntil)).map((row) => row.id))
    for (const row of out) {
      if (ours.has(row.id) && covered.has(row.id)) void track(row, deliver(row, delivery))
      else giveBack(row)
    }
  }

  /** How a message ends that must not go out: it may have been sent and is not to be repeated, or it was recalled. That one is over too, but
   * by the clock of whoever recalled it, which may be ahead of ours. */
  function withoutCall(row: OutboxRow, now: number): NextStep | null {
    if (row.kind !== 'message') return null
    if (row.uncertain) return afterGrace({ ...attemptOf(row, now), tries: row.tries }, limits) === 'abandon' ? { kind: 'abandoned' } : null
    const { recalled } = row.payload as MessagePayload
    return recalled === undefined ? null : whenOver(recalled) // R7
  }

  /** Its time is up: the sweep says what becomes of it. */
  function isOver(row: OutboxRow, now: number): boolean {
    return row.kind === 'message' && isExpired(attemptOf(row, now))
  }

  /** Takes what the row needs to leave now: a token of its number and the turn of its conversation. */
  function reserve(row: OutboxRow, now: number): Taken {
    if (row.kind !== 'message' || row.numberId === null) return TAKEN
    const token = limiter.take(row.numberId, row.lane, now)
    if (token.kind === 'later') return token
    const turn = limiter.takePair(row.actorId, now)
    if (turn.kind === 'later') limiter.giveBack(row.numberId, row.lane, now)
    return turn
  }

  /** It does not leave after all: what was reserved for it is for others. */
  function giveBack(row: OutboxRow): void {
    if (row.kind !== 'message' || row.numberId === null) return
    limiter.giveBack(row.numberId, row.lane, clock.now())
    limiter.giveBackPair(row.actorId)
  }

  /** May a new row go out at once? Takes its token and turn if so. */
  function canLeave(row: OutboxRow, now: number): boolean {
    if (stopping || running === null || !slots.has(row)) return false
    if (row.numberId !== null) numbers.add(row.numberId)
    return !isOver(row, now) && reserve(row, now).kind === 'taken'
  }

  /** R4 */
  function leaseUntil(row: OutboxRow): number {
    return clock.now() + timeoutOf(row) + limits.leaseMs
  }

  /** A process that slept between the commit and here (a pause of the machine) may have lost its lease by now: what the lease no
   * longer covers is not sent, and is settled like every other send of which nobody knows. */
  function isCovered(row: OutboxRow, until: number): boolean {
    return clock.now() + timeoutOf(row) < until
  }

  function timeoutOf(row: OutboxRow): number {
    return row.kind === 'call' ? (row.payload as CallPayload).timeoutMs : limits.sendTimeoutMs
  }

  function track(row: OutboxRow, delivered: Promise<Delivered>, how: Tracked = { place: slots.take(row), claimed: true }): Promise<void> {
    const following = follow(row, delivered, how)
    underWay.add(following)
    void following.finally(() => underWay.delete(following))
    return following
  }

  /** A message that ends without a call. */
  function trackEnded(row: OutboxRow, step: NextStep): Promise<void> {
    return track(row, Promise.resolve(settledAs(row, step, deps)), { place() {}, claimed: true })
  }

  /** Follows a row to its record. */
  async function follow(row: OutboxRow, delivered: Promise<Delivered>, { place, claimed }: Tracked): Promise<void> {
    const started = performance.now()
    try {
      const { settlement, outcome, step } = await delivered
      if (step?.kind === 'later' && step.slow !== null) slowDown(row, step.slow)
      const settled = await settler.settle(settlement)
      const ms = performance.now() - started
      const { kind, actorId, numberId, purpose, tries, lane } = row
      deps.onSettled?.({
        kind,
        actorId,
        numberId,
        about: aboutOf(row),
        purpose,
        tries,
        lane,
        ms,
        outcome: settled === 'settled' ? outcome : settled,
      })
    } catch (error) {
      log.error({ err: error, outboxId: row.id }, 'a sent row could not be followed to its end')
    } finally {
      place()
      const awaited = directSend.wasAwaited(row)
      if (claimed || awaited) wake()
    }
  }

  function slowDown(row: OutboxRow, slow: Slow): void {
    if (slow.scope === 'pair') limiter.refusePair(row.actorId, slow.until)
    else if (row.numberId !== null) limiter.slowDown(row.numberId, clock.now())
  }

  /** What no claim finds: senders that died, messages whose time is over, statuses parked while their message became known. */
  async function sweep(): Promise<void> {
    const now = clock.now()
    const graces = { service: 0, utility: 0, authentication: 0, marketing: 0 }
    for (const purpose of Object.keys(graces) as (keyof typeof graces)[]) graces[purpose] = graceOf(purpose, limits)
    const dead = await transact((trx) => expireLeases(trx, now, graces))
    if (dead > 0) log.warn({ rows: dead }, 'sends of a sender that died or lost its lease were taken over')
    await failExpired()
    await transact(async (trx) => {
      const known = await findUnparkable(trx, SWEEP_BATCH)
      if (known.length > 0) await applyStatuses(trx, await takeParked(trx, known), now, numbersWith)
    })
    numbers.clear()
    directSend.forgetOld()
  }

  /** R6. One batch; the next one after a round, so that nobody waits for a backlog that is over. */
  async function failExpired(): Promise<void> {
    const claim = { now: clock.now(), leaseMs: limits.leaseMs, limit: SWEEP_BATCH }
    const { rows, found } = await withRetry(() => claimExpired(db, claim))
    moreExpired = found === SWEEP_BATCH
    await Promise.all(rows.map((row) => trackEnded(row, whenOver((row.payload as MessagePayload).recalled)))) // R7
  }

  async function loop(): Promise<void> {
    const { beat, end } = pulse.begin()
    let sweptAt = -Infinity
    while (!stopping) {
      beat()
      try {
        woken = false
        if (performance.now() - sweptAt >= limits.sweepMs) {
          sweptAt = performance.now()
          await sweep()
        } else if (moreExpired) await failExpired()
        const claimed = await round()
        if (claimed === 0 && !moreExpired) await sleep(waitsForTokens() ? TOKEN_MS : limits.pollMs)
      } catch (error) {
        log.error({ err: error }, 'the outbox could not be read')
        await sleep(AFTER_ERROR_MS)
      }
    }
    end()
  }

  function waitsForTokens(): boolean {
    const now = clock.now()
    return [...numbers].some((id) => limiter.quota(id, 'interactive', now) === 0 || limiter.quota(id, 'bulk', now) === 0)
  }

  async function sleep(ms: number): Promise<void> {
    if (woken || stopping) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      sleeper = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    sleeper = null
  }

  function wake(): void {
    woken = true
    sleeper?.()
  }

  async function drain(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay)
    await settler.idle()
  }

  return {
    start() {
      stopping = false
      listening ??= listen(deps.database, OUTBOX_CHANNEL, wake, log)
      running ??= loop()
    },
    async stop() {
      stopping = true
      wake()
      await Promise.all([running, listening?.close()])
      running = null
      listening = null
      await drain()
    },
    wake,
    openSendBatch: () => directSend.openSendBatch(),
    pulse: pulse.age,
    async runOnce() {
      await sweep()
      const claimed = await round()
      await drain()
      return claimed
    },
  }
}
