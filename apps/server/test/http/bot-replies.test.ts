import t from 'tap'
import { appOf, CONVERSATION, fakeParts } from './fake-parts.ts'

const post = (body: object | null, { bot = 'faq', signature = 'signed' } = {}) => ({
  method: 'POST' as const,
  url: `/webhooks/bots/${bot}`,
  payload: body === null ? '' : JSON.stringify(body),
  headers: { 'content-type': 'application/json', 'x-baton-signature': signature },
})
const REPLY = { conversationId: CONVERSATION, sessionId: 'se_1', callId: 'ca_1', messages: ['Here you are.'] }

await t.test('a signed reply is told to its conversation, and the bot learns whether it was in time', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  t.equal((await app.inject(post(REPLY))).statusCode, 200)
  t.match(parts.asked, [
    {
      to: { id: CONVERSATION },
      event: { side: 'service', name: 'bot.posted', data: { sessionId: 'se_1', callId: 'ca_1' }, by: { kind: 'bot', id: 'faq' } },
    },
  ])
  parts.next.outcome = { kind: 'refused', code: 'turn-over', message: 'too late' }
  const late = await app.inject(post(REPLY))
  t.match([late.statusCode, late.json()], [409, { code: 'turn-over' }])
})

await t.test('what is not signed by the bot it is posted for is refused, and told to nobody', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  for (const request of [
    post(REPLY, { signature: 'forged' }),
    post(REPLY, { bot: 'other' }),
    { method: 'POST' as const, url: '/webhooks/bots/faq' },
  ]) {
    const answer = await app.inject(request)
    t.match([answer.statusCode, answer.json()], [401, { code: 'bot-signature-invalid' }])
  }
  t.same(parts.asked, [])
})

await t.test('what has another shape, or names no conversation, is refused', async (t) => {
  const app = await appOf(t, fakeParts())
  const empty = await app.inject(post(null))
  t.match([empty.statusCode, empty.json()], [400, { code: 'request-invalid', detail: 'nothing' }])
  const nowhere = await app.inject(post({ ...REPLY, conversationId: 'here' }))
  t.match([nowhere.statusCode, nowhere.json()], [404, { code: 'conversation-not-found' }])
})
