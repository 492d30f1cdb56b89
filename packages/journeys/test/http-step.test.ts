// An HTTP step as the engine plays it: the call it asks for, and what it makes of what comes back.
import t from 'tap'
import { callEvent, callFailed } from '../src/calls/result.ts'
import type { CallResult } from '../src/calls/result.ts'
import { HOUR, message, play, says, scene, start, timeOut } from './scene.ts'
import type { Played, Scene } from './scene.ts'

const SECOND = 1_000
const order = (http: string, more = ''): string => `
journey: order
entry: { keywords: [order] }
${more}
start: look
steps:
  look: { http: ${http}, goto: tell, onError: sorry, onTimeout: slow }
  tell: { send: { text: "It is {{ answers.state | default: 'there' }}" }, goto: done }
  sorry: { send: { text: "Sorry" }, goto: failed }
  slow: { send: { text: "Slow" }, goto: failed }
  done: { end: completed }
  failed: { end: failed }
`
const GET = '{ url: "https://shop.example/orders/{{ contact.id }}", save: { state: $.state }, retries: 1, backoff: 4s, timeout: 5s }'

const callOf = ({ effects }: Played) => effects.find((effect) => effect.type === 'participant.call')
const marks = ({ trail }: Played): string[] => trail.flatMap((each) => each.marks.map((mark) => mark.join(' ')))
function comes(at: Scene, result: CallResult, callId = idOf(at)): Played {
  return play(at, { kind: 'event', ...callEvent(callId, result) })
}
function idOf(at: Scene): string {
  const doing = at.state.runs[0]?.doing
  return (doing !== undefined && 'call' in doing ? doing.call?.id : null) ?? ''
}
const answered = (answers: Record<string, unknown>, attributes = {}): CallResult => ({ kind: 'answered', status: 200, answers, attributes })
const unreachable = callFailed('call-unreachable', 'no', { again: true })

await t.test('a step asks for its call and waits; the answer is kept and the run goes on', async (t) => {
  const at = scene([order(GET)])
  const began = start(at, 'order')
  t.match(callOf(began), {
    kind: 'http',
    callId: 'ca_2',
    timeoutMs: 5 * SECOND,
    data: { step: 'look', method: 'GET', url: 'https://shop.example/orders/ct_1', key: 'ca_2', save: { state: { path: '$.state' } } },
  })
  t.match(at.state.runs, [{ doing: { kind: 'waiting', due: at.now + 35 * SECOND } }], 'with time for an answer that is on its way')
  const on = comes(at, answered({ state: 'sent' }, { tier: 'gold' }))
  t.match(on, { texts: ['It is sent'], verdict: { kind: 'ended', outcome: 'completed' } })
  t.match(on.effects, [{ type: 'timer.cancel' }, { type: 'contact.set', attributes: { tier: 'gold' } }, { type: 'message.send' }])
  t.strictSame(marks(on).slice(0, 2), ['called look 200', 'entered tell'])
})

await t.test('a failure that may pass is repeated after a pause, with the same key, as often as the step says', async (t) => {
  const at = scene([order(GET)])
  const { data } = callOf(start(at, 'order')) ?? {}
  t.same(comes(at, unreachable).texts, [])
  t.match(at.state.runs, [{ doing: { due: at.now + 4 * SECOND, call: { id: null } } }])
  at.attributes = { changed: true }
  const second = callOf(timeOut(at))
  t.not(second?.callId, 'ca_2')
  t.strictSame(second?.data, data)
  t.match(comes(at, unreachable), { texts: ['Sorry'], verdict: { outcome: 'failed' } })
})

await t.test('a server that asks for time gets it, up to five minutes', async (t) => {
  for (const [afterMs, pause] of [
    [60 * SECOND, 60 * SECOND],
    [HOUR, 300 * SECOND],
    [SECOND, 4 * SECOND],
  ] as const) {
    const at = scene([order(GET)])
    start(at, 'order')
    comes(at, callFailed('call-status', 'HTTP 429', { status: 429, again: true, afterMs }))
    t.match(at.state.runs, [{ doing: { due: at.now + pause } }])
  }
})

await t.test('what would fail again takes the error branch at once; no answer in time has a branch of its own', async (t) => {
  const at = scene([order(GET)])
  start(at, 'order')
  t.match(comes(at, callFailed('call-status', 'HTTP 404', { status: 404 })), { texts: ['Sorry'] })
  const late = scene([order(GET)])
  start(late, 'order')
  comes(late, callFailed('call-timeout', '', { again: true }))
  timeOut(late)
  // The answer to the second attempt is lost with a process.
  const over = timeOut(late)
  t.same(over.texts, ['Slow'])
  t.equal(marks(over)[0], 'called look call-timeout')
})

await t.test('an answer nobody waits for any more changes nothing', async (t) => {
  const at = scene([order(GET)])
  start(at, 'order')
  const first = idOf(at)
  comes(at, unreachable)
  t.match(comes(at, answered({ state: 'sent' }), first), { effects: [], verdict: { kind: 'handled' } }, 'it is between two attempts')
  timeOut(at)
  t.match(comes(at, answered({ state: 'sent' }), first).texts, [], 'it has called again')
  const other = play(at, {
    kind: 'event',
    name: 'http.answered',
    data: { callId: idOf(at), result: answered({}) },
    by: { kind: 'api', id: 'k' },
  })
  t.match(other.verdict, { kind: 'refused', code: 'journey-event-unknown' }, 'and nobody else can answer for the server')
})

await t.test('what the router says when nobody answered for a call counts as a failure', async (t) => {
  for (const [reason, text] of [
    ['timeout', 'Slow'],
    ['not-connected', 'Sorry'],
    ['adapter-threw', 'Sorry'],
  ] as const) {
    const at = scene([order(GET.replace('retries: 1', 'retries: 0'))])
    start(at, 'order')
    t.same(play(at, { kind: 'event', name: 'http.failed', data: { callId: idOf(at), reason } }).texts, [text])
  }
})

await t.test('an answer that comes while service has the conversation is used when it comes back', async (t) => {
  const at = scene([order(GET)])
  start(at, 'order')
  play(at, { kind: 'yield', reason: 'service-took' })
  t.same(comes(at, answered({ state: 'sent' })).texts, [])
  play(at, { kind: 'resume', after: 'service' })
  t.same(timeOut(at).texts, ['It is sent'])
})

await t.test('variables are escaped for where they stand', async (t) => {
  const http = `{
    url: "https://shop.example/find/{{ answers.what }}?size={{ answers.size }}",
    method: PUT, headers: { x-name: "{{ answers.what }}", x-key: "env:SHOP_KEY" }, bearer: env:SHOP_TOKEN,
    body: { text: "{{ answers.what }}", note: "size {{ answers.size }}", size: "{{ answers.size }}", tags: ["{{ contact.tags }}"], none: "{{ contact.x | default: '' }}", fix: 1 }
  }`.replaceAll(/\n\s*/g, ' ')
  const set = `set: { answers: { what: 'a/b?"c"&d', size: 5 } }`
  const at = scene([order(http).replace('start: look\nsteps:', `start: first\nsteps:\n  first: { ${set}, goto: look }`)])
  t.match(callOf(start(at, 'order'))?.data, {
    method: 'PUT',
    url: 'https://shop.example/find/a%2Fb%3F%22c%22%26d?size=5',
    headers: { 'x-name': 'a/b?"c"&d', 'x-key': undefined },
    secrets: { 'x-key': { reference: 'env:SHOP_KEY', prefix: '' }, authorization: { reference: 'env:SHOP_TOKEN', prefix: 'Bearer ' } },
    body: { text: 'a/b?"c"&d', note: 'size 5', size: 5, tags: [[]], none: '', fix: 1 },
  })
})

await t.test('what a customer says is never taken for a reference to a secret, nor for a way out of the path', async (t) => {
  const http = '{ url: "https://shop.example/a/{{ answers.said }}/b", headers: { x-said: "{{ answers.said }}" } }'
  const yaml = order(http).replace(
    'start: look\nsteps:',
    'start: q\nsteps:\n  q: { ask: { text: "What?", save: said }, on: { valid: look } }',
  )
  const at = scene([yaml])
  start(at, 'order')
  t.match(callOf(says(at, 'env:SHOP_TOKEN'))?.data, { headers: { 'x-said': 'env:SHOP_TOKEN' }, secrets: {} })
  for (const said of ['..', '.', 'zażółć']) {
    const bad = scene([yaml])
    start(bad, 'order')
    const played = says(bad, said)
    t.equal(callOf(played), undefined, said)
    t.match(played, { texts: ['Sorry'] })
    t.ok(
      played.effects.some((effect) => effect.type === 'alarm.raise' && effect.code === 'call-unmakeable'),
      said,
    )
  }
})

await t.test('a variable without a value fails the run and says where', async (t) => {
  for (const [http, path] of [
    ['{ url: "https://shop.example/{{ contact.zip }}" }', 'http.url'],
    ['{ url: "https://shop.example", headers: { x-zip: "{{ contact.zip }}" } }', 'http.headers.x-zip'],
    ['{ url: "https://shop.example", body: { to: ["{{ contact.zip }}"] } }', 'http.body.to.0'],
  ] as const)
    t.match(start(scene([order(http)]), 'order').effects, [{ type: 'alarm.raise', code: 'journey-variable-unbound', detail: { path } }])
})

await t.test('what follows the answer to a call of the customer is an answer at any hour, unless it had to wait', async (t) => {
  const quiet = order(GET, 'quietHours: { from: "09:00", to: "18:00", zone: UTC }')
  const asked = (at: Scene) =>
    play(at, {
      kind: 'start',
      entry: 'order',
      by: { kind: 'customer', id: 'c' },
      message: message('order'),
      recognition: { reply: { match: 'none' }, entry: null },
    })
  const live = scene([quiet])
  asked(live)
  comes(live, unreachable)
  timeOut(live)
  t.same(comes(live, answered({ state: 'sent' })).texts, ['It is sent'])
  const brought = scene([quiet])
  start(brought, 'order')
  t.same(comes(brought, answered({ state: 'sent' })).texts, [], 'the API brought it in')
  const waited = scene([quiet])
  asked(waited)
  play(waited, { kind: 'yield', reason: 'service-took' })
  comes(waited, answered({ state: 'sent' }))
  play(waited, { kind: 'resume', after: 'service' })
  t.same(timeOut(waited).texts, [])
})
