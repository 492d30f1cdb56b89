// A small real HTTP server in the place of a provider. It owns one listening port on 127.0.0.1 until `close`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

export interface ProviderRequest {
  method: string
  /** Path and query. */
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** What the server does with a request: answers, breaks the connection, or never answers. */
export type ProviderAnswer = { status: number; body: string | Uint8Array; headers?: Record<string, string> } | 'drop' | 'silence'

export interface Provider {
  url: string
  /** Every request, in order of arrival. */
  requests: ProviderRequest[]
  /** Resolves when the first request has arrived that will get no answer. */
  silent: Promise<void>
  close(): Promise<void>
}

/** Starts the server; `answer` decides for each request. */
export async function startProvider(answer: (request: ProviderRequest) => ProviderAnswer): Promise<Provider> {
  const requests: ProviderRequest[] = []
  const { promise: silent, resolve: tellSilent } = Promise.withResolvers<void>()
  const server = createServer((incoming, response) => void serve(incoming, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    silent,
    async close() {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = incoming
    const request = { method, path: url, headers, body: Buffer.concat(chunks) }
    requests.push(request)
    const found = answer(request)
    if (found === 'silence') return tellSilent()
    if (found === 'drop') return void incoming.socket.destroy()
    response.writeHead(found.status, found.headers).end(found.body)
  }
}
