// Two conversations that turn out to be one person's, over a real database and over HTTP.
import { createHmac } from 'node:crypto'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { APP_SECRET, client, started, until } from './running.ts'

const PHONE = '15557770009'
const USER = 'US.10000000000000000009'
let messages = 0

/** A text of somebody who shows one of their names, or both, as WhatsApp signs it. */
async function say(url: string, who: { from?: string; from_user_id?: string }, text: string): Promise<void> {
  const message = {
    ...who,
    id: `wamid.${(messages += 1)}`,
    timestamp: String(Math.floor(Date.now() / 1_000)),
    type: 'text',
    text: { body: text },
  }
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '1', phone_number_id: '100000000000001' },
    messages: [message],
  }
  const entry = [{ id: '200000000000001', changes: [{ field: 'messages', value }] }]
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry })
  const signature = `sha256=${createHmac('sha256', APP_SECRET).update(body).digest('hex')}`
  const { status } = await fetch(`${url}/webhooks/whatsapp`, { method: 'POST', headers: { 'x-hub-signature-256': signature }, body })
  if (status !== 200) throw new Error(`a webhook was answered ${status}`)
}

await t.test(
  'what one conversation knew goes along, its session leaves the agent, and what is asked of it is asked of the other',
  async (t) => {
    const { address } = await testDatabase(t)
    const baton = await started(t, { database: address })
    const call = client(baton)
    const asAgent = client(baton, { 'baton-agent': 'ana' })
    await asAgent('PUT', '/api/v1/agents/me/presence', { status: 'online' })

    /** Waits until service has the person's conversation, and gives it to Ana. */
    async function accepted(name: string): Promise<string> {
      const found = await until(
        () => call('GET', `/api/v1/conversations?contact=${name}&owner=service`),
        ({ body }) => body.items.length === 1,
      )
      const id = String(found.body.items[0]?.['id'])
      const { body } = await until(
        () => asAgent('GET', '/api/v1/offers'),
        ({ body: { items } }) => items.some(({ conversationId }) => conversationId === id),
      )
      const offer = body.items.find(({ conversationId }) => conversationId === id)
      t.equal((await asAgent('POST', `/api/v1/offers/${String(offer?.['id'])}/accept`)).status, 200)
      return id
    }
    const held = async () => ((await call('GET', '/api/v1/agents')).body.items[0] as { capacity: { used: number } }).capacity.used
    const conversation = (id: string) => call('GET', `/api/v1/conversations/${id}`)

    await say(baton.url, { from_user_id: USER }, 'I need help with an order')
    const winner = await accepted(USER)
    await say(baton.url, { from: PHONE }, 'stop')
    await say(baton.url, { from: PHONE }, 'I need help with the same order')
    const loser = await accepted(PHONE)
    await until(held, (used) => used === 2)
    await say(baton.url, { from: PHONE, from_user_id: USER }, 'it is me')

    const { body: known } = await until(
      () => conversation(winner),
      ({ body }) => (body['consent'] as { marketing: string }).marketing === 'out',
    )
    t.match(known, { owner: 'service', contact: { phone: PHONE, userId: USER }, consent: { proof: { source: 'message', text: 'stop' } } })
    t.match((await conversation(loser)).body, { mergedInto: winner, owner: 'none', participant: null, serviceSession: { status: 'ended' } })
    await until(held, (used) => used === 1)
    t.equal((await call('GET', '/api/v1/conversations?owner=service')).body.items.length, 1, 'one owner is listed')

    const content = { kind: 'template', name: 'spring_offer', language: 'en', variables: { first_name: 'Kim' } }
    for (const path of [`/api/v1/conversations/${loser}/messages`, `/api/v1/conversations/${winner}/messages`])
      t.match(await call('POST', path, { content, purpose: 'marketing' }), { status: 409, body: { code: 'opted-out' } })
    const sent = await asAgent('POST', `/api/v1/conversations/${loser}/messages`, { text: 'Which order is it?' })
    t.match(sent, { status: 202, body: { conversationId: winner, text: 'Which order is it?' } })
    t.match(await asAgent('POST', `/api/v1/conversations/${loser}/service-session/end`), {
      status: 200,
      body: { id: winner, owner: 'none' },
    })
    await until(held, (used) => used === 0)
  },
)
