// Owns the OpenTelemetry SDK of this process: set up by the standard variables (OTEL_…), loaded only when somebody wants traces, as it
// is large. R1: the spans of a family are one trace, whoever makes them: the family is the trace's id, its root has the span id that
// follows from it. R2: whether a trace is sampled follows from its id too, so all processes agree. R3: a collector that is away costs
// nothing but its spans: they are bounded, and the process ends without it.
import { setTimeout as pause } from 'node:timers/promises'
import { context, diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import type { HrTime, SpanContext, Tracer } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { Logger } from 'pino'
import type { FamilySpan } from './tracing.ts'

export interface Telemetry {
  record(span: FamilySpan): void
  /** Sends what is left, for a while. */
  close(): Promise<void>
}

const NAME = 'baton'
const CLOSE_MS = 5_000
/** Between two complaints about the same collector. */
const QUIET_MS = 60_000

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL }

export function startTelemetry(env: Record<string, string | undefined>, log: Pick<Logger, 'warn'>): Telemetry {
  const ids = createIds()
  const sdk = new NodeSDK({
    idGenerator: ids,
    metricReaders: [],
    logRecordProcessors: [],
    ...(isNamed(env) ? {} : { serviceName: NAME }),
  })
  complainTo(log)
  sdk.start()
  const tracer = trace.getTracer(NAME)
  // The tracer is ours alone: libraries that look for a global one would add spans of their own, which hold what they please.
  trace.disable()
  context.disable()

  return {
    record(span) {
      ids.next(span.family, rootOf(span.family)) // R1
      if (!isSampled(tracer)) return
      const parent = span.isRoot ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(span.family))
      ids.next(span.family, span.isRoot ? rootOf(span.family) : null)
      const links = span.links.map((family) => ({ context: contextOf(family) }))
      const { name, kind, attributes } = span
      const made = tracer.startSpan(name, { kind: KINDS[kind], attributes, links, startTime: hrTime(span.start) }, parent)
      if (span.failure !== null) made.setStatus({ code: SpanStatusCode.ERROR, message: span.failure })
      made.end(hrTime(span.end))
    },
    async close() {
      const late = new AbortController()
      const closed = sdk.shutdown().catch((error: unknown) => log.warn({ err: error }, 'the last traces could not be sent'))
      await Promise.race([closed, pause(CLOSE_MS, undefined, { signal: late.signal }).catch(() => undefined)]) // R3
      late.abort()
    },
  }
}

/** R2: a root that is begun only to ask, and never ended, is never sent. */
function isSampled(tracer: Tracer): boolean {
  return (tracer.startSpan('', {}, ROOT_CONTEXT).spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
}

/** Gives the next span the ids it is to have; a span without a name of its own gets a random one. */
function createIds() {
  let traceId = ''
  let spanId: string | null = null
  return {
    next(family: string, span: string | null): void {
      traceId = family
      spanId = span
    },
    generateTraceId: () => traceId,
    generateSpanId: () => spanId ?? randomSpanId(),
  }
}

function randomSpanId(): string {
  const digits = () => Math.floor(Math.random() * 0x1_0000_0000)
  return (digits() || 1).toString(16).padStart(8, '0') + digits().toString(16).padStart(8, '0')
}

function rootOf(family: string): string {
  return family.slice(16)
}

/** The root of a family, as those see it who did not make it. */
function contextOf(family: string): SpanContext {
  return { traceId: family, spanId: rootOf(family), traceFlags: TraceFlags.SAMPLED, isRemote: true }
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1_000_000)]
}

function isNamed(env: Record<string, string | undefined>): boolean {
  return (env['OTEL_SERVICE_NAME'] ?? '') !== '' || /(?:^|,)\s*service\.name=/.test(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '')
}

/** What the SDK has to say goes to our log; of a collector that is away it says something with every batch. */
function complainTo(log: Pick<Logger, 'warn'>): void {
  let quietUntil = -Infinity
  const complain = (message: string): void => {
    if (performance.now() < quietUntil) return
    quietUntil = performance.now() + QUIET_MS
    log.warn({ reason: message }, 'traces may be missing')
  }
  const nothing = (): void => undefined
  const logger = { error: complain, warn: complain, info: nothing, debug: nothing, verbose: nothing }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
