// Somebody ends a run or moves it.
import t from 'tap'
import type { RunChange } from '@baton/router'
import { compileJourneys } from '../src/index.ts'
import { asking, play, recognise, says, scene, start, timeOut } from './scene.ts'
import type { Scene } from './scene.ts'

const by = { kind: 'api', id: 'test' } as const
const change = (at: Scene, wanted: RunChange, run = 'ru_1') => play(at, { kind: 'change', run, change: wanted, by })
const move = (at: Scene, from: string, to: string) => change(at, { kind: 'move', from, to })
const running = (): Scene => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  return at
}

await t.test('a run that is ended says nothing more, and to end it again changes nothing', async (t) => {
  const at = running()
  t.match(change(at, { kind: 'exit' }), {
    effects: [{ type: 'timer.cancel', name: 'ru_1' }],
    verdict: { kind: 'ended', outcome: 'exited' },
    trail: [{ marks: [['ended', 'q', 'exited']] }],
  })
  t.match(change(at, { kind: 'exit' }), { effects: [], verdict: { kind: 'handled' }, trail: [] })
})

await t.test('a run that is moved is at the other step at once, and its question is not open any more', async (t) => {
  const at = running()
  t.match(move(at, 'q', 'b'), {
    texts: ['coupon no'],
    trail: [
      {
        marks: [
          ['moved', 'b', 'q'],
          ['entered', 'b'],
          ['entered', 'done'],
          ['ended', 'done', 'completed'],
        ],
      },
    ],
  })
  t.equal(recognise(at, 'yes').reply.match, 'none')
})

await t.test('a move that is repeated changes nothing, and one from where the run is not is refused', async (t) => {
  const two =
    '{ journey: j, start: w, steps: { w: { wait: { for: 1h }, goto: x }, x: { wait: { for: 1d }, goto: done }, done: { end: completed } } }'
  const at = scene([two])
  start(at, 'j')
  t.match(move(at, 'w', 'x').effects, [{ type: 'timer.set' }])
  t.match(move(at, 'w', 'x'), { effects: [], trail: [], verdict: { kind: 'handled' } })
  t.match(move(at, 'w', 'done').verdict, { kind: 'refused', code: 'journey-run-elsewhere', message: /\(x\)/ })
})

await t.test('a step the version does not have, a run that is over, and one that never was are refused', async (t) => {
  const at = running()
  t.match(move(at, 'q', 'nowhere').verdict, { kind: 'refused', code: 'journey-run-step-unknown' })
  t.match(change(at, { kind: 'exit' }, 'ru_9').verdict, { kind: 'refused', code: 'journey-run-unknown' })
  change(at, { kind: 'exit' })
  t.match(move(at, 'q', 'b').verdict, { kind: 'refused', code: 'journey-run-over', message: /exited/ })
})

await t.test('a run that service interrupted is moved at once and goes on there when it comes back', async (t) => {
  const at = running()
  play(at, { kind: 'yield', reason: 'service-took' })
  t.same(move(at, 'q', 'b').texts, [])
  t.match(at.state.runs, [{ step: 'b', doing: { kind: 'suspended', prompt: null } }])
  play(at, { kind: 'resume', after: 'service' })
  t.same(timeOut(at).texts, ['coupon no'])
})

await t.test('a run that gave the conversation to service itself goes on where it was moved to', async (t) => {
  const at = running()
  says(at, 'hm')
  t.match(at.state.runs, [{ doing: { kind: 'handed-off' } }])
  move(at, 'q', 'a')
  play(at, { kind: 'resume', after: 'service' })
  t.same(timeOut(at).texts, ['coupon yes'])
})

await t.test('a run of a paused journey is moved, and says what it has to say when the journey goes on', async (t) => {
  const at = running()
  const { config } = at
  at.config = compileJourneys([...config.journeys.values()].map((each) => ({ ...each, status: 'paused' as const })))
  t.same(move(at, 'q', 'b').texts, [])
  at.config = config
  t.same(play(at, { kind: 'refresh' }).texts, ['coupon no'])
})
