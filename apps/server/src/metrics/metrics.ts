// Owns the figures of this process, in a registry of its own. R1: no label holds a contact, a text or an id of a conversation.
// R2: what an alert counts is there at 0 before it happens: Prometheus sees no increase in what begins at 1.
import type { ChannelUpdate, Lane } from '@baton/router'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { ALARMS } from '../alarms.ts'
import { createGauges } from './gauges.ts'
import type { Sources } from './gauges.ts'

export interface Metrics {
  /** Whom to ask for the figures that are asked for when they are read; without it there are none of these. */
  ask(whom: Partial<Sources>): void
  /** Webhooks of this channel may come from now on. */
  expect(channel: string): void
  webhook(channel: string, result: string, ms: number): void
  /** What the webhooks said, told twice or not. */
  updates(channel: string, updates: readonly ChannelUpdate[]): void
  request(route: string, method: string, status: number, ms: number): void
  /** One event was stepped. */
  stepped(kind: string, ms: number): void
  /** One batch of updates was stored. */
  stored(intake: string, size: number, ms: number): void
  /** Turns committed by the worker in one transaction. */
  turns(committed: readonly CommittedFigures[]): void
  settled(event: { kind: string; outcome: string; ms: number; lane: Lane }): void
  streams(open: number): void
  /** What there is to read, whether there is a figure yet or not. */
  describe(): Promise<{ name: string; help: string; type: string; labels: string[] }[]>
  /** The text Prometheus reads, with the figures that are asked for at that moment. */
  expose(): Promise<{ contentType: string; body: string }>
}

export interface CommittedFigures {
  kind: string
  rule: string | null
  alarms: readonly string[]
  blockedKeyword: boolean
  /** What was said of service levels. */
  serviceLevels: readonly { queue: string; objective: string; event: 'warned' | 'missed' }[]
}

const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500]
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(): Metrics {
  const sources: Partial<Sources> = {}
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
  const serviceLevels = new Counter({
    name: 'baton_service_level_events_total',
    help: 'Customers whom a queue nearly failed to serve in time (`warned`), or failed (`missed`), by objective: `wait` or `response`',
    labelNames: ['queue', 'objective', 'event'],
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
  const stepping = new Counter({ name: 'baton_step_seconds_total', help: 'Time spent in the pure step', labelNames: ['kind'], registers })
  const batches = new Histogram({ name: 'baton_turn_batch_events', help: 'Events applied in one transaction', buckets: SIZES, registers })
  const intakeSeconds = new Histogram({
    name: 'baton_intake_seconds',
    help: 'Time to store one batch of updates; intake `events` or `statuses`',
    labelNames: ['intake'],
    buckets: SECONDS,
    registers,
  })
  const intakeBatches = new Histogram({
    name: 'baton_intake_batch_updates',
    help: 'Updates stored in one transaction; intake `events` or `statuses`',
    labelNames: ['intake'],
    buckets: SIZES,
    registers,
  })
  const readGauges = createGauges(registers, sources)
  // R2
  for (const code of Object.keys(ALARMS)) alarms.inc({ code }, 0)
  for (const lane of ['interactive', 'bulk']) {
    for (const kind of ['message', 'call', 'command', 'read']) settled.zero({ kind, outcome: 'lost', lane })
    settled.zero({ kind: 'message', outcome: 'abandoned', lane })
  }

  return {
    ask: (whom) => void Object.assign(sources, whom),
    expect(channel) {
      updates.inc({ channel, kind: 'unknown' }, 0)
      for (const result of ['overloaded', 'late', 'failed']) webhooks.zero({ channel, result })
    },
    webhook: (channel, result, ms) => webhooks.observe({ channel, result }, ms / 1_000),
    updates(channel, said) {
      for (const update of said) updates.inc({ channel, kind: update.kind === 'kept' && !update.known ? 'unknown' : update.kind })
    },
    request: (route, method, status, ms) => requests.observe({ route, method, status: String(status) }, ms / 1_000),
    stepped: (kind, ms) => stepping.inc({ kind }, ms / 1_000),
    stored(intake, size, ms) {
      intakeSeconds.observe({ intake }, ms / 1_000)
      intakeBatches.observe({ intake }, size)
    },
    turns(committed) {
      batches.observe(committed.length)
      for (const turn of committed) {
        turns.inc({ kind: turn.kind, rule: turn.rule ?? 'none' })
        if (turn.blockedKeyword) blockedKeywords.inc()
        for (const each of turn.serviceLevels) serviceLevels.inc(each)
        for (const code of turn.alarms) alarms.inc({ code })
      }
    },
    settled: ({ kind, outcome, ms, lane }) => settled.observe({ kind, outcome, lane }, ms / 1_000),
    streams: (open) => streams.set(open),
    async describe() {
      const known = await registry.getMetricsAsJSON()
      return known.map(({ name, help, type }) => {
        const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] }
        return { name, help, type: String(type), labels: labelNames }
      })
    },
    async expose() {
      await readGauges()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
