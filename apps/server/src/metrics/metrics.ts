// Owns the figures of this process, in a registry of its own. R1: no label holds a contact, a text or an id of a conversation.
import type { ChannelUpdate } from '@baton/router'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  webhook(channel: string, result: string, ms: number): void
  /** What the webhooks said, told twice or not. */
  updates(channel: string, updates: readonly ChannelUpdate[]): void
  request(route: string, method: string, status: number, ms: number): void
  /** Turns committed by the worker. */
  turns(committed: readonly CommittedFigures[]): void
  settled(event: { kind: string; outcome: string; ms: number; lane: number }): void
  streams(open: number): void
  /** The text Prometheus reads, with the figures that are asked for at that moment. */
  expose(): Promise<{ contentType: string; body: string }>
}

export interface CommittedFigures {
  kind: string
  rule: string | null
  alarms: readonly string[]
  blockedKeyword: boolean
}

export interface Gauges {
  /** Rows that wait, by table. */
  waiting?(): Promise<{ inbox: number; outbox: number }>
  /** Configured numbers that send nothing until somebody releases them. */
  haltedNumbers?(): Promise<number>
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(gauges: Gauges = {}): Metrics {
  const registers = [new Registry()]
  const registry = registers[0] as Registry
  collectDefaultMetrics({ register: registry, prefix: 'baton_' })
  const webhooks = new Histogram({
    name: 'baton_webhook_seconds',
    help: 'Time from a webhook to its acknowledgement',
    labelNames: ['channel', 'result'],
    buckets: SECONDS,
    registers,
  })
  const updates = new Counter({
    name: 'baton_webhook_updates_total',
    help: 'What webhooks said, by kind; `kept`: nothing acts on it, `unknown`: it could not be read and is kept',
    labelNames: ['channel', 'kind'],
    registers,
  })
  const requests = new Histogram({
    name: 'baton_http_request_seconds',
    help: 'Time of HTTP requests by route',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  })
  const turns = new Counter({
    name: 'baton_turns_total',
    help: 'Events applied, by the rule that decided them',
    labelNames: ['kind', 'rule'],
    registers,
  })
  const blockedKeywords = new Counter({
    name: 'baton_blocked_keywords_total',
    help: 'Reserved keywords that an open service session kept from their journey',
    registers,
  })
  const alarms = new Counter({ name: 'baton_alarms_total', help: 'Alarms raised', labelNames: ['code'], registers })
  const settled = new Histogram({
    name: 'baton_send_seconds',
    help: 'Time of sends and calls, by outcome',
    labelNames: ['kind', 'outcome', 'lane'],
    buckets: SECONDS,
    registers,
  })
  const streams = new Gauge({ name: 'baton_event_streams', help: 'Open event streams', registers })
  const waiting = new Gauge({ name: 'baton_waiting_rows', help: 'Rows that wait to be worked', labelNames: ['table'], registers })
  const database = new Gauge({
    name: 'baton_database_up',
    help: 'Whether the database answered when the figures were asked for',
    registers,
  })
  const halted = new Gauge({
    name: 'baton_halted_numbers',
    help: 'Configured numbers that send nothing until they are released',
    registers,
  })

  return {
    webhook: (channel, result, ms) => webhooks.observe({ channel, result }, ms / 1_000),
    updates(channel, said) {
      for (const update of said) updates.inc({ channel, kind: update.kind === 'kept' && !update.known ? 'unknown' : update.kind })
    },
    request: (route, method, status, ms) => requests.observe({ route, method, status: String(status) }, ms / 1_000),
    turns(committed) {
      for (const turn of committed) {
        turns.inc({ kind: turn.kind, rule: turn.rule ?? 'none' })
        if (turn.blockedKeyword) blockedKeywords.inc()
        for (const code of turn.alarms) alarms.inc({ code })
      }
    },
    settled: ({ kind, outcome, ms, lane }) => settled.observe({ kind, outcome, lane: String(lane) }, ms / 1_000),
    streams: (open) => streams.set(open),
    async expose() {
      // A lost database is when the figures of the process are wanted most: they come without what only it knows.
      const [rows, numbers] = await Promise.allSettled([gauges.waiting?.(), gauges.haltedNumbers?.()])
      database.set(rows.status === 'fulfilled' && numbers.status === 'fulfilled' ? 1 : 0)
      if (numbers.status === 'fulfilled' && numbers.value !== undefined) halted.set(numbers.value)
      if (rows.status === 'fulfilled' && rows.value !== undefined) {
        waiting.set({ table: 'inbox' }, rows.value.inbox)
        waiting.set({ table: 'outbox' }, rows.value.outbox)
      }
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
