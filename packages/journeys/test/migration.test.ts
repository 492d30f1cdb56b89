// A live edit while a thousand runs wait: without a map nobody notices, with one everybody is where it says, as the plan said before.
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { JourneyDefinition } from '../src/index.ts'
import { compileJourneys, createJourneysEngine, planMigration } from '../src/index.ts'
import { journey, play, says, scene, start, timeOut } from './scene.ts'
import type { Scene } from './scene.ts'

const OLD = `
journey: offer
entry: { keywords: [offer] }
start: q
steps:
  q:
    ask: { buttons: { body: "Want it?", options: [{ id: yes, title: Yes }, { id: no, title: No }] } }
    on: { yes: w, no: bye, invalid: { handOff: [queue:general], onReturn: { goto: done } }, timeout: { after: 5h, goto: bye } }
  w: { wait: { event: order.paid, atMost: 2h, save: order }, goto: bye, timeout: size }
  size: { ask: { text: "How many?", accept: number, save: size }, on: { valid: bye, timeout: { after: 5h, goto: bye } } }
  bye: { send: { text: "Bye" }, goto: done }
  done: { end: completed }
`
/** Its steps have other names, a reminder more, and no \`no\`. */
const NEW = `
journey: offer
entry: { keywords: [offer] }
start: pick
steps:
  pick:
    ask: { buttons: { body: "Still want it?", options: [{ id: yes, title: Sure }] } }
    on: { valid: paid, timeout: { after: 5h, goto: bye } }
  paid: { wait: { event: order.paid, atMost: 2h }, goto: bye, timeout: count }
  other: { wait: { event: order.lost, atMost: 2h }, goto: look }
  soon: { wait: { for: 1h }, goto: look }
  look: { branch: [{ if: window.open, goto: ask-now }, { else: done }] }
  ask-now: { ask: { text: "How many?", accept: number, save: size }, on: { valid: bye, timeout: { after: 1h, goto: done } } }
  count: { ask: { text: "How many, please?", accept: number, save: size }, on: { valid: bye, timeout: { after: 5h, goto: bye } } }
  bye: { send: { text: "Good bye" }, goto: done }
  done: { end: completed }
`
const [before, after] = [journey(OLD), journey(NEW)]
const PUBLISHED = compileJourneys([after], [before])
const engine = createJourneysEngine()
const by = { kind: 'api', id: 'test' } as const

/** A thousand people: at each step some, of whom service has some, and some were handed to it. */
const thousand = (): Scene[] => PEOPLE.map((at) => ({ ...at, state: structuredClone(at.state) }))
const PEOPLE = people()
function people(): Scene[] {
  return Array.from({ length: 1_000 }, (_, n) => {
    const at = scene([before], { contact: `ct_${n}` })
    start(at, 'offer')
    if (n % 4 > 0) says(at, n % 4 === 3 && n % 3 === 0 ? 'hm' : 'yes')
    if (n % 4 === 2) timeOut(at)
    if (n % 5 === 0) play(at, { kind: 'yield', reason: 'service-took' })
    at.config = PUBLISHED
    return at
  })
}

const runOf = (at: Scene) => at.state.runs[0]
const where = (at: Scene) => `${runOf(at)?.version}/${runOf(at)?.step}`
const count = (scenes: readonly Scene[], step: string, handedOff: boolean): number =>
  scenes
    .flatMap((at) => engine.runs?.(at.state) ?? [])
    .filter((run) => run.version === before.version && run.step === step && (run.status === 'handed-off') === handedOff).length

/** Everybody answers or lets time pass until their run is over; what went wrong. */
function live(scenes: readonly Scene[]): string[] {
  return scenes.flatMap((at) => {
    const alarms: string[] = []
    const look = (played: ReturnType<typeof play>) => {
      for (const effect of played.effects) if (effect.type === 'alarm.raise') alarms.push(effect.code)
      if (played.verdict.kind === 'error' || played.verdict.kind === 'refused') alarms.push(played.verdict.kind)
    }
    look(play(at, { kind: 'resume', after: 'service' }))
    for (let n = 0; n < 10 && at.state.runs.length > 0; n += 1) {
      if (runOf(at)?.doing.kind === 'asking') look(says(at, ['yes', '3', 'hm'][n % 3] ?? ''))
      else if (runOf(at)?.doing.kind === 'handed-off') look(play(at, { kind: 'resume', after: 'service' }))
      else look(timeOut(at))
    }
    if (at.state.runs.length > 0) alarms.push(`does not end at ${where(at)}`)
    return alarms
  })
}

await t.test('a publication moves nobody and breaks nobody: a thousand runs end as their own version says', async (t) => {
  const scenes = thousand()
  const places = scenes.map((at) => JSON.stringify(at.state))
  for (const at of scenes) play(at, { kind: 'refresh' })
  t.strictSame(
    scenes.map((at) => JSON.stringify(at.state)),
    places,
  )
  t.strictSame(live(scenes), [])
})

const MAPS: Record<string, string>[] = [
  { q: 'pick' },
  { w: 'paid', size: 'count' },
  { w: 'other', size: 'look' },
  { q: 'soon', w: 'soon', size: 'soon' },
  { q: 'done' },
  { size: 'ask-now' },
]
for (const map of MAPS) {
  const title = JSON.stringify(map)
  await t.test(`what the plan says of ${title} happens to a thousand runs, and to nobody else`, async (t) => {
    const plan = planMigration(before, after, map, [after])
    t.strictSame(plan.problems, [])
    const scenes = thousand()
    const expected = plan.steps.map(({ from }) => [count(scenes, from, false), count(scenes, from, true)])
    t.ok(
      expected.flat().some((runs) => runs > 100),
      JSON.stringify(expected),
    )
    const went = plan.steps.map(() => [0, 0])
    // A thousand assertions a map would be most of the time this takes.
    const odd: unknown[] = []
    for (const at of scenes) {
      const was = structuredClone(at.state.runs)
      const [run] = was
      const index = plan.steps.findIndex(({ from }) => from === run?.step)
      const step = plan.steps[index]
      if (run === undefined || step === undefined) continue
      const to = { version: after.version, step: step.to }
      const change = { kind: 'migrate' as const, from: { version: before.version, step: step.from }, to }
      const played = play(at, { kind: 'change', run: run.id, change, by })
      const refused = played.verdict.kind === 'refused'
      const counts = went[index] as [number, number]
      counts[refused ? 1 : 0] += 1
      const expectedRun = refused ? run : { ...run, ...to }
      const stays = refused || step.how === 'stays'
      if (refused !== (run.doing.kind === 'handed-off')) odd.push(['refused', run, played.verdict])
      if (stays && !isDeepStrictEqual([at.state.runs, played.texts], [[expectedRun], []])) odd.push(['did not stay', run, at.state.runs])
      if (!stays && !['done', 'look'].includes(step.to) && where(at) !== `${to.version}/${to.step}`) odd.push(['elsewhere', where(at)])
      const again = play(at, { kind: 'change', run: run.id, change, by })
      if (again.effects.length + again.trail.length > 0) odd.push(['again', run, again])
    }
    t.strictSame(odd.slice(0, 3), [])
    t.strictSame(went, expected)
    t.strictSame(live(scenes), [])
  })
}

await t.test('a plan tells what stays and what is entered anew', async (t) => {
  const how = (map: Record<string, string>, to: JourneyDefinition = after) =>
    planMigration(before, to, map, [to]).steps.map((step) => step.how)
  t.strictSame(how({ q: 'pick', w: 'paid', size: 'count' }), ['stays', 'stays', 'stays'])
  t.strictSame(how({ w: 'other', size: 'pick' }), ['enters', 'enters'], 'another event, another kind of answer')
  const without = journey(NEW.replace('{ valid: paid,', '{ yes: paid,'))
  t.strictSame(how({ q: 'pick' }, without), ['enters'], 'who is asked may still say no')
})

await t.test('a plan is refused for steps that are not there, variables nobody has, and messages that would come too late', async (t) => {
  const problems = (map: Record<string, string>, to = NEW) => planMigration(before, journey(to), map, [journey(to)]).problems
  t.match(problems({ x: 'pick' }), [{ path: ['steps', 'x'], message: /has no step x/ }])
  t.match(problems({ q: 'x' }), [{ path: ['steps', 'q'], message: /has no step x/ }])
  t.match(problems({ q: 'soon' }, NEW.replace('"How many?"', '"How many, {{ answers.name }}?"')), [{ message: /answers\.name/ }])
  t.match(problems({ q: 'soon' }, NEW.replace('start: pick', 'input: [code]\nstart: pick').replace('"How many?"', '"{{ input.code }}"')), [
    { message: /input\.code/ },
  ])
  t.match(problems({ q: 'bye' }), [{ message: /the reply window may be closed on the way/ }])
  t.match(problems({ w: 'paid' }, NEW.replace('atMost: 2h }, goto: bye, timeout: count', 'atMost: 22h }, goto: bye, timeout: count')), [
    { message: /up to 27 h/ },
  ])
})

const NIGHT = 'quietHours: { from: "21:00", to: "08:00", zone: UTC },'
const answers = 'options: [{ id: yes, title: Yes }] }, on: { yes: done, timeout: { after: 2h, goto: done } } }'
const inTheMorning = (asks: string, head: string, way = ''): JourneyDefinition =>
  journey(
    `{ journey: offer, ${head} start: ${way === '' ? 'q' : 'w'}, steps: { ${way} q: { ask: { ${asks}, ${answers}, done: { end: done } } }`,
  )

await t.test('a run that waits for the morning with its question asks what the other step asks: that must not come too late', async (t) => {
  const template = 'template: { name: offer, language: en }'
  const [old, next] = [inTheMorning(template, NIGHT), inTheMorning('text: "Want it?"', `entry: { keywords: [offer] }, ${NIGHT}`)]
  t.match(planMigration(old, next, { q: 'q' }, [next]), {
    steps: [{ how: 'stays' }],
    problems: [{ message: /reply window may be closed/ }],
  })
  const at = scene([old], { now: Date.UTC(2026, 0, 5, 23) })
  start(at, 'offer')
  at.config = compileJourneys([next], [old])
  const place = ({ version }: JourneyDefinition) => ({ version, step: 'q' })
  play(at, { kind: 'change', run: 'ru_1', change: { kind: 'migrate', from: place(old), to: place(next) }, by })
  t.strictSame(timeOut(at).texts, ['Want it?'])
  const awake = inTheMorning(template, '')
  t.strictSame(planMigration(awake, next, { q: 'q' }, [next]).problems, [], 'without quiet hours they have all asked')
  const hourLater = (asks: string) => inTheMorning(asks, `entry: { keywords: [offer] }, ${NIGHT}`, 'w: { wait: { for: 1h }, goto: q },')
  const [soon, other] = [hourLater('text: "Want it?"'), hourLater('text: "Still?"')]
  t.strictSame(planMigration(soon, other, { q: 'q' }, [other]).problems, [], 'the same night is not counted twice')
})
