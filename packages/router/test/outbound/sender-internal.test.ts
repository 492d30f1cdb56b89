import { test } from 'tap'
import type { MessageRow, ParticipantAdapter, ParticipantCall } from '@baton/router'
import { drain, stage } from './stage.ts'

const CALL = { callId: 'ca_1', kind: 'bot', side: 'service', target: 'faq', data: { text: 'hi' }, timeoutMs: 5_000, numberId: 'main' }

function bot(answer: ParticipantAdapter['call']): { adapter: ParticipantAdapter; calls: ParticipantCall[] } {
  const calls: ParticipantCall[] = []
  const call: ParticipantAdapter['call'] = (request, signal) => {
    calls.push(request)
    return answer(request, signal)
  }
  return { adapter: { kind: 'bot', call }, calls }
}

void test('a call goes to its adapter with the transcript, and its answer comes back to the side that asked', async (t) => {
  const s = await stage()
  await s.putRow({ kind: 'call', payload: CALL })
  const { adapter, calls } = bot(async () => ({
    name: 'bot.replied',
    data: { callId: 'ca_1', messages: ['hello'] },
    by: { kind: 'bot', id: 'faq' },
  }))
  const line = { id: 'ms_1', direction: 'in' } as MessageRow
  await drain(s.sender({ participants: [adapter], history: async (id) => (id === 'one' ? [line] : []) }))
  t.match(calls, [{ callId: 'ca_1', target: 'faq', conversationId: 'one', data: { text: 'hi' }, history: [line], timeoutMs: 5_000 }])
  const event = {
    type: 'engine.event',
    side: 'service',
    name: 'bot.replied',
    data: { callId: 'ca_1', messages: ['hello'] },
    by: { kind: 'bot', id: 'faq' },
  }
  t.same(s.submitted, [{ to: { id: 'one' }, event, dedupe: 'call:ca_1' }])
  t.same(await s.outbox(), [])
  t.match(s.settled, [{ kind: 'call', outcome: 'answered' }])
})

void test('an adapter that is late, throws, or is not there is answered for', async (t) => {
  const cases: [string, ParticipantAdapter[]][] = [
    ['timeout', [bot(() => new Promise(() => {})).adapter]],
    ['adapter-threw', [bot(() => Promise.reject(new Error('no'))).adapter]],
    ['not-connected', []],
  ]
  for (const [reason, participants] of cases) {
    const s = await stage()
    await s.putRow({ kind: 'call', payload: { ...CALL, timeoutMs: 5 } })
    await drain(s.sender({ participants }))
    t.match(s.submitted, [{ event: { type: 'engine.event', name: 'bot.failed', data: { callId: 'ca_1', reason } } }])
    t.same(await s.outbox(), [])
  }
})

void test('an adapter that minds the signal is told when its time is over', async (t) => {
  const s = await stage()
  await s.putRow({ kind: 'call', payload: { ...CALL, timeoutMs: 5 } })
  const { adapter } = bot(async (_request, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return { name: 'bot.failed', data: { callId: 'ca_1', reason: 'its own words' } }
  })
  await drain(s.sender({ participants: [adapter] }))
  t.match(s.submitted, [{ event: { data: { reason: 'its own words' } } }])
})

void test('a call whose sender died is made again, with the same id', async (t) => {
  const s = await stage()
  await s.putRow({ kind: 'call', payload: CALL })
  const end = Promise.withResolvers<{ name: string; data: Record<string, unknown> }>()
  const hanging = bot(() => end.promise)
  const dead = s.sender({ participants: [hanging.adapter] }).runOnce()
  while (hanging.calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
  s.clock.advance(120_000)
  const quick = bot(async () => ({ name: 'bot.replied', data: { callId: 'ca_1' } }))
  const second = s.sender({ participants: [quick.adapter] })
  await drain(second)
  t.equal(quick.calls[0]?.callId, 'ca_1')
  end.resolve({ name: 'bot.replied', data: { callId: 'ca_1' } })
  await dead
  t.same([...new Set(s.submitted.map((each) => each.dedupe))], ['call:ca_1'], 'and the inbox takes one of the two answers')
})

void test('a slow bot holds up neither messages nor commands', async (t) => {
  const s = await stage()
  const end = Promise.withResolvers<{ name: string; data: Record<string, unknown> }>()
  const hanging = bot(() => end.promise)
  const sender = s.sender({ participants: [hanging.adapter], limits: { internalConcurrency: 1 } })
  await s.putRow({ kind: 'call', payload: CALL })
  await s.putRow({ kind: 'call', payload: { ...CALL, callId: 'ca_2' }, actor: 'two' })
  const running = sender.runOnce()
  while (hanging.calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await s.put()
  await s.putRow({ kind: 'command', payload: { to: { kind: 'routing-group', key: 'group/default' }, event: { type: 'x' }, dedupe: 'd' } })
  const other = sender.runOnce()
  while (s.provider.sent.length === 0 || s.submitted.length === 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(hanging.calls.length, 1, 'the second call waits for its slot')
  end.resolve({ name: 'bot.replied', data: {} })
  await Promise.all([running, other])
  await drain(sender)
  t.equal(hanging.calls.length, 2)
})

void test('a command is handed to its target with its key, in the order of its actor', async (t) => {
  const s = await stage()
  const to = { kind: 'routing-group', key: 'group/default' }
  for (const n of [1, 2, 3]) await s.putRow({ kind: 'command', payload: { to, event: { type: 'work.requested', n }, dedupe: `work:${n}` } })
  await drain(s.sender())
  t.same(
    s.submitted,
    [1, 2, 3].map((n) => ({ to, event: { type: 'work.requested', n }, dedupe: `work:${n}` })),
  )
})

void test('a target that cannot be told keeps no other waiting', async (t) => {
  const s = await stage()
  const told: string[] = []
  const put = (target: string, name: string) =>
    s.putRow({ kind: 'command', target, payload: { to: { kind: 'conversation', key: target }, event: { type: name }, dedupe: name } })
  for (const [target, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
    ['b', 'b2'],
  ] as const)
    await put(target, name)
  const submit = async (_to: unknown, { type }: { type: string }): Promise<void> => {
    if (type === 'a1') throw new Error('overloaded')
    told.push(type)
  }
  await drain(s.sender({ submit }))
  t.same(told, ['b1', 'b2'])
})

void test('a command that cannot be handed over is tried again, with an alarm when it stays so', async (t) => {
  const s = await stage()
  await s.putRow({ kind: 'command', payload: { to: { kind: 'routing-group', key: 'g' }, event: {}, dedupe: 'd' } })
  let refusals = 9
  const submit = async (): Promise<void> => {
    refusals -= 1
    if (refusals > 0) throw new Error('overloaded')
  }
  const sender = s.sender({ submit })
  for (let n = 0; n < 12; n += 1) {
    await drain(sender)
    s.clock.advance(400_000)
  }
  t.equal(refusals, 0)
  t.same(await s.outbox(), [])
  t.same(await s.alarms(), ['delivery-stuck'])
})

void test('a read receipt is sent, tried a few times, and then let go', async (t) => {
  const s = await stage()
  const marked: [string, boolean][] = []
  const channel = { ...s.provider.channel }
  let works = true
  channel.markRead = async (_account, providerId, typing) => {
    marked.push([providerId, typing])
    return works ? { kind: 'accepted', providerId } : { kind: 'unknown', reason: 'time-out' }
  }
  const sender = s.sender({ route: () => ({ channel, account: null }) })
  await s.putRow({ kind: 'read', payload: { providerId: 'w1', typing: true } })
  await drain(sender)
  t.same(marked, [['w1', true]])
  works = false
  await s.putRow({ kind: 'read', payload: { providerId: 'w2', typing: false } })
  for (let n = 0; n < 6; n += 1) {
    await drain(sender)
    s.clock.advance(400_000)
  }
  t.equal(marked.length, 4)
  t.same(await s.outbox(), [])
})
