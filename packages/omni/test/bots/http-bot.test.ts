// Baton's own protocol: what only it can say.
import { test } from 'tap'
import { botOf, callerOf, json, raw, row, startBot } from './fake-bot.ts'

const BOT = { secret: 'env:FAQ' } as const

void test('a turn is posted with everything the bot needs, and nothing that was never said', async (t) => {
  const { url, seen } = await startBot(t, json({ messages: ['Hi'] }))
  await callerOf(t, botOf({ ...BOT, url, history: 2 })).call()
  const body = JSON.parse(seen[0]?.body ?? '{}') as Record<string, unknown>
  t.match(body, {
    version: 1,
    callId: 'ca_1',
    conversation: { id: 'cv_1', number: 'main', contact: { id: 'c' } },
    session: { id: 'se_1' },
    message: { content: { text: 'hello' } },
    answers: { size: 'L' },
    note: 'n',
  })
  const ids = (body['history'] as { id: string }[]).map(({ id }) => id)
  t.same(ids, ['1', '4'], 'no notes, no refused messages, and not those of this turn')
  await callerOf(t, botOf({ ...BOT, url, history: 1 })).call({ history: [row('6', 'in', 'a'), row('7', 'in', 'b')] })
  t.match(JSON.parse(seen[1]?.body ?? ''), { history: [{ id: '7' }] })
  await callerOf(t, botOf({ ...BOT, url, history: 0 })).call()
  t.match(JSON.parse(seen[2]?.body ?? ''), { history: [] })
})

void test('a bot that gets notes gets them as such, in their place', async (t) => {
  const { url, seen } = await startBot(t, json({ messages: ['Hi'] }))
  await callerOf(t, botOf({ ...BOT, url, notes: true })).call()
  const { history } = JSON.parse(seen[0]?.body ?? '{}') as { history: { id: string; direction: string }[] }
  t.same(
    history.map(({ id, direction }) => `${id} ${direction}`),
    ['1 in', '2 note', '4 out'],
  )
})

void test('a plain string is a text message; anything that can be sent may be said', async (t) => {
  const buttons = { kind: 'buttons', body: 'Which?', options: [{ id: 'a', title: 'A' }] }
  const { url } = await startBot(t, json({ messages: ['Hi', buttons], handOff: true }))
  t.same((await callerOf(t, botOf({ ...BOT, url })).call()).data, {
    callId: 'ca_1',
    messages: [{ kind: 'text', text: 'Hi' }, buttons],
    handOff: {},
  })
})

void test('an empty answer is an answer without words', async (t) => {
  const { url } = await startBot(t, (response) => void response.writeHead(204).end())
  t.same((await callerOf(t, botOf({ ...BOT, url })).call()).data, { callId: 'ca_1', messages: [] })
})

void test('an answer that could not be stored as it came is a failure that says where', async (t) => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const answers: [string, RegExp][] = [
    [`{"attributes":{"x":${nested(100_000)}}}`, /nested more than 200 levels/],
    ['{"attributes":{"x":[1,1e400]}}', /attributes\.x\.1 is too large a number/],
    ['{"attributes":{"__proto__":{"vip":true}}}', /attributes\.__proto__ is no name/],
  ]
  for (const [answer, detail] of answers) {
    const { url } = await startBot(t, raw(answer))
    t.match(await callerOf(t, botOf({ ...BOT, url })).call(), { name: 'bot.failed', data: { reason: 'bot-malformed', detail } })
  }
})

void test('a bot that may take its time answers 202, and says something meanwhile if it likes', async (t) => {
  const bodies: [string, object][] = [
    ['', { name: 'bot.deferred', data: { callId: 'ca_1', messages: [] } }],
    ['{"messages":["One moment …"]}', { name: 'bot.deferred', data: { messages: [{ kind: 'text', text: 'One moment …' }] } }],
    ['{"messages":[],"end":true}', { name: 'bot.failed', data: { reason: 'bot-malformed' } }],
  ]
  for (const [body, expected] of bodies) {
    const { url } = await startBot(t, (response) => void response.writeHead(202).end(body))
    const { call, circuits } = callerOf(t, botOf({ ...BOT, url, replyWithin: '10m' }))
    t.match(await call(), expected)
    t.match(circuits(), [{ failures: body.includes('end') ? 1 : 0 }])
  }
})

void test('a bot may be on this machine, and never where a cloud keeps its credentials', async (t) => {
  const { url } = await startBot(t, json({ messages: ['Hi'] }))
  t.match(await callerOf(t, botOf({ ...BOT, url })).call(), { name: 'bot.replied' })
  t.match(await callerOf(t, botOf({ ...BOT, url: 'http://169.254.169.254/latest/api/token' })).call(), {
    name: 'bot.failed',
    data: { reason: 'bot-address-refused', detail: /link-local/ },
  })
  const allowed = callerOf(t, botOf({ ...BOT, url: 'http://[ff02::1]:1/', timeout: '200ms' }), { allows: 'ff02::1' })
  t.not((await allowed.call()).data['reason'], 'bot-address-refused', 'but where the configuration allows it')
})
