import { test } from 'tap'
import type { HandOff, InboundMessage, Verdict } from '@baton/router'
import { ANA, HOUR, NO_REPLY, sessionWorld } from './session-world.ts'
import type { SessionWorld } from './session-world.ts'

const text = (words: string) => ({ kind: 'text', text: words })

void test("a customer's message is the bot's turn, with what the other side knows", async (t) => {
  const world = sessionWorld()
  t.same(world.take(['bot:faq', 'queue:general'], { note: 'asked about price', answers: { size: 'L' } }), {
    kind: 'status',
    status: 'active',
  })
  t.match(world.calls(), [
    {
      kind: 'bot',
      target: 'faq',
      timeoutMs: 5000,
      data: { message: { content: text('hello') }, answers: { size: 'L' }, note: 'asked about price', session: { id: 'se_1' } },
    },
  ])
  t.match(world.notes(), [{ text: 'asked about price', data: { answers: { size: 'L' } } }])
  t.same(world.participant(), { kind: 'bot', id: 'faq', name: 'FAQ' })
})

void test("the bot's words are sent as service messages of the bot, and its attributes are kept", async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const callId = world.callId()
  t.same(world.event('bot.replied', { callId, messages: [text('Hi'), text('Bye')], attributes: { lang: 'en' } }), { kind: 'handled' })
  t.match(world.sent(), [
    { ref: `bot/${callId}/0`, content: text('Hi'), purpose: 'service', author: { kind: 'bot', id: 'faq' } },
    { ref: `bot/${callId}/1`, content: text('Bye'), purpose: 'service', author: { kind: 'bot', id: 'faq' } },
  ])
  t.match(world.effects, [{}, {}, { type: 'contact.set', attributes: { lang: 'en' } }, { type: 'timer.cancel', name: 'bot-answer' }])
  t.equal(world.callId(), '', 'no turn is in flight')
})

void test('a bot learns what it is configured to learn; the rest of its answer counts, and somebody is told', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const attributes = { lang: 'en', phone: '4915112345678', vip: true }
  t.same(world.event('bot.replied', { callId: world.callId(), messages: [text('Noted.')], attributes }), { kind: 'handled' })
  t.match(world.sent(), [{ content: text('Noted.') }])
  t.same(
    world.effects.filter(({ type }) => type === 'contact.set'),
    [{ type: 'contact.set', attributes: { lang: 'en' } }],
  )
  t.match(
    world.effects.filter(({ type }) => type === 'alarm.raise'),
    [{ code: 'bot-attributes-ignored', detail: { bot: 'faq', names: ['phone', 'vip'] } }],
  )
})

void test('a bot that is configured to learn nothing sets no attribute', async (t) => {
  const world = sessionWorld()
  world.take(['bot:lone'])
  world.event('bot.replied', { callId: world.callId(), messages: [text('Hi')], attributes: { lang: 'en' } })
  t.match(world.sent(), [{ content: text('Hi') }])
  t.notOk(world.effects.some(({ type }) => type === 'contact.set'))
})

void test('what the customer writes during a turn is the next turn, all of it at once', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const first = world.callId()
  world.says('one')
  world.says('two')
  t.same(world.calls(), [], 'one turn at a time')
  world.event('bot.replied', { callId: first, messages: [text('Hi')] })
  t.match(world.calls(), [{ data: { message: { content: text('two') }, messages: [{ content: text('one') }, { content: text('two') }] } }])
  t.not(world.callId(), first)
})

void test('a bot hands over to the next target, or to the ones it names, in the same session', async (t) => {
  const next = sessionWorld()
  next.take(['bot:faq', 'queue:general'])
  t.same(next.event('bot.replied', { callId: next.callId(), messages: [], handOff: { summary: 'wants a refund' } }), {
    kind: 'status',
    status: 'waiting',
  })
  t.match(next.commands(), [{ name: 'work.requested', data: { sessionId: 'se_1', target: 'queue:general', note: 'wants a refund' } }])
  t.match(next.notes(), [{ text: 'wants a refund', author: { kind: 'bot', id: 'faq' } }])

  const named = sessionWorld()
  named.take(['bot:faq', 'queue:general'])
  named.event('bot.replied', { callId: named.callId(), messages: [], handOff: { targets: ['queue:billing'] } })
  t.match(named.commands(), [{ data: { target: 'queue:billing' } }])
  t.same(named.state.session?.targets, ['queue:general'], 'the others stay in reserve')
})

void test('a hand-over with nothing left uses the fallback of the bot, then the entry queue of the number', async (t) => {
  const own = sessionWorld()
  own.take(['bot:faq'])
  own.event('bot.replied', { callId: own.callId(), messages: [], handOff: {} })
  t.match(own.commands(), [{ data: { target: 'queue:billing' } }])
  const entry = sessionWorld()
  entry.take(['bot:lone'])
  entry.event('bot.replied', { callId: entry.callId(), messages: [], handOff: {} })
  t.match(entry.commands(), [{ data: { target: 'queue:general' } }])
  const nowhere = sessionWorld({ entry: ['bot:lone'] })
  nowhere.take(['bot:lone'])
  t.same(nowhere.event('bot.replied', { callId: nowhere.callId(), messages: [], handOff: {} }), {
    kind: 'error',
    reason: 'no-target',
    next: null,
  })
})

void test('a bot may end the session, after its last words', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  t.same(world.event('bot.replied', { callId: world.callId(), messages: [text('Bye')], end: true }), {
    kind: 'ended',
    outcome: 'bot-ended',
    by: 'bot:faq',
  })
  t.equal(world.sent().length, 1)
  t.equal(world.state.session, null)
})

void test('a failing bot fails the session, and the fallback takes over in a new one', async (t) => {
  const cases = [
    { targets: ['bot:faq', 'queue:general'] as const, next: ['queue:billing'], failed: ['faq'], why: 'its own fallback first' },
    { targets: ['bot:lone', 'bot:faq'] as const, next: ['bot:faq'], failed: ['lone'], why: 'then the remaining targets' },
    { targets: ['bot:lone'] as const, next: ['queue:general'], failed: ['lone'], why: 'then the entry queue' },
  ]
  for (const { targets, next, failed, why } of cases) {
    const world = sessionWorld()
    world.take([...targets], { note: 'n', answers: { a: 1 } })
    const verdict = world.event('bot.failed', { callId: world.callId(), reason: 'bot-timeout' })
    t.same(
      verdict,
      {
        kind: 'error',
        reason: 'bot-failed: bot-timeout',
        next: {
          targets: next,
          reason: 'bot-failed',
          failed,
          waitingSince: world.now,
          note: 'n',
          answers: { a: 1 },
          messages: [{ providerId: 'wamid.1', at: world.now, content: text('hello') }],
        },
      },
      why,
    )
    t.match(
      world.effects.find((effect) => effect.type === 'alarm.raise'),
      { code: 'bot-failed', detail: { reason: 'bot-timeout' } },
    )
    t.equal(world.state.session, null)
  }
  const nobody = sessionWorld({ entry: ['bot:lone'] })
  nobody.take(['bot:lone'])
  t.match(nobody.event('bot.failed', { callId: nobody.callId(), reason: 'x' }), { kind: 'error', next: null })
})

/** What the bot that is called now is asked. */
const asked = (world: SessionWorld) =>
  world.calls().map(({ data }) => (data['messages'] as { content: { text: string } }[]).map(({ content }) => content.text))

/** The router opens the session that the verdict asks for, in the same step: `message` is the one being decided. */
function follow(world: SessionWorld, verdict: Verdict, message?: InboundMessage): void {
  const next = verdict.kind === 'error' ? verdict.next : null
  world.session = { id: 'se_2', status: 'new', openedAt: world.now }
  if (next !== null) world.give({ kind: 'take', handOff: next, ...(message === undefined ? {} : { message }) })
}

void test('the bot that takes over from one that failed is asked what it left unanswered, and what was written meanwhile', async (t) => {
  const fails: ((world: SessionWorld) => Verdict)[] = [
    (world) => world.event('bot.failed', { callId: world.callId(), reason: 'bot-timeout' }),
    (world) => world.event('bot.replied', { callId: world.callId(), messages: [{ kind: 'text' }] }),
    (world) => {
      world.now += HOUR
      return world.timer('bot-answer')
    },
  ]
  for (const fail of fails) {
    const world = sessionWorld()
    world.take(['bot:lone', 'bot:faq'])
    world.says('are you there?')
    follow(world, fail(world))
    t.same(asked(world), [['hello', 'are you there?']])
  }
  const answered = sessionWorld()
  answered.take(['bot:lone', 'bot:faq'])
  answered.says('and then?')
  const { bots } = answered.config
  answered.config = { ...answered.config, bots: new Map([...bots].filter(([id]) => id !== 'lone')) }
  follow(answered, answered.event('bot.replied', { callId: answered.callId(), messages: [text('Hi')] }))
  t.same(asked(answered), [['and then?']], 'what it has answered is not asked again')
})

void test('a message by which a bot turns out to be gone is asked once, whoever brings it', async (t) => {
  for (const isIdle of [true, false]) {
    const world = sessionWorld()
    world.take(['bot:lone', 'bot:faq'])
    if (isIdle) world.event('bot.replied', { callId: world.callId(), messages: [text('Hi')] })
    const { bots } = world.config
    world.config = { ...world.config, bots: new Map([...bots].filter(([id]) => id !== 'lone')) }
    const message = world.message('hello?')
    const before = world.state
    follow(world, world.give({ kind: 'message', message, recognition: NO_REPLY }), message)
    t.same(asked(world), [[...(isIdle ? [] : ['hello']), 'hello?']])

    world.state = before
    const handOff: HandOff = {
      targets: ['bot:faq'],
      reason: 'default-app',
      waitingSince: world.now,
      messages: [{ ...message, content: text('hello?') }],
    }
    follow(world, world.give({ kind: 'joined', handOff }))
    t.same(asked(world), [[...(isIdle ? [] : ['hello']), 'hello?']], 'of another conversation')
  }
})

void test('an answer that is no answer is a failure', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  t.match(world.event('bot.replied', { callId: world.callId(), messages: [{ kind: 'text' }] }), { reason: 'bot-failed: bot-malformed' })
})

void test('a bot that is handed the customer by a bot, or by a transfer in the middle of its turn, is asked what is unanswered', async (t) => {
  const leaves: Record<string, (world: SessionWorld) => Verdict> = {
    'without a word': (world) => world.event('bot.replied', { callId: world.callId(), messages: [], handOff: {} }),
    'with a last word': (world) => world.event('bot.replied', { callId: world.callId(), messages: [text('One moment.')], handOff: {} }),
    'by a transfer': (world) => world.event('session.transfer', { to: 'bot:faq' }, { kind: 'api', id: 'key' }),
  }
  for (const [how, leave] of Object.entries(leaves)) {
    const world = sessionWorld()
    world.take(['bot:lone', 'bot:faq'])
    world.says('I was charged twice')
    leave(world)
    t.same(asked(world), [['hello', 'I was charged twice']], how)
    t.match(world.calls(), [{ target: 'faq' }], how)
  }
  const world = sessionWorld()
  world.take(['bot:lone', 'bot:faq'])
  world.event('bot.replied', { callId: world.callId(), messages: [text('Hi')] })
  world.event('session.transfer', { to: 'bot:faq' }, { kind: 'api', id: 'key' })
  t.same(asked(world), [[]], 'what was answered is not asked again')
})

void test('a turn is about twenty messages at most, the newest, however many bots have failed before', async (t) => {
  const world = sessionWorld()
  world.take(['bot:lone', 'bot:faq'])
  for (let n = 1; n <= 30; n += 1) world.says(`${n}`)
  follow(world, world.event('bot.failed', { callId: world.callId(), reason: 'bot-timeout' }))
  const [messages = []] = asked(world)
  t.equal(messages.length, 20)
  t.equal(messages.at(-1), '30')
})

void test('bots that hand the customer on to one another do so five times; then it is somebody else who has them', async (t) => {
  const world = sessionWorld()
  const handOn = (): Verdict => {
    const to = world.participant()?.id === 'lone' ? 'bot:faq' : 'bot:lone'
    return world.event('bot.replied', { callId: world.callId(), messages: [], handOff: { targets: [to] } })
  }
  world.take(['bot:lone'])
  for (let times = 1; times <= 5; times += 1) handOn()
  t.match(world.participant(), { kind: 'bot', id: 'faq' })
  world.says('is anybody there?')
  for (let times = 1; times <= 5; times += 1) handOn()
  t.match(world.participant(), { kind: 'bot', id: 'lone' }, 'a new message is a new start')
  t.same(handOn(), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ data: { target: 'queue:general' } }])
  t.same(world.alarms(), ['bots-in-circle'])
  world.event('session.transfer', { to: 'bot:lone' }, { kind: 'api', id: 'key' })
  t.match(world.participant(), { id: 'lone' }, 'a person may give them to a bot again')
})

void test('a bot is silent as soon as somebody else has the session: its late answer is dropped', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const callId = world.callId()
  world.event('session.transfer', { to: 'agent:ana' }, { kind: 'api', id: 'key' })
  world.group('agent.assigned', { agentId: 'ana' })
  const before = JSON.stringify(world.state)
  t.same(world.event('bot.replied', { callId, messages: [text('I know!')], handOff: {} }), { kind: 'handled' })
  t.same(world.effects, [])
  t.same(world.event('bot.failed', { callId, reason: 'bot-timeout' }), { kind: 'handled' })
  t.equal(JSON.stringify(world.state), before)
  t.match(world.participant(), { id: 'ana' })
})

void test('a bot is not called while the reply window is closed: the message goes to the next target', async (t) => {
  const first = sessionWorld()
  first.windowOpen = false
  t.same(first.take(['bot:faq', 'queue:general']), { kind: 'status', status: 'waiting' })
  t.same(first.calls(), [])
  t.match(first.commands(), [{ data: { target: 'queue:general' } }])

  const later = sessionWorld()
  later.take(['bot:faq'])
  later.event('bot.replied', { callId: later.callId(), messages: [text('Hi')] })
  later.windowOpen = false
  later.says('a late one')
  t.same(later.calls(), [])
  t.match(later.commands(), [{ data: { target: 'queue:billing' } }], 'its fallback, as nothing else is left')
})

void test('what was written during a turn goes to the next target too, when the window has closed by its end', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  world.says('and then?')
  world.windowOpen = false
  t.same(world.event('bot.replied', { callId: world.callId(), messages: [text('Hi')] }), { kind: 'status', status: 'waiting' })
  t.same(world.calls(), [])
  t.match(world.commands(), [{ data: { target: 'queue:billing' } }])
  t.match(
    world.effects.filter(({ type }) => type === 'timer.cancel'),
    [{ name: 'bot-answer' }],
  )
})

void test('a lost answer does not keep the customer waiting: the bot counts as failed', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const at = world.timersSet().find((effect) => effect.name === 'bot-answer')?.at ?? 0
  t.ok(at > world.now + 5000, 'not before its time-out')
  t.same(world.timer('bot-answer'), { kind: 'handled' }, 'too early')
  world.now = at
  t.match(world.timer('bot-answer'), { kind: 'error', reason: 'bot-failed: bot-no-answer', next: { targets: ['queue:billing'] } })
})

void test("a message of the bot that does not go out is the bot failing; an older turn's, or anybody else's, is not", async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const first = world.callId()
  world.event('bot.replied', { callId: first, messages: [text('Hi')] })
  world.says('more')
  world.event('bot.replied', { callId: world.callId(), messages: [text('Ho')] })
  const failed = { kind: 'sendFailed', messageId: 'ms_1', code: '131026', reason: 'x' } as const
  t.same(world.give({ ...failed, ref: `bot/${first}/0` }), { kind: 'handled' })
  t.same(world.give({ ...failed, ref: 'waiting/se_1/general' }), { kind: 'handled' })
  const latest = world.state.session?.phase.work
  const ref = latest?.kind === 'bot' ? `bot/${latest.lastCallId}/0` : ''
  world.says('and?')
  const verdict = world.give({ ...failed, ref })
  t.match(verdict, { kind: 'error', reason: 'bot-failed: bot-send-failed' })
  const texts = verdict.kind === 'error' ? verdict.next?.messages?.map(({ content }) => content['text']) : []
  t.same(texts, ['more', 'and?'], 'what the answer was about is unanswered again')
})

void test('a bot that left the configuration fails at the next message, and an unknown target is passed over with an alarm', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  world.event('bot.replied', { callId: world.callId(), messages: [text('Hi')] })
  world.config = { ...world.config, bots: new Map() }
  t.match(world.says('hello?'), { kind: 'error', reason: 'bot-failed: bot-unknown', next: { targets: ['queue:general'] } })
  t.match(world.take(['bot:gone', 'agent:gone', 'queue:billing']), { kind: 'status', status: 'waiting' })
  t.same(
    world.effects.flatMap((effect) => (effect.type === 'alarm.raise' ? [effect.detail['target']] : [])),
    ['bot:gone', 'agent:gone'],
  )
})

void test('upstream pauses a bot: its answer is not heard, and it goes on with the next message after the release', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const callId = world.callId()
  t.same(world.give({ kind: 'yield', reason: 'upstream' }), { kind: 'status', status: 'paused' })
  t.same(world.event('bot.replied', { callId, messages: [text('Hi')] }), { kind: 'handled' })
  t.same(world.sent(), [])
  t.same(world.give({ kind: 'resume', after: 'upstream' }), { kind: 'status', status: 'active' })
  t.same(world.calls(), [])
  world.says('are you there?')
  t.equal(world.calls().length, 1)
})

void test('where the number lets a keyword interrupt a bot, the session is over when it yields', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  t.match(world.give({ kind: 'yield', reason: 'superseded' }), { kind: 'ended', outcome: 'yielded' })
  t.equal(world.state.session, null)
})

void test('reactions and edits are no messages: nothing happens', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  const before = JSON.stringify(world.state)
  const message = { providerId: 'r', at: world.now + HOUR, content: { kind: 'reaction', messageId: 'x', emoji: '👍' } } as const
  t.same(world.give({ kind: 'message', message, recognition: NO_REPLY }), { kind: 'handled' })
  t.same(world.give({ kind: 'notice', message, recognition: NO_REPLY }), { kind: 'handled' })
  t.same(world.give({ kind: 'withdraw' }), { kind: 'handled' })
  t.equal(JSON.stringify(world.state), before)
  t.match(world.event('session.transfer', { to: 'bot:faq' }, ANA), { code: 'not-session-owner' })
})
