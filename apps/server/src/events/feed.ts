// Owns what this process has told the followers of its event stream. R1: one reader per process, and none while nobody
// follows. R2: a change is told at least once, and once only on a connection that does not break. R3: an event's position is one
// up to which everything was sent, so that a connection resumed there misses nothing. R4: all memories are bounded.
import type { Clock, Logger } from '@baton/router'
import type { AgentDesk } from '../deps.ts'
import { offerView } from '../http/offer-schema.ts'
import type { Reads } from '../store/reads.ts'
import { earlier, later, OVERLAP_MS } from './changes.ts'
import type { Change, Changes, Position } from './changes.ts'
import { createBoardWatch } from './board-watch.ts'
import { createOfferWatch } from './offer-watch.ts'
import { createWorkWatch } from './work-watch.ts'
import { eventsOf } from './stream-event.ts'
import type { StreamEvent } from './stream-event.ts'

/** An event on its way to a follower. `key` is the same whenever the same change is told again. */
export interface Delivery extends Omit<StreamEvent, 'data'> {
  key: string
  /** JSON, made once for all followers. */
  json: string
  position: Position
}

export interface Follower {
  /** Hears of what concerns this agent only; `all`: of every agent; null: of none. */
  agentId: string | null
  /** Hears of how all agents and queues stand as well. */
  supervises: boolean
  /** A routing engine: hears of what is for it, and of nothing else. */
  routes: boolean
  deliver(deliveries: Delivery[]): void
}

export interface Feed {
  /** Follows from `from` (after a broken connection) or from now on. Answers how to stop. */
  follow(follower: Follower, from: Position | null): Promise<() => void>
  close(): void
}

export interface FeedOptions {
  changes: Changes
  reads: Pick<Reads, 'getGroup'>
  agents: AgentDesk
  clock: Clock
  log: Logger
  /** Between a hint and the look at the tables. */
  pauseMs?: number
  /** Looks without a hint, while somebody follows. */
  sweepMs?: number
  /** How many changes are replayed at most to a follower that resumes; with more it is told to load anew. A change is at most two events:
   * what is replayed must fit into what may wait for a follower (http/events.ts), or it would be let go again and again. */
  maxReplay?: number
}

const MOST_SEEN = 50_000

export function createFeed(options: FeedOptions): Feed {
  const { changes, reads, agents, clock, log, pauseMs = 100, sweepMs = 1_000, maxReplay = 2_000 } = options
  const followers = new Set<Follower>()
  const seen = new Set<string>()
  const offers = createOfferWatch(agents)
  const board = createBoardWatch(agents)
  const work = createWorkWatch(agents, clock)
  let position: Position = { turnMs: 0, messageUs: 0 }
  let started: Promise<void> | null = null
  let stopHints: (() => void) | null = null
  let timer: NodeJS.Timeout | null = null
  let reading = false
  let hinted = false

  /** All followers share one start; the next one may try again when it has failed. */
  async function begun(): Promise<void> {
    const own = (started ??= start())
    try {
      await own
    } catch (error) {
      if (started === own) started = null
      throw error
    }
  }

  async function start(): Promise<void> {
    const now = await changes.position()
    await loadGroup()
    // What was written shortly before is history for those who start now.
    for (const change of (await readAll(earlier(now, OVERLAP_MS), seen)).changes) mark(change)
    position = now
    if (followers.size === 0) return
    stopHints ??= changes.onHint(hint)
    schedule(sweepMs)
  }

  async function loadGroup(): Promise<void> {
    const state = await reads.getGroup()
    offers.take(state)
    board.take(state)
    work.take(state)
  }

  function stop(): void {
    stopHints?.()
    stopHints = null
    if (timer !== null) clearTimeout(timer)
    timer = null
    started = null
    seen.clear()
  }

  function hint(): void {
    if (hinted) return
    hinted = true
    schedule(pauseMs)
  }

  function schedule(ms: number): void {
    if (reading || followers.size === 0) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => void look(), ms)
    timer.unref()
  }

  async function look(): Promise<void> {
    timer = null
    reading = true
    hinted = false
    try {
      const [before, run] = [position, started]
      const found = await readAll(earlier(before, OVERLAP_MS), seen)
      // Everybody left meanwhile, and others came: what they know is newer.
      if (started !== run) return
      position = later(position, found.reached)
      for (const change of found.changes) mark(change)
      const deliveries = toDeliveries(found.changes, before, position)
      for (const follower of followers) follower.deliver(deliveries.filter((one) => concerns(one, follower)))
    } catch (error) {
      // The position has not moved: the next look tells what this one could not read.
      log.warn({ err: error }, 'the event stream could not read the changes and tries again')
    } finally {
      reading = false
      schedule(hinted ? pauseMs : sweepMs)
    }
  }

  async function readAll(from: Position, known: ReadonlySet<string>, limit = Number.POSITIVE_INFINITY) {
    const all = new Map<string, Change>()
    let reached = from
    for (;;) {
      const page = await changes.read(reached, (key) => !known.has(key) && !all.has(key), from.turnMs)
      for (const change of page.changes) all.set(change.key, change)
      reached = later(reached, page.reached)
      if (!page.more || all.size > limit) return { changes: [...all.values()], reached, complete: !page.more && all.size <= limit }
    }
  }

  function mark(change: Change): void {
    seen.add(change.key)
    if (seen.size > MOST_SEEN) seen.delete(seen.values().next().value as string) // R4
  }

  /** R3: only the last of a batch bears the position that the batch reached. */
  function toDeliveries(found: readonly Change[], before: Position, after: Position): Delivery[] {
    const all = found.flatMap((change) => {
      const events = change.kind === 'group' ? groupEvents(change) : eventsOf(change, clock.now())
      return events.map((event) => toDelivery(event, `${change.key} ${event.event}`, before))
    })
    const last = all.at(-1)
    if (last !== undefined) last.position = after
    return all
  }

  function groupEvents({ state }: Extract<Change, { kind: 'group' }>): StreamEvent[] {
    return [...offers.compare(state), ...board.compare(state), ...work.compare(state)]
  }

  async function replay(follower: Follower, from: Position): Promise<Set<string>> {
    const found = await readAll(earlier(from, OVERLAP_MS), new Set(), maxReplay)
    if (!found.complete) {
      const data = { reason: 'too much has changed since: load anew' }
      follower.deliver([toDelivery({ event: 'stream.reset', data }, 'reset', position)])
      return new Set()
    }
    // Of the routing group only the present is known, and `….current` has told it.
    const past = found.changes.filter((change) => change.kind !== 'group')
    const deliveries = toDeliveries(past, from, later(from, found.reached)).filter((one) => concerns(one, follower))
    follower.deliver(deliveries)
    return new Set(deliveries.map(({ key }) => key))
  }

  return {
    async follow(follower, from) {
      let told = new Set<string>()
      let waiting: Delivery[] | null = []
      const gate: Follower = {
        agentId: follower.agentId,
        supervises: follower.supervises,
        routes: follower.routes,
        deliver(deliveries) {
          if (waiting !== null) return void waiting.push(...deliveries) // the past is told first
          const fresh = deliveries.filter(({ key }) => !told.has(key)) // R2
          if (fresh.length > 0) follower.deliver(fresh)
        },
      }
      followers.add(gate)
      const leave = () => {
        followers.delete(gate)
        if (followers.size === 0) stop()
      }
      try {
        await begun()
        follower.deliver(present(follower, from ?? position))
        if (from !== null && !follower.routes) told = await replay(follower, from)
        const held = waiting
        waiting = null
        gate.deliver(held)
        return leave
      } catch (error) {
        leave()
        throw error
      }
    },
    close() {
      followers.clear()
      stop()
    },
  }

  /** What a follower cannot know of the time before it came. */
  function present({ agentId, supervises, routes }: Follower, at: Position): Delivery[] {
    const current = (event: StreamEvent['event'], items: unknown[]) => toDelivery({ event, data: { items } }, event, at)
    if (routes) return [current('work-items.current', work.current()), current('agents.current', board.agents('all'))]
    const standing = supervises ? board.agents('all') : agentId === null ? null : board.agents(agentId)
    return [
      ...(agentId === null ? [] : [current('offers.current', offers.open(agentId).map(offerView))]),
      ...(standing === null ? [] : [current('agents.current', standing)]),
      ...(supervises ? [current('queues.current', board.queues())] : []),
    ]
  }
}

function toDelivery({ data, ...event }: StreamEvent, key: string, position: Position): Delivery {
  return { ...event, key, json: JSON.stringify(data), position }
}

function concerns({ agentId, supervision, routing }: Omit<StreamEvent, 'event' | 'data'>, follower: Follower): boolean {
  if (follower.routes) return routing !== undefined
  if (routing === 'only') return false
  if (supervision === true && follower.supervises) return true
  if (agentId === undefined) return supervision !== true
  return follower.agentId === 'all' || agentId === follower.agentId
}
