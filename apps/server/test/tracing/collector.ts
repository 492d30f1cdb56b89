// An OTLP/HTTP collector: takes JSON and keeps every span.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface CollectedSpan {
  service: string
  /** Which process made it. */
  instance: string
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  status: { code?: number; message?: string }
  attributes: Record<string, unknown>
  links: { traceId: string; spanId: string }[]
}

type Attributes = { key: string; value: Record<string, unknown> }[]
type Exported = {
  resourceSpans: {
    resource: { attributes: Attributes }
    scopeSpans: { spans: (Omit<CollectedSpan, 'attributes' | 'links'> & { attributes: Attributes; links?: CollectedSpan['links'] })[] }[]
  }[]
}

export interface Collector {
  url: string
  spans: CollectedSpan[]
  /** All that came, as it came. */
  bodies: string[]
}

export async function collector(t: { teardown(end: () => unknown): void }): Promise<Collector> {
  const spans: CollectedSpan[] = []
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void take(request, response)
  })
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    bodies.push(body)
    for (const { resource, scopeSpans } of (JSON.parse(body) as Exported).resourceSpans) {
      const { 'service.name': service, 'service.instance.id': instance } = plain(resource.attributes)
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const whose = { service: String(service), instance: String(instance) }
        spans.push({ ...span, ...whose, attributes: plain(span.attributes), links: span.links ?? [] })
      }
    }
    response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, bodies }
}

function plain(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
