// What the engine notes of its runs: their history, and what results are counted from.
import t from 'tap'
import type { RunMark } from '@baton/router'
import { createJourneysEngine } from '../src/index.ts'
import { asking, DAY, HOUR, play, says, scene, start, timeOut } from './scene.ts'
import type { Played, Scene } from './scene.ts'

const engine = createJourneysEngine()
const marks = ({ trail }: Played): RunMark[] => trail.flatMap((each) => each.marks)

await t.test('a run that starts, asks and is answered leaves a mark for each, with the option that was chosen', async (t) => {
  const at = scene([asking('coupon')])
  t.strictSame(marks(start(at, 'coupon')), [
    ['started', 'q', 'api'],
    ['entered', 'q'],
  ])
  const played = says(at, 'yes')
  t.match(played.trail, [{ run: 'ru_1', journey: 'coupon', version: at.config.journeys.get('coupon')?.version }])
  t.strictSame(marks(played), [
    ['replied', 'q', 'yes'],
    ['entered', 'a'],
    ['entered', 'done'],
    ['ended', 'done', 'completed'],
  ])
})

await t.test('invalid replies, time-outs and hand-offs are told apart', async (t) => {
  const late = scene([asking('coupon', 'retries: 1')])
  start(late, 'coupon')
  t.strictSame(marks(says(late, 'hm')), [['invalid', 'q']])
  t.strictSame(marks(says(late, 'hm')), [
    ['invalid', 'q'],
    ['handed-off', 'q', 'invalid-reply'],
  ])
  const silent = scene([asking('coupon')])
  start(silent, 'coupon')
  t.strictSame(marks(timeOut(silent))[0], ['timed-out', 'q'])
})

await t.test('what was typed is no detail: it may be anything', async (t) => {
  const at = scene([
    '{ journey: j, start: q, steps: { q: { ask: { text: "Your e-mail?", accept: email, save: mail }, on: { valid: done } }, done: { end: completed } } }',
  ])
  start(at, 'j')
  t.strictSame(marks(says(at, 'kim@example.com'))[0], ['replied', 'q', 'valid'])
})

await t.test('a wait that is over is no time-out; an event that does not come is one', async (t) => {
  const at = scene(['{ journey: j, start: w, steps: { w: { wait: { for: 1h }, goto: done }, done: { end: completed } } }'])
  start(at, 'j')
  t.strictSame(marks(timeOut(at))[0], ['entered', 'done'])
  const event = scene([
    '{ journey: j, start: w, steps: { w: { wait: { event: order.paid, atMost: 1d }, goto: done }, done: { end: completed } } }',
  ])
  start(event, 'j')
  start(event, 'j')
  t.strictSame(marks(timeOut(event))[0], ['timed-out', 'w'])
  t.strictSame(marks(play(event, { kind: 'event', name: 'order.paid', data: {} }))[0], ['event', 'w', 'order.paid'])
})

await t.test('a message that was not delivered counts at the step that sent it, also when its run is over', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  const [ref = ''] = says(at, 'yes').refs
  const failed = play(at, { kind: 'sendFailed', ref, messageId: 'ms_1', code: 'provider-refused', reason: 'x' })
  t.strictSame(marks(failed), [['undelivered', 'a', 'provider-refused']])
  t.strictSame(play(at, { kind: 'sendFailed', ref: 'ru_9/a/1', messageId: 'ms_1', code: 'x', reason: 'x' }).trail, [], 'whose nobody knows')
})

await t.test('an answer that service heard is a reply and the end of the run', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  const message = { providerId: 'wamid.2', at: at.now, content: { kind: 'reply', via: 'button', id: 'yes', title: 'Yes' } } as const
  t.strictSame(marks(play(at, { kind: 'notice', message, recognition: { reply: { match: 'valid' }, entry: null } })), [
    ['replied', 'q', 'yes'],
    ['ended', 'q', 'answered-in-service'],
  ])
})

await t.test('runs under way are listed with their step, since when they are there, and until when', async (t) => {
  const list = (at: Scene) => engine.runs?.(at.state)
  const at = scene([
    asking('coupon'),
    '{ journey: j, start: w, steps: { w: { wait: { for: 1h }, goto: x }, x: { wait: { for: 1d }, goto: done }, done: { end: completed } } }',
  ])
  const began = at.now
  start(at, 'j')
  timeOut(at)
  start(at, 'coupon')
  t.match(list(at), [
    { id: 'ru_1', journey: 'j', step: 'x', status: 'waiting', startedAt: began, since: began + HOUR, until: began + HOUR + DAY },
    { id: 'ru_2', journey: 'coupon', step: 'q', status: 'asking', until: at.now + 23 * HOUR },
  ])
  play(at, { kind: 'yield', reason: 'service-took' })
  t.match(list(at), [
    { status: 'suspended', until: null },
    { status: 'suspended', until: null },
  ])
})
