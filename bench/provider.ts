// A process: the provider. A Graph API that answers a send after 20 ms and remembers when it came and under which callback data;
// when asked to, it reports three statuses of each message, each a webhook of its own.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerCalls } from './child.ts'
import { micros } from './clock.ts'
import { createPoster } from './poster.ts'
import type { Poster } from './poster.ts'
import { sign, statusWebhook } from './webhook.ts'

/** Statuses of what is sent from now on; null: none. */
export type Reporting = { url: string; secret: string } | null

/** What came since the last call: one entry a send, one a status. */
export interface Received {
  sends: { digits: string; callbackData: string; at: number }[]
  statuses: { due: Float64Array; answered: Float64Array; refused: number }
}

const ANSWER_MS = 20
/** A telephone that is on, and a person who looks at it soon. */
const STATUSES = [
  { status: 'sent', after: 30 },
  { status: 'delivered', after: 250 },
  { status: 'read', after: 1_000 },
] as const

let sends: Received['sends'] = []
let statuses: { due: number; answered: number; status: number }[] = []
let underWay = 0
let reporting: { poster: Poster; secret: string } | null = null
let known = 0

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  // What else is asked of a Graph API (templates, media) is not here.
  request.on('end', () => (request.method === 'POST' ? take(request, Buffer.concat(chunks), response) : response.writeHead(404).end('{}')))
})
server.keepAliveTimeout = 60_000

function take(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const at = micros()
  const message = JSON.parse(body.toString()) as { to?: string; biz_opaque_callback_data?: string }
  const id = `wamid.out.${process.pid}.${(known += 1)}`
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"messaging_product":"whatsapp","messages":[{"id":"${id}"}]}`)
  }, ANSWER_MS)
  const { to, biz_opaque_callback_data: callbackData } = message
  if (to === undefined || callbackData === undefined) return // a read receipt
  const digits = to.replace('+', '')
  sends.push({ digits, callbackData, at })
  const phoneNumberId = request.url?.split('/')[2] ?? ''
  if (reporting !== null) for (const { status, after } of STATUSES) report({ phoneNumberId, digits, id, callbackData, status }, after)
}

function report(about: Omit<Parameters<typeof statusWebhook>[0], 'seconds'>, after: number): void {
  underWay += 1
  const due = micros() + (ANSWER_MS + after) * 1_000
  setTimeout(() => {
    if (reporting === null) return
    const body = statusWebhook({ ...about, seconds: Math.floor(Date.now() / 1_000) })
    reporting.poster.post(body, sign(body, reporting.secret), (status) => {
      statuses.push({ due, answered: micros(), status })
      underWay -= 1
    })
  }, ANSWER_MS + after)
}

if (process.send !== undefined) {
  answerCalls({
    listen: () => new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))),
    report(to: Reporting) {
      reporting = to === null ? null : { poster: createPoster(to.url), secret: to.secret }
    },
    /** How many sends have come since the last `collect`, and how many statuses are still to be answered. */
    count: () => ({ sends: sends.length, underWay }),
    collect(): Received {
      const taken = { sends, statuses }
      sends = []
      statuses = []
      return {
        sends: taken.sends,
        statuses: {
          due: Float64Array.from(taken.statuses, ({ due }) => due),
          answered: Float64Array.from(taken.statuses, ({ answered }) => answered),
          refused: taken.statuses.filter(({ status }) => status !== 200).length,
        },
      }
    },
  })
}
