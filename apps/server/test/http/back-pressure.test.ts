// A database that takes nothing: webhooks are refused before what waits in this process grows without bound, and nothing is lost.
import { createHmac } from 'node:crypto'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import { started, until } from './running.ts'

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
      const signature = `sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`
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
