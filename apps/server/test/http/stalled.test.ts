import { once } from 'node:events'
import { Agent, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { appOf, as, fakeParts } from './fake-parts.ts'

await t.test('a request that stops arriving is given up; an open stream and a connection between two requests are not', async (t) => {
  const parts = fakeParts()
  parts.deps.requestMs = 60
  const app = await appOf(t, parts)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const kept = await asked(`${url}/healthz`, agent)

  const stream = get(`${url}/api/v1/events`, { headers: as('look-key') })
  t.teardown(() => stream.destroy())
  const [events] = (await once(stream, 'response')) as [IncomingMessage]
  let streamEnded = false
  events.once('close', () => (streamEnded = true))
  events.resume()

  const { port } = new URL(url)
  const stalled = await Promise.all(
    [
      'POST /webhooks/whatsapp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n0123456789',
      'POST /webhooks/whatsapp HTTP/1.1\r\nHo',
    ].map((text) => answerTo(Number(port), text)),
  )
  for (const answer of stalled) t.match(answer, /^HTTP\/1\.1 408 /)
  t.notOk(streamEnded)
  t.equal(await asked(`${url}/healthz`, agent), kept, 'the next request comes by the same connection')
})

/** Everything that is answered to what was sent, until the connection is closed. */
async function answerTo(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.setEncoding('latin1')
  let answer = ''
  socket.on('data', (part: string) => (answer += part))
  socket.write(text)
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

/** Asks, and gives the socket that was used. */
async function asked(url: string, agent: Agent): Promise<Socket> {
  const request = get(url, { agent })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const { socket } = response
  response.resume()
  await once(response, 'end')
  return socket
}
