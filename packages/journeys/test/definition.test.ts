import t from 'tap'
import { parse } from 'yaml'
import { parseJourney } from '../src/index.ts'
import { asking, journey } from './scene.ts'

function problems(yaml: string): { path: string; message: string }[] {
  const result = parseJourney(parse(yaml))
  return result.kind === 'ok' ? [] : result.problems.map(({ path, message }) => ({ path: path.join('.'), message }))
}

function step(yaml: string): { path: string; message: string }[] {
  return problems(`{ journey: j, start: s, steps: { s: ${yaml}, done: { end: completed } } }`)
}

const button = (id: string): string => `{ id: ${id}, title: ${id} }`
const buttons = (...ids: string[]): string => `buttons: { body: hi, options: [${ids.map(button).join(', ')}] }`

const refused: [string, string, string, RegExp][] = [
  ['a step of no kind', '{ sned: { text: hi }, goto: done }', 'steps.s', /no step kind/],
  ['a step of two kinds', '{ send: { text: hi }, end: completed }', 'steps.s', /send and end/],
  [
    'a host with a variable',
    '{ http: { url: "https://{{ answers.x }}.shop.example" }, goto: done, onError: done }',
    'steps.s.http.url',
    /whose host has no variables/,
  ],
  [
    'an address that hides its host',
    '{ http: { url: "https://shop.example@evil.example" }, goto: done, onError: done }',
    'steps.s.http.url',
    /whose host/,
  ],
  [
    'a host that goes on in a variable',
    '{ http: { url: "https://shop.example{{ answers.x }}" }, goto: done, onError: done }',
    'steps.s.http.url',
    /whose host/,
  ],
  [
    'a value that is put into an address as it is',
    '{ http: { url: "https://shop.example/{{ answers.x | raw }}" }, goto: done, onError: done }',
    'steps.s.http.url',
    /raw/,
  ],
  [
    'a token that is no reference',
    '{ http: { url: "https://shop.example", bearer: hunter2 }, goto: done, onError: done }',
    'steps.s.http.bearer',
    /never the secret itself/,
  ],
  [
    'two authorizations',
    '{ http: { url: "https://shop.example", bearer: "env:T", headers: { Authorization: x } }, goto: done, onError: done }',
    'steps.s.http.bearer',
    /give one of them/,
  ],
  [
    'a header that Baton sets',
    '{ http: { url: "https://shop.example", headers: { Host: x } }, goto: done, onError: done }',
    'steps.s.http.headers.Host',
    /Host is set by Baton/,
  ],
  [
    'a body with a broken variable',
    '{ http: { url: "https://shop.example", body: { a: ["{{ x"] } }, goto: done, onError: done }',
    'steps.s.http.body.a.0',
    /not closed/,
  ],
  [
    'a GET with a body',
    '{ http: { url: "https://shop.example", method: GET, body: 1 }, goto: done, onError: done }',
    'steps.s.http.body',
    /a GET has no body/,
  ],
  [
    'a place that names many',
    '{ http: { url: "https://shop.example", save: { a: "$..b" } }, goto: done, onError: done }',
    'steps.s.http.save.a',
    /a place in the answer/,
  ],
  [
    'a time-out of an hour',
    '{ http: { url: "https://shop.example", timeout: 1h }, goto: done, onError: done }',
    'steps.s.http.timeout',
    /between 100ms and 60s/,
  ],
  ['a split of one', '{ split: [{ share: 100, goto: done }] }', 'steps.s.split', /at least two/],
  ['shares that do not add up', '{ split: [{ share: 50, goto: done }, { share: 40, goto: done }] }', 'steps.s.split', /add up to 100/],
  ['a wait for an event without end', '{ wait: { event: order.paid }, goto: done }', 'steps.s.wait.event', /atMost/],
  ['a wait for two things', '{ wait: { event: order.paid, for: 2h }, goto: done }', 'steps.s.wait', /one of for, until, event/],
  ['a time-out of a wait for no event', '{ wait: { for: 2h }, goto: done, timeout: done }', 'steps.s.timeout', /only used with/],
  ['a time of day that does not exist', '{ wait: { until: "25:00", zone: contact }, goto: done }', 'steps.s.wait.until', /time of day/],
  ['an unknown key', '{ send: { text: hi, colour: red }, goto: done }', 'steps.s.send.colour', /unknown key/],
  ['a send without goto', '{ send: { text: hi } }', 'steps.s.goto', /./],
  ['a step that says two things', '{ send: { text: hi, image: { url: "https://x" } }, goto: done }', 'steps.s.send', /text and image/],
  ['a file that is neither url nor media', '{ send: { image: { caption: hi } }, goto: done }', 'steps.s.send.image', /either url or media/],
  ['four buttons', `{ ask: { ${buttons('a', 'b', 'c', 'd')} }, on: { valid: done } }`, 'steps.s.ask.buttons.options', /at most 3 buttons/],
  [
    'a button title of 21 characters',
    `{ send: { ${buttons('abcdefghijklmnopqrstu')} }, goto: done }`,
    'steps.s.send.buttons.options.0.title',
    /at most 20 characters/,
  ],
  [
    'two options of one title',
    '{ send: { buttons: { body: hi, options: [{ id: a, title: A }, { id: b, title: A }] } }, goto: done }',
    'steps.s.send',
    /two options have the title A/,
  ],
  [
    'eleven rows',
    `{ send: { list: { body: hi, button: See, options: [${Array.from({ length: 11 }, (_, at) => button(`r${at}`)).join(', ')}] } }, goto: done }`,
    'steps.s.send.list.options',
    /at most 10 rows/,
  ],
  ['an option named like a branch', `{ ask: { ${buttons('timeout')} }, on: { valid: done } }`, 'steps.s.ask', /timeout is a branch/],
  ['a hand-off target without a kind', '{ handOff: { to: [general] } }', 'steps.s.handOff.to.0', /queue:general/],
  ['a hand-off to nobody', '{ handOff: { to: [] } }', 'steps.s.handOff.to', /at least one target/],
  ['a hand-off that resumes nowhere', '{ handOff: { to: [queue:a], onReturn: resume } }', 'steps.s.goto', /name the step/],
  ['branches without else', '{ branch: [{ if: "true", goto: done }] }', 'steps.s.branch.0', /else/],
  ['a condition that does not parse', '{ branch: [{ if: "contact.", goto: done }, { else: done }] }', 'steps.s.branch.0.if', /./],
  [
    'a condition of an unknown variable',
    '{ branch: [{ if: "contakt.vip", goto: done }, { else: done }] }',
    'steps.s.branch.0.if',
    /contakt/,
  ],
  [
    'a backtracking regular expression in a condition',
    '{ branch: [{ if: "contact.x.matches(\'(a+)+$\')", goto: done }, { else: done }] }',
    'steps.s.branch.0.if',
    /matches\(\) is not available/,
  ],
  ['a condition that is a number', '{ branch: [{ if: "1 + 1", goto: done }, { else: done }] }', 'steps.s.branch.0.if', /true or false/],
  ['a text that does not parse', '{ send: { text: "{{ contact.name " }, goto: done }', 'steps.s.send.text', /not closed/],
  ['an unknown filter', '{ send: { text: "{{ contact.name | shout }}" }, goto: done }', 'steps.s.send.text', /shout/],
  ['a text that reads files', '{ send: { text: "{% include \'x\' %}" }, goto: done }', 'steps.s.send.text', /include/],
  [
    'a regular expression with look-ahead',
    '{ ask: { text: hi, accept: { regex: "(?=a)" } }, on: { valid: done } }',
    'steps.s.ask.accept.regex',
    /./,
  ],
  ['until without a zone', '{ wait: { until: "2026-12-24T18:00" }, goto: done }', 'steps.s.wait', /zone/],
  ['an unknown zone', '{ wait: { until: "2026-12-24T18:00", zone: Europe/Atlantis }, goto: done }', 'steps.s.wait.zone', /time zone/],
  ['a day that does not exist', '{ wait: { until: "2026-02-30T18:00", zone: contact }, goto: done }', 'steps.s.wait.until', /local time/],
  ['again without retries', '{ ask: { text: hi, again: what }, on: { valid: done } }', 'steps.s.ask.again', /retries/],
]

for (const [what, yaml, path, message] of refused) {
  await t.test(`${what} is refused, with its path`, async (t) => {
    const found = step(yaml)
    t.ok(
      found.some((problem) => problem.path === path && message.test(problem.message)),
      JSON.stringify(found),
    )
  })
}

await t.test('every problem of a journey is reported at once', async (t) => {
  const found = problems('{ journey: "A B", steps: { s: { sned: 1 }, t: { end: "Not An Outcome" } } }')
  t.strictSame(found.map(({ path }) => path).toSorted(), ['journey', 'start', 'steps.s', 'steps.t.end'])
})

await t.test('something that is no journey at all is refused', async (t) => {
  for (const input of [null, 3, 'journey', [], { steps: 3 }]) t.equal(parseJourney(input).kind, 'invalid')
})

await t.test('the version is that of the contents: order of keys does not matter, a changed text does', async (t) => {
  const one = journey('{ journey: j, start: s, steps: { s: { send: { text: hi }, goto: t }, t: { end: completed } } }')
  const same = journey('{ steps: { t: { end: completed }, s: { goto: t, send: { text: hi } } }, start: s, journey: j }')
  const other = journey('{ journey: j, start: s, steps: { s: { send: { text: ho }, goto: t }, t: { end: completed } } }')
  t.equal(one.version, same.version)
  t.not(one.version, other.version)
})

await t.test('defaults: marketing, every number, always again, named by its id', async (t) => {
  t.match(journey(asking('coupon')), { name: 'coupon', purpose: 'marketing', numbers: undefined, input: [], entry: { reEntry: 'always' } })
})
