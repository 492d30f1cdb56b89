// Owns the provider's side: the emulator, and the delivery of its statuses. Customers' messages are not delivered from here:
// customers.ts does that, in order.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmulator } from '@baton/adapters/emulator'
import type { Emulator } from '@baton/adapters/emulator'
import { BUSINESS_ACCOUNT, NUMBERS, SECRETS } from './configuration.ts'
import type { Posted } from './post.ts'

export interface Provider {
  emulator: Emulator
  port: number
  /** Statuses are refused until released; the provider repeats them. */
  holdStatuses(): void
  releaseStatuses(): void
  close(): Promise<void>
}

/** `deliver`: takes a signed webhook to a process. */
export async function createProvider(deliver: (body: Uint8Array, signature: string) => Promise<Posted>): Promise<Provider> {
  let holding = false
  const forwarder = createServer((request, response) => {
    const answer = (status: number, text = ''): void => void response.writeHead(status).end(text)
    if (request.method === 'GET') return answer(200, new URL(request.url ?? '', 'http://forwarder').searchParams.get('hub.challenge') ?? '')
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const signature = String(request.headers['x-hub-signature-256'])
      if (holding) answer(503)
      else void deliver(Buffer.concat(chunks), signature).then((posted) => answer(posted === 'stored' ? 200 : 503))
    })
  })
  await new Promise<void>((resolve) => forwarder.listen(0, '127.0.0.1', resolve))

  const emulator = createEmulator({
    numbers: NUMBERS.map(({ phoneNumberId, displayNumber }) => ({
      phoneNumberId,
      displayNumber,
      businessAccountId: BUSINESS_ACCOUNT,
      accessToken: SECRETS.accessToken,
      messagesPerSecond: 10_000,
    })),
    appSecret: SECRETS.appSecret,
    verifyToken: SECRETS.verifyToken,
    webhookUrl: `http://127.0.0.1:${(forwarder.address() as AddressInfo).port}`,
    delays: { sent: 20, delivered: 60, read: 100 },
    // Statuses in any order, as Meta sends them.
    webhooks: { concurrency: 4, timeoutMs: 30_000, retryAfterMs: Array.from({ length: 2_000 }, () => 150) },
    keep: { requests: 1_000_000, webhooks: 100, events: 100, customers: 100_000 },
    faults: [{ kind: 'drop-webhook', times: 0, match: { when: ({ status }) => status === undefined } }],
  })
  const url = new URL(await emulator.listen({ host: '127.0.0.1', port: 0 }))
  return {
    emulator,
    port: Number(url.port),
    holdStatuses() {
      holding = true
    },
    releaseStatuses() {
      holding = false
    },
    async close() {
      await emulator.close()
      forwarder.closeAllConnections()
      await new Promise((resolve) => forwarder.close(resolve))
    },
  }
}
