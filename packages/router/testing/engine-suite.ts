// What every engine must keep, whoever wrote it. Each promise is one check that rejects when it is broken, so that the suite
// itself can be tested: an engine with one fault must fail the check of that fault.
import { deepEqual, equal, ok } from 'node:assert/strict'
import * as fc from 'fast-check'
import { NOTHING_RECOGNISED, numberSettings } from '../src/index.ts'
import type { Engine, EngineContext, EngineInput, EngineOutput, HandOff, InboundMessage, NumberSettings } from '../src/index.ts'

export interface EngineContract<S, C> {
  create(): Engine<S, C>
  /** The engine's configuration, as the server would publish it. */
  config: C
  /** Inputs that mean something to the engine in this state: the more of them, the deeper the suite goes. */
  inputs(state: S): EngineInput[]
  number?: NumberSettings
}

export interface EngineCheck {
  title: string
  run(): Promise<void>
}

/** Runs the whole contract as subtests of `t` (tap's or node's). */
export async function engineContract<S, C>(
  t: { test(title: string, run: () => Promise<void>): PromiseLike<unknown> },
  contract: EngineContract<S, C>,
): Promise<void> {
  for (const promise of engineChecks(contract)) await t.test(promise.title, () => promise.run())
}

/** The promises one by one. */
export function engineChecks<S, C>(contract: EngineContract<S, C>): EngineCheck[] {
  return [
    check('the first state is plain JSON that the schema accepts, and nobody works yet', () => {
      const engine = contract.create()
      const state = engine.initialState()
      deepEqual(json(state), state, 'the state is not plain JSON')
      deepEqual(engine.stateSchema.parse(json(state)), state, 'the schema changes or refuses it')
      deepEqual(engine.initialState(), state, 'two first states differ')
      equal(engine.participant(state, contextAt(contract, 0)), null)
    }),
    check('no input throws, and every state passes the schema unchanged', () => {
      everyStory(contract, ({ engine, output }) => {
        deepEqual(engine.stateSchema.parse(json(output.state)), output.state)
      })
    }),
    check('the same state, input and context give the same output', () => {
      everyStory(contract, ({ state, input, index, output }) => {
        deepEqual(contract.create().receive(state, input, contextAt(contract, index)), output)
      })
    }),
    check('a state that was stored and read back behaves like the one that was not', () => {
      everyStory(contract, ({ engine, state, input, index, output }) => {
        const stored = engine.stateSchema.parse(json(state))
        deepEqual(json(engine.receive(stored, json(input), contextAt(contract, index))), json(output))
      })
    }),
    check('neither state, input nor context are changed', () => {
      everyStory(contract, ({ engine, state, input, index }) => {
        const context = contextAt(contract, index)
        const before = json({ state, input, contact: context.contact })
        engine.receive(state, input, context)
        engine.participant(state, context)
        deepEqual(json({ state, input, contact: context.contact }), before)
      })
    }),
    check('a refusal changes nothing and orders nothing', () => {
      everyStory(contract, ({ state, output }) => {
        if (output.verdict.kind !== 'refused') return
        deepEqual(output.state, state)
        deepEqual(output.effects, [])
        ok(/^[a-z0-9-]+$/.test(output.verdict.code), 'the code is not in kebab case')
        ok(output.verdict.message.length > 0, 'a refusal without a reason')
      })
    }),
    check('a look at a message changes nothing and never throws', () => {
      everyStory(contract, ({ engine, state, index }) => {
        const before = json(state)
        const message: InboundMessage = { providerId: 'look', at: 0, content: { kind: 'text', text: 'coupon' } }
        const first = engine.recognise(state, message, contextAt(contract, index))
        deepEqual(engine.recognise(state, message, contextAt(contract, index)), first)
        deepEqual(json(state), before)
      })
    }),
    check('timers have a time, and one fate a turn', () => {
      everyStory(contract, ({ output }) => {
        const named = output.effects.flatMap((effect) =>
          effect.type === 'timer.set' || effect.type === 'timer.cancel' ? [effect.name] : [],
        )
        equal(new Set(named).size, named.length, `of ${named.join(', ')} one is ordered twice`)
        for (const effect of output.effects) if (effect.type === 'timer.set') ok(Number.isFinite(effect.at), 'no time')
      })
    }),
    check('one name of a command or call means one order', () => {
      const seen = new Map<string, unknown>()
      everyStory(contract, ({ output, story }) => {
        for (const effect of output.effects) {
          const key = effect.type === 'command.send' ? effect.dedupe : effect.type === 'participant.call' ? effect.callId : null
          if (key === null) continue
          const place = `${story} ${effect.type} ${key}`
          deepEqual(seen.get(place) ?? effect, effect, `${key} is another order than before`)
          seen.set(place, effect)
        }
      })
    }),
  ]
}

interface Moment<S, C> {
  engine: Engine<S, C>
  story: number
  index: number
  state: S
  input: EngineInput
  output: EngineOutput<S>
}

/** Many stories of meaningful and meaningless inputs, each told to a new engine; `look` sees every step of them. */
function everyStory<S, C>(contract: EngineContract<S, C>, look: (moment: Moment<S, C>) => void): void {
  let story = 0
  const step = fc.oneof({ weight: 5, arbitrary: fc.nat(1000) }, { weight: 1, arbitrary: nonsense })
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }), (steps) => {
    const engine = contract.create()
    let state = engine.initialState()
    story += 1
    steps.forEach((chosen, index) => {
      const known = contract.inputs(state)
      const input = typeof chosen === 'number' ? known[chosen % known.length] : chosen
      if (input === undefined) return
      const output = engine.receive(state, input, contextAt(contract, index))
      look({ engine, story, index, state, input, output })
      state = output.state
    })
  })
  fc.assert(property, { numRuns: 100 })
}

const text = fc.string({ maxLength: 12 })
const message = text.map((words): InboundMessage => ({ providerId: `in.${words}`, at: 0, content: { kind: 'text', text: words } }))
const anything = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }) as fc.Arbitrary<Record<string, unknown>>

const START = Date.UTC(2026, 0, 1)

/** Inputs the engine did not expect: names it does not know, timers it never set, failures of messages it never sent. */
const nonsense: fc.Arbitrary<EngineInput> = fc.oneof(
  fc.record({ kind: fc.constant('event' as const), name: text, data: anything }),
  fc.record({ kind: fc.constant('timer' as const), name: text, due: fc.integer() }),
  fc.record({ kind: fc.constant('sendFailed' as const), ref: text, messageId: text, code: text, reason: text }),
  fc.record({ kind: fc.constant('message' as const), message, recognition: fc.constant(NOTHING_RECOGNISED) }),
  fc.record({ kind: fc.constant('notice' as const), message, recognition: fc.constant(NOTHING_RECOGNISED) }),
  fc.record({ kind: fc.constant('start' as const), entry: text, by: fc.constant({ kind: 'api' as const, id: 'suite' }) }),
  fc.record({ kind: fc.constant('take' as const), handOff: fc.record({ targets: fc.constant<HandOff['targets']>([]), reason: text }) }),
  fc.record({ kind: fc.constant('yield' as const), reason: fc.constantFrom('support-request' as const, 'upstream' as const) }),
  fc.record({
    kind: fc.constant('joined' as const),
    handOff: fc.record({ targets: fc.constant<HandOff['targets']>([]), reason: text, waitingSince: fc.integer({ min: 0, max: START }) }),
  }),
  fc.record({ kind: fc.constant('resume' as const), after: fc.constantFrom('service' as const, 'upstream' as const) }),
  fc.record({ kind: fc.constant('withdraw' as const) }),
)

const suiteNumber = numberSettings.parse({ id: 'suite', displayNumber: '+15550000000', provider: 'suite' })

/** The context of the n-th event: an hour after the last one, with ids of its own, and the reply window closed now and then. */
function contextAt<S, C>({ config, number = suiteNumber }: EngineContract<S, C>, index: number): EngineContext<C> {
  let ids = 0
  const now = START + index * 3_600_000
  return {
    now,
    conversationId: 'cv_1_suite',
    number,
    contact: { id: 'cv_1_suite', identity: { phone: '15550000001', name: 'Mary' }, attributes: { vip: true }, tags: ['new'] },
    replyWindow: index % 5 === 4 ? { open: false, closesAt: now - 1 } : { open: true, closesAt: now + 3_600_000 },
    consent: 'in',
    marketing: { sent: [], talking: false },
    serviceSession: { id: `se_1_${index}`, status: 'new', openedAt: now },
    config,
    newId: (prefix) => `${prefix}_1_${index}_${(ids += 1)}`,
  }
}

function json<V>(value: V): V {
  return JSON.parse(JSON.stringify(value)) as V
}

function check(title: string, run: () => void): EngineCheck {
  return {
    title,
    async run() {
      await Promise.resolve()
      run()
    },
  }
}
