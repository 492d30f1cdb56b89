import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import fastify from 'fastify'
import t from 'tap'
import { freePort } from '../../src/process/free-port.ts'
import { listen } from '../../src/process/listen.ts'

const HOST = '127.0.0.1'

/** Answers when it is told to. */
async function start(
  port: number,
  closeMs?: number,
): Promise<{ close(): Promise<void>; answer(): void; asked(): number; listens(): boolean }> {
  const app = fastify()
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<string>()
  app.get('/large', async () => Buffer.alloc(32 * 1024 * 1024))
  app.post('/', async () => 'never')
  app.get('/', async (_request, reply) => {
    asked += 1
    reply.header('connection', 'close') // as Baton does while it leaves
    return promise
  })
  const close = await listen(app, { host: HOST, port }, closeMs)
  return { close, answer: () => resolve('here'), asked: () => asked, listens: () => app.server.listening }
}

function ask(port: number): { socket: Socket; answer: Promise<string> } {
  const socket = connect(port, HOST)
  socket.setEncoding('latin1')
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  socket.on('data', (part: string) => (text += part))
  socket.on('end', () => socket.end())
  socket.on('error', () => socket.destroy())
  socket.on('close', () => resolve(text))
  return { socket, answer: promise }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('whoever connects is served, by whichever socket, and nobody is cut off at the end', async (t) => {
  const port = await freePort(HOST)
  const server = await start(port)
  const asking = Array.from({ length: 200 }, () => ask(port))
  await until(() => server.asked() === 200)
  let closed = false
  const closing = server.close().then(() => (closed = true))
  await until(() => !server.listens())
  t.notOk(closed)
  server.answer()
  const answers = await Promise.all(asking.map(({ answer }) => answer))
  t.equal(answers.filter((answer) => answer.startsWith('HTTP/1.1 200') && answer.endsWith('here')).length, 200)
  await closing
  await t.rejects(new Promise((resolve, reject) => connect(port, HOST, () => resolve('served')).on('error', reject)), {
    code: 'ECONNREFUSED',
  })
})

t.test('a port that somebody listens on is refused, also when it is one like this', async (t) => {
  const port = await freePort(HOST)
  const server = await start(port)
  await t.rejects(start(port), { code: 'EADDRINUSE' })
  server.answer()
  t.match(await (await fetch(`http://${HOST}:${port}/`)).text(), 'here')
  await server.close()
  const other = fastify()
  await other.listen({ host: HOST, port: 0 })
  await t.rejects(start((other.server.address() as AddressInfo).port), { code: 'EADDRINUSE' })
  await other.close()
})

t.test('who does not end a request, or does not read the answer, keeps nobody from closing', async (t) => {
  const port = await freePort(HOST)
  const server = await start(port, 100)
  const clients = await Promise.all([
    sends(port, `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n0123456789`),
    sends(port, `GET / HTTP/1.1\r\nHo`),
    sends(port, ''),
    sends(port, `GET /large HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
  ])
  t.teardown(() => clients.forEach((client) => client.destroy()))
  const ends = clients.map((client) => new Promise((resolve) => client.once('close', resolve)))
  // What they sent has arrived when a later request has.
  ask(port)
  await until(() => server.asked() === 1)
  server.answer()
  await server.close()
  clients.forEach((client) => client.resume())
  await Promise.all(ends)
})

/** Somebody who sends this much, and reads nothing. */
function sends(port: number, text: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, HOST, () => socket.write(text, () => resolve(socket)))
    socket.on('error', () => socket.destroy())
    socket.pause()
  })
}
