// A mailing by the API, over a real database: whose it is, and who waits for it.
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { client, started } from './running.ts'

const CUSTOMER = '15557770021'
const NEWS = { number: 'main', to: CUSTOMER, purpose: 'utility', content: { kind: 'template', name: 'outage', language: 'en' } }

await t.test('what the API sends for a campaign is the campaign’s and leaves in bulk, also what is no marketing', async (t) => {
  const { address, db } = await testDatabase(t)
  // Without a sender, so that what is to be sent stays to be seen.
  const baton = await started(t, { database: address, roles: ['web', 'worker'] })
  const call = client(baton)
  const sent = await call('POST', '/api/v1/messages', { ...NEWS, campaign: 'outage-2026-11' })
  t.match(sent, {
    status: 202,
    body: { author: { kind: 'campaign', id: 'outage-2026-11' }, purpose: 'utility', session: { kind: 'marketing' } },
  })
  t.match(await call('POST', '/api/v1/messages', NEWS), { status: 202, body: { author: { kind: 'api' }, session: { kind: 'utility' } } })
  const rows = await db.selectFrom('outbox').select(['lane', 'purpose']).where('kind', '=', 'message').orderBy('id').execute()
  t.strictSame(rows, [
    { lane: 1, purpose: 'utility' },
    { lane: 0, purpose: 'utility' },
  ])
  const url = `/api/v1/conversations/${String(sent.body['conversationId'])}/decisions`
  const asked = (await call('GET', url)).body.items.map(({ inputs }) => (inputs as { asked?: unknown }).asked)
  t.match(asked, [undefined, { campaign: 'outage-2026-11', by: { kind: 'api' } }], 'which key it was is kept')
})

await t.test('a campaign is no agent’s, and no answer in a conversation', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address, roles: ['web', 'worker'] })
  const asAgent = client(baton, { 'baton-agent': 'ana' })
  t.match(await asAgent('POST', '/api/v1/messages', { ...NEWS, campaign: 'x' }), { status: 403, body: { code: 'permission-missing' } })
  const call = client(baton)
  const { body } = await call('POST', '/api/v1/messages', NEWS)
  const url = `/api/v1/conversations/${String(body['conversationId'])}/messages`
  t.match(await call('POST', url, { text: 'hi', campaign: 'x' }), { status: 400, body: { code: 'request-invalid' } })
})
