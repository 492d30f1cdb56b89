import { get } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { createAuthenticator } from '../../src/auth/authenticate.ts'
import { appOf, as, fakeParts } from './fake-parts.ts'
import type { FakeParts } from './fake-parts.ts'

const ADDRESS = '/api/v1/conversations'

/** Takes one request at once. `leave`: a caller who is gone, also for the server. */
async function narrow(t: { teardown(end: () => unknown): void }, parts: FakeParts) {
  parts.deps.requestsAtOnce = 1
  const app = await appOf(t, parts)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => void sockets.push(socket))
  return {
    port: Number(new URL(url).port),
    call() {
      const request = get(url + ADDRESS, { headers: as('look-key'), agent: false })
      request.on('error', () => {}) // it leaves
      return request
    },
    async leave(client: { destroy(): unknown }) {
      const socket = sockets.at(-1) as Socket
      const gone = new Promise((resolve) => socket.once('close', resolve))
      client.destroy()
      await gone
    },
    status: async () => (await app.inject({ url: ADDRESS, headers: as('look-key') })).statusCode,
  }
}

await t.test('a caller who leaves while the key is looked up takes no place', async (t) => {
  const parts = fakeParts()
  const looking = Promise.withResolvers<void>()
  const found = Promise.withResolvers<void>()
  const { auth } = parts.deps
  parts.deps.authenticator = createAuthenticator({
    auth: {
      async findKey(key) {
        looking.resolve()
        await found.promise
        return auth.findKey(key)
      },
    },
    isAgent: () => true,
  })
  let listed = 0
  const { reads } = parts.deps
  const list = reads.listConversations.bind(reads)
  reads.listConversations = (query) => {
    listed += 1
    return list(query)
  }
  const server = await narrow(t, parts)
  const client = server.call()
  await looking.promise
  await server.leave(client)
  found.resolve()
  t.equal(await server.status(), 200)
  t.equal(listed, 1, 'and nothing is read for nobody')
})

await t.test('a caller who leaves gives up the place when what was begun for it has ended', async (t) => {
  const parts = fakeParts()
  const { begun, finish } = held(parts)
  const server = await narrow(t, parts)
  const client = server.call()
  await begun
  await server.leave(client)
  t.equal(await server.status(), 503)
  finish()
  while ((await server.status()) !== 200) await new Promise(setImmediate)
})

await t.test('requests that wait behind another of their connection give up their places when it breaks', async (t) => {
  const parts = fakeParts()
  const { begun, finish } = held(parts)
  const ready = Promise.withResolvers<[]>()
  parts.deps.readiness = () => ready.promise
  const server = await narrow(t, parts)
  const client = connect(server.port, '127.0.0.1')
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer look-key\r\n\r\n`
  client.write(request('/readyz') + request(ADDRESS))
  await begun
  finish()
  await server.leave(client)
  ready.resolve([])
  while ((await server.status()) !== 200) await new Promise(setImmediate)
})

await t.test('many requests of one connection at once are nothing to be warned of', async (t) => {
  const warnings: string[] = []
  const warn = ({ message }: Error) => void warnings.push(message)
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const client = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.setEncoding('latin1').write(`GET ${ADDRESS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer look-key\r\n\r\n`.repeat(14))
  let answers = ''
  for await (const part of client) {
    answers += String(part)
    if (answers.split('HTTP/1.1 200').length === 15) break
  }
  t.strictSame(warnings, [])
})

/** The next listing ends when it is told to. */
function held(parts: FakeParts): { begun: Promise<void>; finish: () => void } {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const { reads } = parts.deps
  const list = reads.listConversations.bind(reads)
  reads.listConversations = async (query) => {
    begun.resolve()
    await end.promise
    return list(query)
  }
  return { begun: begun.promise, finish: end.resolve }
}
