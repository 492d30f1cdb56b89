import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { readPosted } from '@baton/omni'
import { botOf, NOW, SECRET } from './fake-bot.ts'

const bot = botOf({ url: 'http://127.0.0.1:9/turn', secret: 'env:FAQ', replyWithin: '10m' })
const REPLY = { conversationId: 'cv_1', sessionId: 'se_1', callId: 'ca_1', messages: ['Hi'], handOff: true }
const read = (body: string, { secret = SECRET, at = NOW, signed = body } = {}) => {
  const v1 = createHmac('sha256', secret).update(`${at}.${signed}`).digest('hex')
  return readPosted({ body, signature: `t=${at},v1=${v1}` }, { bot, secret: SECRET, now: NOW })
}

void test('a reply posted later is the answer it would have been, with the turn it is for', async (t) => {
  t.same(read(JSON.stringify(REPLY)), {
    kind: 'read',
    posted: {
      conversationId: 'cv_1',
      data: { botId: 'faq', sessionId: 'se_1', callId: 'ca_1', messages: [{ kind: 'text', text: 'Hi' }], handOff: {} },
    },
  })
})

void test('only what the bot itself signed, over these bytes and just now, is read', async (t) => {
  const body = JSON.stringify(REPLY)
  t.same(read(body, { secret: 'guessed' }), { kind: 'unsigned' })
  t.same(read(body, { signed: '{}' }), { kind: 'unsigned' })
  t.same(read(body, { at: NOW - 300_001 }), { kind: 'unsigned' })
  t.same(read(body, { at: NOW + 300_001 }), { kind: 'unsigned' })
  t.equal(read(body, { at: NOW - 300_000 }).kind, 'read')
  for (const signature of [null, '', 'v1=00', `t=${NOW},v1=00`, `t=${NOW},v1=${'z'.repeat(64)}`])
    t.same(readPosted({ body, signature }, { bot, secret: SECRET, now: NOW }), { kind: 'unsigned' }, String(signature))
})

void test('what has another shape is refused with the place', async (t) => {
  t.match(read(JSON.stringify({ ...REPLY, callId: undefined })), { kind: 'malformed', detail: /callId/ })
  t.match(read(JSON.stringify({ ...REPLY, handoff: true })), { kind: 'malformed', detail: /handoff/ })
  t.match(read('{'), { kind: 'malformed' })
})
