import t from 'tap'
import fc from 'fast-check'
import type { EngineInput, IncomingContent, InboundMessage } from '@baton/router'
import { compileJourneys, parseJourney, PAUSED_TIMER } from '../src/index.ts'
import { callEvent, callFailed } from '../src/calls/result.ts'
import type { CallResult } from '../src/calls/result.ts'
import { openQuestions } from '../src/claim.ts'
import { isPublished } from '../src/recognise.ts'
import { asking, HOUR, journey, numberWith, play, recognise, scene } from './scene.ts'
import type { Played, Scene } from './scene.ts'

const survey = `
journey: survey
entry: { keywords: [survey, { contains: opinion }], reEntry: { after: 2h }, cap: { starts: 2, per: 3h } }
goal: { events: [x], within: 4h, if: "answers.age == 40" }
quietHours: { from: "12:00", to: "15:00", zone: UTC }
start: q
steps:
  q: { ask: { text: "Age?", accept: number, save: age, retries: 1, again: "A number." }, on: { valid: b, invalid: { handOff: [queue:general], onReturn: resume }, timeout: { after: 5h, goto: w }, deliveryFailed: w } }
  b: { branch: [{ if: "answers.age > 17", goto: w }, { else: n }] }
  w: { wait: { for: 3h }, goto: c }
  c: { http: { url: "https://shop.example/{{ answers.age | default: 0 }}", save: { price: $.price }, retries: 1 }, goto: q2, onError: n }
  n: { send: { text: "Hello {{ contact.name }}" }, goto: done }
  q2: { ask: { buttons: { body: Sure, options: [{ id: yes, title: Yes }, { id: back, title: Back }] }, interruptible: always }, on: { yes: h, back: q } }
  h: { handOff: { to: [bot:faq], onReturn: { goto: done } } }
  done: { end: completed }
`
const spin = '{ journey: spin, entry: { any: true }, start: a, steps: { a: { set: { answers: { x: 1 } }, goto: a } } }'
const paid = `
journey: paid
entry: { event: y }
start: w
steps:
  w: { wait: { event: y, atMost: 9h }, goto: h }
  h: { handOff: { to: [queue:general] } }
`
const coupon = asking('coupon', 'retries: 1, interruptible: never')
const all = [coupon, survey, spin, paid].map(journey)
const fewer = [journey(asking('coupon').replaceAll('coupon yes', 'changed'))]

const PUBLISHED = {
  all: compileJourneys(all, fewer),
  fewer: compileJourneys(fewer, all),
  paused: compileJourneys(
    all.map((each) => ({ ...each, status: 'paused' as const })),
    fewer,
  ),
}

type Action =
  | { do: 'say' | 'notice'; content: IncomingContent; quote: number | null }
  | { do: 'tell'; input: EngineInput }
  | { do: 'fire'; which: number; early: boolean }
  | { do: 'fail'; which: number }
  | { do: 'answer'; which: number; result: CallResult }
  | { do: 'wait'; ms: number }
  | { do: 'publish'; what: 'all' | 'fewer' | 'paused' }

const words = fc.constantFrom('coupon', 'survey', 'yes', 'no thanks', 'back', '17', '40', 'hm', 'my opinion', '', '🎉')
const content: fc.Arbitrary<IncomingContent> = fc.oneof(
  words.map((text) => ({ kind: 'text' as const, text })),
  fc.string().map((text) => ({ kind: 'text' as const, text })),
  fc.record({
    kind: fc.constant('reply' as const),
    via: fc.constantFrom('button' as const, 'template' as const),
    id: fc.constantFrom('yes', 'no', 'back', 'x'),
    title: words,
  }),
  fc.constantFrom(
    { kind: 'sticker', media: {} } as const,
    { kind: 'revoke', targetId: 'x' } as const,
    { kind: 'image', media: {}, caption: 'yes' } as const,
  ),
)
const by = { kind: 'api', id: 'test' } as const
const told: fc.Arbitrary<EngineInput> = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    entry: fc.constantFrom('coupon', 'survey', 'spin', 'paid', 'gone'),
    by: fc.constant(by),
    supersede: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('yield' as const),
    reason: fc.constantFrom(
      'support-request' as const,
      'service-took' as const,
      'upstream' as const,
      'superseded' as const,
      'merged' as const,
    ),
  }),
  fc.record({ kind: fc.constant('resume' as const), after: fc.constantFrom('service' as const, 'upstream' as const) }),
  fc.constantFrom<EngineInput>(
    { kind: 'withdraw' },
    { kind: 'refresh' },
    { kind: 'event', name: 'x', data: {} },
    { kind: 'event', name: 'y', data: {} },
    { kind: 'take', handOff: { targets: [], reason: 'x' } },
    ...['ru_1', 'ru_2'].flatMap((run) => [
      { kind: 'change' as const, run, change: { kind: 'exit' as const }, by },
      { kind: 'change' as const, run, change: { kind: 'move' as const, from: 'q', to: 'q2' }, by },
      { kind: 'change' as const, run, change: { kind: 'move' as const, from: 'q', to: 'done' }, by },
    ]),
  ),
)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('say' as const, 'say' as const, 'notice' as const), content, quote: fc.option(fc.nat(8)) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tell' as const), input: told }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fire' as const), which: fc.nat(3), early: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), which: fc.nat(8) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(3),
      result: fc.constantFrom<CallResult>(
        { kind: 'answered', status: 200, answers: { price: 5 }, attributes: {} },
        callFailed('call-unreachable', 'x', { again: true }),
        callFailed('call-not-json', 'x'),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 12 * HOUR }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      what: fc.constantFrom('all' as const, 'fewer' as const, 'paused' as const),
    }),
  },
)
const actions = fc.array(action, { maxLength: 25 })

interface World {
  at: Scene
  refs: string[]
  timers: Map<string, number>
  /** Calls that were made, by id. */
  calls: string[]
}

function newWorld(): World {
  return { at: scene(all, { number: numberWith() }), refs: [], timers: new Map(), calls: [] }
}

function act(world: World, given: Action): Played | null {
  const { at, refs, timers, calls } = world
  if (given.do === 'wait') at.now += given.ms
  if (given.do === 'publish') at.config = PUBLISHED[given.what]
  if (given.do === 'wait' || given.do === 'publish') return null
  const played = play(at, inputOf(world, given))
  refs.push(...played.refs)
  for (const effect of played.effects) {
    if (effect.type === 'timer.set') timers.set(effect.name, effect.at)
    if (effect.type === 'timer.cancel') timers.delete(effect.name)
    if (effect.type === 'participant.call') calls.push(effect.callId)
  }
  return played
}

function inputOf({ at, refs, timers, calls }: World, given: Exclude<Action, { do: 'wait' | 'publish' }>): EngineInput {
  if (given.do === 'tell') return given.input
  if (given.do === 'answer') return { kind: 'event', ...callEvent(calls.at(-1 - given.which) ?? 'ca_0', given.result) }
  if (given.do === 'fail') return { kind: 'sendFailed', ref: refs[given.which] ?? 'ru_0/q/1', messageId: 'ms_1', code: 'x', reason: 'x' }
  if (given.do === 'fire') {
    const [name, due] = [...timers][given.which] ?? ['ru_0', at.now]
    timers.delete(name)
    if (!given.early) at.now = Math.max(at.now, due)
    return { kind: 'timer', name, due: given.early ? due - 1 : due }
  }
  const ref = given.quote === null ? undefined : refs[given.quote]
  const message: InboundMessage = {
    providerId: 'wamid.1',
    at: at.now,
    content: given.content,
    ...(ref === undefined ? {} : { replyTo: `ref:${ref}` }),
  }
  const recognition = recognise(at, message)
  if (given.do === 'notice') return { kind: 'notice', message, recognition }
  if (recognition.reply.match !== 'valid' && recognition.entry !== null) {
    return {
      kind: 'start',
      entry: recognition.entry.id,
      by: { kind: 'customer', id: 'c' },
      message,
      recognition,
      supersede: recognition.reply.match !== 'none',
    }
  }
  return { kind: recognition.reply.paused === undefined ? 'message' : 'hold', message, recognition }
}

await t.test('whatever happens, the engine never throws, and its state is what the schema says', async (t) => {
  // `play` parses every state it gets.
  fc.assert(
    fc.property(actions, (list) => {
      const world = newWorld()
      for (const each of list) act(world, each)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

await t.test('whatever happens, at most one run holds the claim, every waiting run has its timer, and no other run has one', async (t) => {
  fc.assert(
    fc.property(actions, (list) => {
      const world = newWorld()
      for (const each of list) {
        act(world, each)
        const { runs } = world.at.state
        const holder = recognise(world.at, { providerId: 'x', at: 0, content: { kind: 'text', text: 'hm' } }).reply.holder
        const open = openQuestions(runs.filter((run) => isPublished(run, world.at.config)))
        if (holder !== open[0]?.run.id) return false
        if (new Set(runs.map((run) => run.id)).size !== runs.length) return false
        const kept = runs.flatMap((run) => run.paused?.until ?? [])
        const waiting = [
          ...runs.flatMap((run) => ('due' in run.doing && run.paused === undefined ? [[run.id, run.doing.due] as const] : [])),
          ...(kept.length === 0 ? [] : [[PAUSED_TIMER, Math.min(...kept)] as const]),
        ]
        if (waiting.length !== world.timers.size || waiting.some(([id, due]) => world.timers.get(id) !== due)) return false
      }
      return true
    }),
    { numRuns: 300 },
  )
  t.pass()
})

await t.test('whatever happens, the trail says which runs began and ended, and where each is', async (t) => {
  fc.assert(
    fc.property(actions, (list) => {
      const world = newWorld()
      const places = new Map<string, string>()
      for (const each of list) {
        for (const { run, marks } of act(world, each)?.trail ?? []) {
          for (const [what, step] of marks) {
            if (what === 'started' && places.has(run)) return false
            if (['started', 'postponed', 'capped', 'entered', 'moved', 'migrated'].includes(what)) places.set(run, step)
            if (what === 'ended' && !places.delete(run)) return false
          }
        }
        const { runs } = world.at.state
        if (runs.length !== places.size || runs.some(({ id, step }) => places.get(id) !== step)) return false
      }
      return true
    }),
    { numRuns: 300 },
  )
  t.pass()
})

await t.test('whatever happens, a run that hands off takes the conversation with it', async (t) => {
  fc.assert(
    fc.property(actions, (list) => {
      const world = newWorld()
      return list.every((each) => {
        const played = act(world, each)
        const away = played?.trail.some(({ marks }) => marks.some(([what]) => what === 'handed-off')) === true
        const { verdict } = played ?? {}
        return !away || verdict?.kind === 'handOff' || (verdict?.kind === 'start' && verdict.handOff !== undefined)
      })
    }),
    { numRuns: 300 },
  )
  t.pass()
})

await t.test('a paused journey says nothing, whatever happens to its runs', async (t) => {
  fc.assert(
    fc.property(actions, actions, (before, list) => {
      const world = newWorld()
      for (const each of before) act(world, each)
      world.at.config = PUBLISHED.paused
      return list.every((each) => each.do === 'publish' || (act(world, each)?.texts.length ?? 0) === 0)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

await t.test('the same inputs in the same order give the same states, effects and verdicts', async (t) => {
  fc.assert(
    fc.property(actions, (list) => {
      const [one, other] = [newWorld(), newWorld()]
      for (const each of list) {
        const [a, b] = [act(one, each), act(other, each)]
        if (JSON.stringify([a, one.at.state]) !== JSON.stringify([b, other.at.state])) return false
      }
      return true
    }),
    { numRuns: 150 },
  )
  t.pass()
})

await t.test('a refused input leaves no trace', async (t) => {
  fc.assert(
    fc.property(actions, (list) => {
      const world = newWorld()
      for (const each of list) {
        const before = JSON.stringify(world.at.state)
        const played = act(world, each)
        if (played?.verdict.kind === 'refused' && (played.effects.length > 0 || JSON.stringify(world.at.state) !== before)) return false
      }
      return true
    }),
    { numRuns: 150 },
  )
  t.pass()
})

await t.test('after an opt-out no run is left, whatever came before', async (t) => {
  fc.assert(
    fc.property(actions, (list) => {
      const world = newWorld()
      for (const each of list) act(world, each)
      act(world, { do: 'tell', input: { kind: 'withdraw' } })
      return world.at.state.runs.length === 0 && world.timers.size === 0
    }),
    { numRuns: 150 },
  )
  t.pass()
})

await t.test('parsing never throws, whatever it is given', async (t) => {
  const steps = fc.dictionary(
    fc.constantFrom('s', 't'),
    fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom('send', 'ask', 'on', 'branch', 'wait', 'goto', 'handOff', 'end'), fc.anything())),
  )
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ journey: fc.constant('j'), start: fc.constant('s'), steps })), (input) => {
      parseJourney(input)
    }),
    { numRuns: 300 },
  )
  t.pass()
})
