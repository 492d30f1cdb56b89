// What the agent connects to, with name servers that lie.
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { lookup } from 'node:dns'
import t from 'tap'
import { createGuardedAgent } from '../../src/outbound/guarded-agent.ts'
import type { GuardOptions } from '../../src/outbound/guarded-agent.ts'
import { exchangeHttp } from '../../src/outbound/http-exchange.ts'

const heard: string[] = []
const server = createServer((request, response) => {
  heard.push(`${request.headers.host} ${request.url}`)
  if (request.url === '/away') response.writeHead(302, { location: '/secret' }).end()
  else if (request.url === '/large') response.end('x'.repeat(2_000))
  else if (request.url !== '/silent') response.end('ok')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})

/** A name server that answers each question with the next of these; the last one again and again. */
function answering(...answers: string[][]): { lookup: typeof lookup; asked: string[] } {
  const asked: string[] = []
  const answer = (hostname: string, _options: unknown, callback: (error: null, found: object[]) => void): void => {
    const found = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? []
    callback(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { lookup: answer as unknown as typeof lookup, asked }
}

async function call(url: string, options: Partial<GuardOptions> = {}, timeoutMs = 5_000) {
  const dispatcher = createGuardedAgent({ allows: () => false, ...options })
  const bounds = { timeout: AbortSignal.timeout(timeoutMs), signal: new AbortController().signal, dispatcher, maxAnswerBytes: 1_000 }
  try {
    return await exchangeHttp({ url, method: 'GET', headers: {} }, bounds)
  } finally {
    await dispatcher.destroy()
  }
}
const here = (address: string): boolean => address === '127.0.0.1'

await t.test('an address that is not public is not called, however it is written', async (t) => {
  heard.length = 0
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433', '0x7f.1', '127.1', 'localhost'])
    t.match(await call(`http://${host}:${port}/`), { kind: 'failed', reason: 'address-refused' }, host)
  t.match(await call('http://169.254.169.254/latest/meta-data/'), {
    reason: 'address-refused',
    detail: /169\.254\.169\.254 is a link-local/,
  })
  t.same(heard, [])
})

await t.test('a name that leads to a private address is not called, even if it leads to a public one too', async (t) => {
  heard.length = 0
  for (const found of [['10.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:7f00:1']])
    t.match(await call(`http://shop.example:${port}/`, answering(found)), { reason: 'address-refused' }, found.join())
  t.same(heard, [])
})

await t.test('the connection goes to the address that was looked at: the name is asked for once', async (t) => {
  heard.length = 0
  // The second answer is what a rebinding name server would give to whoever asks again.
  const { lookup, asked } = answering(['127.0.0.1'], ['10.0.0.1'])
  t.match(await call(`http://shop.example:${port}/`, { lookup, allows: here }), { kind: 'answered', status: 200, text: 'ok' })
  t.same(asked, ['shop.example'])
  t.same(heard, [`shop.example:${port} /`])
})

await t.test('a redirect is an answer and is not followed', async (t) => {
  heard.length = 0
  t.match(await call(`http://127.0.0.1:${port}/away`, { allows: here }), { kind: 'answered', status: 302 })
  t.same(heard, [`127.0.0.1:${port} /away`])
})

await t.test('an answer is bounded in size and in time', async (t) => {
  t.match(await call(`http://127.0.0.1:${port}/large`, { allows: here }), { kind: 'failed', reason: 'too-large' })
  t.match(await call(`http://127.0.0.1:${port}/silent`, { allows: here }, 50), { kind: 'failed', reason: 'timeout' })
})

await t.test('it speaks HTTP/1.1 only: over HTTP/2 the agent would repeat what a server turns away', async (t) => {
  const greeting = Promise.withResolvers<Buffer>()
  const tls = createTcpServer((socket) => {
    socket.once('data', (bytes) => {
      greeting.resolve(bytes)
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  t.teardown(() => tls.close())
  await call(`https://127.0.0.1:${(tls.address() as AddressInfo).port}/`, { allows: () => true })
  const hello = await greeting.promise
  t.ok(hello.includes('\x08http/1.1'), 'a name is preceded by its length')
  t.notOk(hello.includes('\x02h2'))
})
