import { test } from 'tap'
import { ANA, API, HOUR, MINUTE, sessionWorld } from './session-world.ts'

void test('work waits in the queue until an agent has it', async (t) => {
  const world = sessionWorld()
  t.same(world.take([]), { kind: 'status', status: 'waiting' }, "no targets: the number's entry")
  t.match(world.commands(), [
    {
      to: { kind: 'routing-group', key: 'group/default' },
      name: 'work.requested',
      data: {
        sessionId: 'se_1',
        request: 1,
        conversationId: 'cv_1_x',
        target: 'queue:general',
        since: world.now,
        prefer: null,
        mayDivert: true,
      },
    },
  ])
  t.same(world.group('work.queued', { position: 3 }), { kind: 'handled' })
  t.match(world.state.session?.phase.work, { position: 3 })
  world.group('agent.assigned', { agentId: 'ben', queueId: 'general' })
  t.same(world.participant(), { kind: 'agent', id: 'ben', name: 'Ben' })
})

void test('what an unstaffed queue says to a waiting customer is said once', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  world.group('work.queued', { position: 1 })
  t.same(world.sent(), [], 'not while somebody is there')
  world.group('work.queued', { position: 1, held: { why: 'nobody-online', callback: false, opensAt: null } })
  t.match(world.sent(), [{ content: { text: 'Nobody is here yet.' }, purpose: 'service', author: { kind: 'system' } }])
  world.group('work.queued', { position: 1, held: { why: 'nobody-online', callback: false, opensAt: null } })
  t.same(world.sent(), [])
  const closed = sessionWorld()
  closed.windowOpen = false
  closed.take(['queue:general'])
  closed.group('work.queued', { position: 1, held: { why: 'nobody-online', callback: false, opensAt: null } })
  t.same(closed.sent(), [], 'not outside the reply window')
})

void test('a queue with nobody there sends the session elsewhere once, and keeps it the second time', async (t) => {
  const world = sessionWorld()
  world.take(['queue:billing'])
  world.group('work.diverted', { to: 'queue:general', why: 'nobody-online', opensAt: null })
  t.match(world.commands(), [{ data: { target: 'queue:general', request: 2, mayDivert: true } }])
  world.group('work.failed', { reason: 'no-queue' })
  t.match(world.commands(), [{ data: { target: 'queue:billing', request: 3, mayDivert: false } }])
})

void test('a target that fails leads to the next, then to the entry queue, then to an error', async (t) => {
  const world = sessionWorld()
  world.take(['agent:ana', 'queue:billing'])
  t.match(world.commands(), [{ data: { target: 'agent:ana' } }])
  t.match(world.group('work.failed', { reason: 'declined' }), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ data: { target: 'queue:billing' } }])
  world.group('work.failed', { reason: 'no-queue' })
  t.match(world.commands(), [{ data: { target: 'queue:general' } }])
  t.same(world.group('work.failed', { reason: 'no-queue' }), { kind: 'error', reason: 'no-target', next: null })
  t.equal(world.state.session, null)
  t.same(sessionWorld({ entry: [] }).take([]), { kind: 'error', reason: 'no-target', next: null })
})

void test('work that nobody took goes on with the age it has', async (t) => {
  const world = sessionWorld()
  world.take(['agent:ana', 'queue:billing'])
  const since = world.now
  world.now += MINUTE
  world.group('work.failed', { reason: 'declined' })
  t.match(world.commands(), [{ data: { target: 'queue:billing', since } }])
})

void test('who is sent to a bot that cannot have them waits on with the age they had', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  const since = world.now
  world.windowOpen = false
  world.now += 10 * MINUTE
  world.group('work.diverted', { to: 'bot:lone', why: 'waited', opensAt: null })
  t.match(world.commands(), [{ data: { target: 'queue:general', since, mayDivert: false } }])
})

void test('news about another session or an older request is ignored, and an agent assigned by mistake is given back', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  world.event('session.transfer', { to: 'queue:billing' }, API)
  t.match(
    world.commands().map(({ name, data }) => [name, data['request']]),
    [
      ['work.cancelled', 1],
      ['work.requested', 2],
    ],
  )
  t.same(world.group('agent.assigned', { agentId: 'ana', request: 1 }), { kind: 'handled' })
  t.match(world.commands(), [{ name: 'work.released', data: { sessionId: 'se_1', request: 1 } }])
  t.equal(world.status(), 'waiting')
  t.same(world.group('work.failed', { reason: 'x', sessionId: 'se_0' }), { kind: 'handled' })
  t.same(world.group('work.queued', { position: 1, request: 9 }), { kind: 'handled' })
  t.match(world.group('agent.assigned', { agentId: 7 }), { kind: 'refused', code: 'malformed-event' })
  t.equal(world.status(), 'waiting')
})

void test('a transfer keeps the session, leaves a note, and gives back what was held', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.same(world.event('session.transfer', { to: 'queue:billing', note: 'VAT question' }, ANA), { kind: 'status', status: 'waiting' })
  t.equal(world.state.session?.id, 'se_1')
  t.match(world.notes(), [{ text: 'VAT question', author: ANA, data: { transfer: { from: 'agent:ana', to: 'queue:billing' } } }])
  t.match(world.commands(), [
    { name: 'work.released', data: { request: 1, agentId: 'ana', wrapUp: true } },
    { name: 'work.requested', data: { request: 2, target: 'queue:billing', note: 'VAT question' } },
  ])
})

void test('a transfer may say what the agent must be able to do, and what the customer speaks', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.event('session.transfer', { to: 'queue:billing', skills: ['refunds'], language: 'de' }, ANA)
  t.match(
    world.commands().find(({ name }) => name === 'work.requested'),
    { data: { target: 'queue:billing', skills: ['refunds'], language: 'de' } },
  )
  t.match(
    world.effects.find(({ type }) => type === 'contact.set'),
    { attributes: { language: 'de' } },
  )
})

void test('an agent who is lost while upstream has the conversation leaves it waiting from when upstream lets go', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.give({ kind: 'yield', reason: 'upstream' })
  world.group('agent.lost', { agentId: 'ana' })
  t.equal(world.status(), 'paused')
  t.same(world.commands(), [], 'whoever got it could not answer')
  t.same(world.give({ kind: 'resume', after: 'upstream' }), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ name: 'work.requested', data: { target: 'queue:general' } }])
})

void test('a transfer to nowhere, to where it is, or to a bot outside the reply window is refused', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.match(world.event('session.transfer', { to: 'queue:nope' }, ANA), { code: 'unknown-target' })
  t.match(world.event('session.transfer', { to: 'agent:ana' }, ANA), { code: 'already-there' })
  t.match(world.event('session.transfer', { to: 'somewhere' }, ANA), { code: 'malformed-event' })
  world.windowOpen = false
  t.match(world.event('session.transfer', { to: 'bot:faq' }, ANA), { code: 'window-closed' })
  t.equal(world.status(), 'active')
})

void test('inactive frees the agent; the next message asks for the same agent again', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.same(world.event('session.inactive', {}, ANA), { kind: 'status', status: 'inactive' })
  t.match(world.commands(), [{ name: 'work.released', data: { agentId: 'ana', wrapUp: false } }])
  t.same(world.says('one more thing'), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ name: 'work.requested', data: { target: 'queue:general', prefer: 'ana', mayDivert: false } }])
})

void test('an agent who writes takes a paused or inactive session back; only after inactive the group counts again', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.event('session.pause', {}, ANA)
  t.same(world.event('agent.sent', {}, ANA), { kind: 'status', status: 'active' })
  t.same(world.commands(), [])
  world.event('session.inactive', {}, ANA)
  t.same(world.event('agent.sent', {}, ANA), { kind: 'status', status: 'active' })
  t.match(world.commands(), [{ name: 'work.taken', data: { agentId: 'ana', queueId: 'general' } }])
})

void test('a silent customer makes the session inactive after the limit of the queue; a slow agent never does', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.match(world.timersSet(), [{ name: 'inactive', at: world.now + 30 * MINUTE }])
  world.says('hello?')
  world.now += 31 * MINUTE
  t.same(world.timer('inactive'), { kind: 'handled' }, 'the customer waits')
  world.event('agent.sent', {}, ANA)
  world.now += 29 * MINUTE
  t.same(world.timer('inactive'), { kind: 'handled' }, 'too early')
  t.match(world.timersSet(), [{ name: 'inactive', at: world.now + MINUTE }], 'it looks again')
  world.now += MINUTE
  t.same(world.timer('inactive'), { kind: 'status', status: 'inactive' })
})

void test('an agent who left the configuration loses the session at once', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.same(world.group('agent.lost', { agentId: 'ben' }), { kind: 'handled' })
  t.same(world.group('agent.lost', { agentId: 'ana' }), { kind: 'status', status: 'waiting' })
})

void test('a keyword stays with service; the agent is told, with what one click needs', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  const recognition = { reply: { match: 'none' }, entry: { id: 'coupon', by: 'keyword', keyword: 'Coupon' } } as const
  t.same(world.says('Coupon', recognition), { kind: 'handled' })
  t.match(world.notes(), [{ text: 'The customer sent the keyword "Coupon".', data: { keyword: 'Coupon', journey: 'coupon' } }])
  world.says('hi', { reply: { match: 'none' }, entry: { id: 'welcome', by: 'any' } })
  t.same(world.notes(), [])
})

void test('a session ends by itself after the last message in either direction, and the timer is lazy', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  const start = world.now
  t.match(world.timersSet(), [{ name: 'auto-end', at: start + 24 * HOUR }])
  world.now += 10 * HOUR
  world.says('hello?')
  t.same(world.timersSet(), [], 'a message does not touch the timer')
  world.now = start + 24 * HOUR
  t.same(world.timer('auto-end'), { kind: 'handled' })
  t.match(world.timersSet(), [{ name: 'auto-end', at: start + 34 * HOUR }])
  world.now = start + 34 * HOUR
  t.same(world.timer('auto-end'), { kind: 'ended', outcome: 'auto-ended', by: 'timer' })
  t.match(world.commands(), [{ name: 'work.cancelled' }], 'the place in the queue is given up')
})

void test("an agent's own session is theirs at once, and ends unanswered later than others", async (t) => {
  const world = sessionWorld()
  const start = world.now
  t.same(world.take(['agent:ana'], { reason: 'agent-initiated' }, false), { kind: 'status', status: 'active' })
  t.match(world.commands(), [{ name: 'work.taken', data: { agentId: 'ana', sessionId: 'se_1' } }])
  t.match(world.timersSet(), [{ name: 'auto-end', at: start + 48 * HOUR }])
  world.now += 24 * HOUR
  t.same(world.timer('auto-end'), { kind: 'handled' })
  world.now = start + 48 * HOUR
  t.same(world.timer('auto-end'), { kind: 'ended', outcome: 'unanswered', by: 'timer' })
  t.match(world.commands(), [{ name: 'work.released', data: { agentId: 'ana', wrapUp: true } }])
  t.match(world.take(['agent:nobody'], { reason: 'agent-initiated' }), { kind: 'refused', code: 'unknown-target' })
})

void test("a reply to an agent's own session makes it an ordinary one", async (t) => {
  const world = sessionWorld()
  world.take(['agent:ana'], { reason: 'agent-initiated' }, false)
  world.now += HOUR
  world.says('who is this?')
  t.match(world.timersSet(), [{ name: 'auto-end', at: world.now + 24 * HOUR }])
  world.now += MINUTE
  world.event('agent.sent', {}, ANA)
  t.equal(world.state.session?.firstResponseAt, world.now, 'the first answer is timed')
})

void test('upstream takes the place in the queue away and gives the same age back', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  const since = world.now
  world.give({ kind: 'yield', reason: 'upstream' })
  t.match(world.commands(), [{ name: 'work.cancelled', data: { request: 1 } }])
  world.now += HOUR
  t.same(world.give({ kind: 'resume', after: 'upstream' }), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ name: 'work.requested', data: { request: 2, since } }])
})

void test('a new session first gives back what an older one still held', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.take(['queue:general'])
  t.match(world.commands(), [
    { name: 'work.released', data: { sessionId: 'se_1', agentId: 'ana' } },
    { name: 'work.requested', data: { sessionId: 'se_2' } },
  ])
})

void test('no two commands of a session share a dedupe key', async (t) => {
  const world = sessionWorld()
  const keys: string[] = []
  const collect = () => keys.push(...world.commands().map(({ dedupe }) => dedupe))
  world.take(['queue:general'])
  collect()
  for (let round = 0; round < 3; round += 1) {
    world.group('agent.assigned', { agentId: 'ana' })
    world.event('session.inactive', {}, ANA)
    collect()
    world.says('back')
    collect()
  }
  world.take(['queue:billing'])
  collect()
  world.event('session.end', {}, API)
  collect()
  t.equal(new Set(keys).size, keys.length)
  t.ok(keys.length >= 9)
})
