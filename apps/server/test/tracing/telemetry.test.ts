// The SDK of this process. What it reads of the environment is read when it is set up; the order of these tests matters.
import { registerHooks } from 'node:module'
import { familyOf, formatId, newUuid } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import type { FamilySpan } from '../../src/tracing/tracing.ts'
import { collector } from './collector.ts'

const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})
const sdk = () => loaded.filter((url) => /@opentelemetry\/(?:sdk|exporter|otlp)/.test(url))

function span(family: string, more: Partial<FamilySpan> = {}): FamilySpan {
  const start = 1_700_000_000_000.25
  const plain = { isRoot: false, kind: 'internal', attributes: {}, failure: null, links: [] } as const
  return { ...plain, links: [], name: 'turn', family, start, end: start + 10, ...more }
}

await t.test('a Baton that nobody wants traces of does not load the SDK', async (t) => {
  const { started } = await import('../http/running.ts')
  await import('../../src/cli/start.ts')
  await started(t, { database: (await testDatabase(t)).address })
  t.same(sdk(), [])
  await import('../../src/tracing/telemetry.ts')
  t.ok(sdk().length > 10, 'and it is this that would have been seen')
})

await t.test(
  'the spans of a family are one trace under one root; of a share of families all spans are sent, and of the others none',
  async (t) => {
    const { url, spans } = await collector(t)
    Object.assign(process.env, {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
      OTEL_SERVICE_NAME: 'my-baton',
    })
    const { startTelemetry } = await import('../../src/tracing/telemetry.ts')
    const telemetry = startTelemetry(process.env, { warn: (...said: unknown[]) => t.fail(JSON.stringify(said)) })
    const families = Array.from({ length: 200 }, (_, index) => familyOf(formatId('ev', 7, newUuid(Date.now() + index))))
    for (const [index, family] of families.entries()) {
      telemetry.record(span(family)) // a child may be known before its root
      telemetry.record(span(family, { isRoot: true, name: 'message.received', links: [families[0] as string] }))
      telemetry.record(span(family, { kind: 'client', name: 'send', failure: 'failed', attributes: { 'baton.try': index } }))
    }
    await telemetry.close()

    const traces = Map.groupBy(spans, ({ traceId }) => traceId)
    t.ok(traces.size > 50 && traces.size < 150, `${traces.size} of 200`)
    t.equal(spans.length, traces.size * 3)
    t.same(
      [...traces.keys()].filter((trace) => !families.includes(trace)),
      [],
    )
    const orphans = spans.filter(({ traceId, spanId, parentSpanId = spanId }) => parentSpanId !== traces.get(traceId)?.[1]?.spanId)
    t.same(orphans, [], 'each is the root of its trace or under it')
    const [child, root, send] = [...traces.values()][0] ?? []
    t.match(root, { name: 'message.received', links: [{ traceId: families[0] }], service: 'my-baton' })
    t.match(child, { name: 'turn', startTimeUnixNano: '1700000000000250000', endTimeUnixNano: '1700000000010250000' })
    t.match(send, { name: 'send', kind: 3, status: { code: 2, message: 'failed' } })
  },
)

await t.test('a collector that is away costs its spans, and is complained of once', async (t) => {
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_TIMEOUT: '200',
    OTEL_TRACES_SAMPLER: 'always_on',
  })
  const said: string[] = []
  const { startTelemetry } = await import('../../src/tracing/telemetry.ts')
  const telemetry = startTelemetry(process.env, { warn: (_fields: unknown, message = '') => said.push(message) })
  for (let count = 0; count < 2_000; count += 1) telemetry.record(span(familyOf(formatId('ev', 7, newUuid(Date.now())))))
  await telemetry.close()
  t.equal(said.filter((message) => message === 'traces may be missing').length, 1)
})
