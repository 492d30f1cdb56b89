// Webhooks are refused before what waits in this process grows without bound: updates while the database takes nothing, and bodies that
// nobody has vouched for yet. Nothing is lost.
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import { appOf, fakeParts } from './fake-parts.ts'
import { APP_SECRET, started, until } from './running.ts'

const UPDATES = 1_000

function webhook(round: number): string {
  const messages = Array.from({ length: UPDATES }, (_, n) => ({
    from: '15557770001',
    id: `wamid.${round}-${n}`,
    timestamp: String(Math.floor(Date.now() / 1_000)),
    type: 'text',
    text: { body: 'hi' },
  }))
  const value = { messaging_product: 'whatsapp', metadata: { display_phone_number: '1', phone_number_id: '100000000000001' }, messages }
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '200000000000001', changes: [{ field: 'messages', value }] }],
  })
}

await t.test(
  'over the limit webhooks are answered 503 with Retry-After; what was taken is stored, what was refused may come again',
  async (t) => {
    const { address, db } = await testDatabase(t)
    const { url } = await started(t, { database: address, roles: ['web'] })
    const post = (body: string) => {
      const signature = `sha256=${createHmac('sha256', APP_SECRET).update(body).digest('hex')}`
      return fetch(`${url}/webhooks/whatsapp`, { method: 'POST', headers: { 'x-hub-signature-256': signature }, body })
    }
    const waiting = async () => Number(/^baton_intake_waiting (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1])
    const answers: Promise<Response>[] = []
    const refused: number[] = []
    await db.transaction().execute(async (trx) => {
      await sql`lock table seen in access exclusive mode`.execute(trx)
      for (let round = 0; round < 14; round += 1) {
        const answer = post(webhook(round))
        answers.push(answer)
        const settled = answer.then((response) => ({ status: response.status, after: response.headers.get('retry-after') }))
        const taken = until(waiting, (count) => count >= Math.min(10, round + 1) * UPDATES).then(() => null)
        // Taken: it waits. The ten thousand are full: it is answered at once.
        const first = round < 10 ? await Promise.race([taken, settled]) : await settled
        if (first === null) continue
        t.strictSame(first, { status: 503, after: '2' }, `webhook ${round}`)
        refused.push(round)
      }
      t.strictSame(refused, [10, 11, 12, 13])
      t.equal(await waiting(), 10 * UPDATES, 'no more waits than the limit')
    })
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    t.strictSame(statuses, [...Array.from({ length: 10 }, () => 200), 503, 503, 503, 503])
    const again = await Promise.all(refused.map((round) => post(webhook(round))))
    t.ok(again.every(({ status }) => status === 200))
    const { rows } = await sql<{ stored: number }>`select count(*)::integer as stored from inbox`.execute(db)
    t.equal(rows[0]?.stored, 14 * UPDATES)
  },
)

const MB = 1024 * 1024

await t.test(
  'bodies that are only half there have a bound; small webhooks go on all the same, and large ones when there is room again',
  async (t) => {
    const parts = fakeParts()
    parts.deps.bodyBytes = 4 * (MB - 64 * 1024) // four bodies of one megabyte
    const app = await appOf(t, parts)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    /** All but the last byte of a body of so many. */
    const halfSent = (
      size: number,
      path = '/webhooks/whatsapp',
      signature: Record<string, string> = { 'x-hub-signature-256': `signed ${size}` },
    ) => {
      const sending = request(url + path, { method: 'POST', headers: { ...signature, 'content-length': String(size) } })
      sending.on('error', () => sending.destroy())
      t.teardown(() => sending.destroy())
      sending.write('{'.padEnd(size - 1))
      return { sending, answer: once(sending, 'response').then(([answer]) => seen(answer as IncomingMessage)) }
    }
    const post = async (text: string) => {
      const sending = request(`${url}/webhooks/whatsapp`, { method: 'POST', headers: { 'x-hub-signature-256': `signed ${text.length}` } })
      sending.end(text)
      return seen(((await once(sending, 'response')) as [IncomingMessage])[0])
    }
    const full = { status: 503, after: '2' }

    // How much of one has been taken in cannot be seen from outside: as many are sent as cannot all have room.
    const half = Array.from({ length: 6 }, () => halfSent(MB))
    for (let refused = 0; refused < 2; refused += 1) {
      t.strictSame(await Promise.race(half.map(({ answer }) => answer)), full)
      half.splice(await indexOfAnswered(half), 1)
    }
    t.strictSame(await halfSent(MB).answer, full, 'one more')
    t.strictSame(
      await halfSent(200 * 1024, '/webhooks/bots/faq', { 'x-baton-signature': 'signed' }).answer,
      full,
      'those of bots count too',
    )
    t.match(await post('{}'), { status: 200 })
    t.match(await post('{'.padEnd(60_000)), { status: 200 })
    t.equal(half.length, 4)
    half[0]?.sending.end(' ')
    t.match(await half[0]?.answer, { status: 200 }, 'what there was room for is taken')
    half[1]?.sending.destroy()
    await until(
      () => post('{'.padEnd(MB)),
      ({ status }) => status === 200,
    )
  },
)

function seen(answer: IncomingMessage): { status: number | undefined; after: string | undefined } {
  answer.resume()
  return { status: answer.statusCode, after: answer.headers['retry-after'] }
}

async function indexOfAnswered(all: { sending: ClientRequest; answer: Promise<unknown> }[]): Promise<number> {
  return Promise.race(all.map(({ answer }, n) => answer.then(() => n)))
}
