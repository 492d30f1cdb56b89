import t from 'tap'
import { lintJourneys } from '../src/index.ts'
import { asking, journey } from './scene.ts'

function findings(...yaml: string[]): string[] {
  return lintJourneys(yaml.map(journey)).map(({ journey: id, severity, code, path }) => `${severity} ${code} ${id}:${path.join('.')}`)
}

function steps(yaml: string, head = ''): string[] {
  return findings(`{ journey: j, entry: { keywords: [j] }, start: s, ${head} steps: { ${yaml} } }`)
}

const end = 'done: { end: completed }'

await t.test('a sound journey has no findings', async (t) => {
  t.strictSame(findings(asking('coupon')), [])
})

await t.test('a goto to a step that does not exist is an error where it stands', async (t) => {
  t.strictSame(steps(`s: { send: { text: hi }, goto: dnoe }, ${end}`), [
    'error step-unknown j:steps.s.goto',
    'error no-end j:steps.s',
    'warning step-unreachable j:steps.done',
  ])
  t.ok(steps(`s: { ask: { text: hi }, on: { valid: gone } }, ${end}`).includes('error step-unknown j:steps.s.on.valid'))
  t.ok(steps(`t: { end: completed }`).includes('error step-unknown j:start'))
})

await t.test('a step nothing leads to is a warning', async (t) => {
  t.strictSame(steps(`s: { end: completed }, lost: { end: lost }`), ['warning step-unreachable j:steps.lost'])
})

await t.test('a journey that cannot end is an error, and a loop that never pauses is one more', async (t) => {
  t.strictSame(steps('s: { send: { text: hi }, goto: t }, t: { send: { text: ho }, goto: s }'), [
    'error no-end j:steps.s',
    'error loop-without-pause j:steps.s',
    'error no-end j:steps.t',
    'error loop-without-pause j:steps.t',
  ])
})

await t.test('a loop through a question or a wait is allowed', async (t) => {
  t.strictSame(steps(`s: { ask: { text: hi, accept: number, save: n }, on: { valid: s, invalid: done } }, ${end}`), [])
  t.strictSame(
    steps(
      's: { wait: { for: 1h }, goto: t }, t: { branch: [{ if: "has(contact.x)", goto: done }, { else: s }] }, done: { end: completed }',
    ),
    [],
  )
})

await t.test('a wait until a date pauses no loop: the date may be past; a time of day always comes', async (t) => {
  const round = (until: string): string[] =>
    steps(
      `s: { send: { template: { name: n, language: en } }, goto: w }, w: { wait: { until: "${until}", zone: UTC }, goto: b }, b: { branch: [{ if: "has(contact.x)", goto: done }, { else: s }] }, ${end}`,
    )
  const loop = ['s', 'w', 'b'].map((step) => `error loop-without-pause j:steps.${step}`)
  t.strictSame(round('2020-01-01T09:00'), loop)
  t.strictSame(round("{{ contact.due | default: '2020-01-01T09:00' }}"), loop)
  t.strictSame(round('09:00'), [])
})

await t.test('every option needs a branch or valid, and every branch an option', async (t) => {
  const ask = 'ask: { buttons: { body: hi, options: [{ id: a, title: A }, { id: b, title: B }] } }'
  t.strictSame(steps(`s: { ${ask}, on: { a: done, c: done } }, ${end}`), [
    'error option-without-branch j:steps.s.on',
    'error branch-without-option j:steps.s.on.c',
  ])
  t.strictSame(steps(`s: { ${ask}, on: { a: done, valid: done } }, ${end}`), [])
  t.strictSame(steps(`s: { ask: { text: hi }, on: { invalid: done } }, ${end}`), ['error option-without-branch j:steps.s.on'])
})

await t.test('titles that differ only by capitals or spaces are an error, and by nothing else', async (t) => {
  const titles = (one: string, other: string): string[] =>
    steps(`s: { ask: { text: hi, options: [{ id: a, title: "${one}" }, { id: b, title: "${other}" }] }, on: { valid: done } }, ${end}`)
  t.strictSame(titles('XL', ' xl'), ['error options-alike j:steps.s.ask'])
  for (const [one, other] of [
    ['A+', 'A-'],
    ['Papa', 'Papá'],
    ['X L', 'XL'],
  ] as const)
    t.strictSame(titles(one, other), [])
})

await t.test('a variable nobody sets is an error, in texts and in conditions', async (t) => {
  t.strictSame(
    steps(
      `s: { send: { text: "{{ answers.email }} {{ offer }} {{ input.x }}" }, goto: t }, t: { branch: [{ if: "answers.nothing == 1", goto: done }, { else: done }] }, ${end}`,
    ),
    [
      'error variable-unknown j:steps.s.send.text',
      'error variable-unknown j:steps.s.send.text',
      'error variable-unknown j:steps.s.send.text',
      'error variable-unknown j:steps.t.branch.0.if',
    ],
  )
  t.strictSame(
    steps(`s: { ask: { text: hi, save: email }, on: { valid: t } }, t: { send: { text: "{{ answers.email }}" }, goto: done }, ${end}`),
    [],
  )
  t.strictSame(
    findings(
      `{ journey: j, start: s, input: [x], steps: { s: { send: { template: { name: n, language: en, variables: { x: "{{ input.x }}" } } }, goto: done }, ${end} } }`,
    ),
    [],
  )
})

await t.test('what a condition calls each item of a list is a variable of its own', async (t) => {
  const looks = (condition: string): string[] =>
    findings(
      `{ journey: j, start: s, input: [items], steps: { s: { branch: [{ if: '${condition}', goto: done }, { else: done }] }, ${end} } }`,
    )
  t.strictSame(looks('input.items.exists(i, i.sku == "A1")'), [])
  t.strictSame(looks('input.items.exists(i, i.sku == input.sku)'), ['error variable-unknown j:steps.s.branch.0.if'])
})

await t.test('what is said while a journey is paused may name the same variables', async (t) => {
  const says = (reply: string): string[] => steps(`s: { end: completed }`, `pause: { reply: "${reply}" },`)
  t.strictSame(says("One moment, {{ contact.name | default: 'please' }}"), [])
  t.strictSame(says('One moment, {{ anwsers.name }}'), ['error variable-unknown j:pause.reply'])
  t.strictSame(says('One moment, {{ contact.name }}'), ['warning variable-may-be-missing j:pause.reply'])
})

await t.test('a contact attribute without a default is a warning', async (t) => {
  const warning = ['warning variable-may-be-missing j:steps.s.send.text']
  t.strictSame(steps(`s: { send: { text: "Hi {{ contact.name }}" }, goto: done }, ${end}`), warning)
  t.strictSame(steps(`s: { send: { text: "Hi {{ contact.name | default: 'you' }}" }, goto: done }, ${end}`), [])
  t.strictSame(
    steps(`s: { set: { attributes: { size: m } }, goto: t }, t: { send: { text: "{{ contact.size }}" }, goto: done }, ${end}`),
    [],
  )
  const forgotten = `s: { set: { attributes: { plan: null, phone: null } }, goto: t }, t: { send: { text: "{{ contact.plan }}" }, goto: done }, ${end}`
  t.strictSame(steps(forgotten), ['warning variable-may-be-missing j:steps.t.send.text'], 'what is removed is not set')
})

await t.test('no step keeps an attribute under a name by which contacts are known', async (t) => {
  t.strictSame(steps(`s: { set: { attributes: { phone: "1", size: m }, answers: { name: x } }, goto: done }, ${end}`), [
    'error attribute-reserved j:steps.s.set.attributes.phone',
  ])
  t.strictSame(steps(`s: { http: { url: "https://shop.example", attributes: { name: $.name } }, goto: done, onError: done }, ${end}`), [
    'error attribute-reserved j:steps.s.http.attributes.name',
  ])
})

await t.test('a free-form message a day after the customer wrote is an error; a template is not', async (t) => {
  const later = (send: string, wait = '24h'): string => `s: { wait: { for: ${wait} }, goto: t }, t: { send: ${send}, goto: done }, ${end}`
  t.strictSame(steps(later('{ text: hi }')), ['error outside-reply-window j:steps.t'])
  t.strictSame(steps(later('{ text: hi }', '23h')), [])
  t.strictSame(steps(later('{ template: { name: n, language: en } }')), [])
  t.strictSame(findings(`{ journey: j, start: s, steps: { s: { send: { text: hi }, goto: done }, ${end} } }`), [
    'error outside-reply-window j:steps.s',
  ])
  const answered = `s: { ask: { template: { name: n, language: en } }, on: { valid: t } }, t: { send: { text: hi }, goto: done }, ${end}`
  t.strictSame(findings(`{ journey: j, start: s, steps: { ${answered} } }`), [])
})

await t.test('a call that may fail says where to go then, and a loop of calls needs a wait', async (t) => {
  const call = 'http: { url: "https://shop.example", save: { x: $.x }, attributes: { y: $.y } }'
  const say = 't: { send: { text: "{{ answers.x }} {{ contact.y }}" }, goto: done }'
  t.strictSame(steps(`s: { ${call}, goto: t }, ${say}, ${end}`), ['error call-without-error-branch j:steps.s.http'])
  t.strictSame(steps(`s: { ${call}, goto: t, onError: done }, ${say}, ${end}`), [], 'what it saves is set')
  t.strictSame(steps(`s: { ${call}, goto: done, onError: s }, ${end}`), ['error loop-without-pause j:steps.s'])
  t.strictSame(steps(`s: { ${call}, goto: done, onError: w, onTimeout: w }, w: { wait: { for: 1m }, goto: s }, ${end}`), [])
  t.ok(
    steps(`s: { http: { url: "https://shop.example/{{ answers.z }}" }, goto: done, onError: done }, ${end}`).includes(
      'error variable-unknown j:steps.s.http.url',
    ),
  )
})

await t.test(
  'a secret that is written out in a header is an error, in an address a warning; a reference, or what comes from a variable, is none',
  async (t) => {
    const call = (more: string, url = 'https://shop.example'): string[] =>
      steps(
        `a: { ask: { text: hi, save: x }, on: { valid: s } },
       s: { http: { url: "${url}", ${more} save: { x: $.x } }, goto: done, onError: done }, ${end}`,
      ).filter((each) => each.includes('secret'))
    for (const [name, value] of [
      ['authorization', 'Bearer sk-live-1'],
      ['Authorization', 'sk-live-1'],
      ['proxy-authorization', 'Basic dXNlcg=='],
      ['Cookie', 'session=1'],
      ['X-API-Key', 'sk-live-1'],
      ['x-plain', 'Bearer sk-live-1'],
      ['authorization', "{{ 'sk-live-1' }}"],
    ] as const)
      t.strictSame(call(`headers: { ${name}: "${value}" },`), [`error call-secret-written j:steps.s.http.headers.${name}`], value)
    for (const headers of ['x-api-key: env:KEY', 'authorization: "Bearer {{ answers.x }}"', 'x-size: L', 'x-routing-key: a'])
      t.strictSame(call(`headers: { ${headers} },`), [], headers)
    t.strictSame(call('bearer: env:KEY,'), [])
    for (const query of ['?key=1', '?a=b&api_key=sk', '?token=sk#x', '?access_token=sk', '?apiKey=sk'])
      t.strictSame(call('', `https://shop.example/x${query}`), ['warning call-secret-in-address j:steps.s.http.url'], query)
    for (const query of ['?keyword=1', '?token={{ answers.x }}', "?token={{ answers.x | default: 'a&b' }}", '?key=', '?sort_key=a'])
      t.strictSame(call('', `https://shop.example/x${query}`), [], query)
  },
)

await t.test('journeys that start each other need a wait between them, or an entry that is limited', async (t) => {
  const call = (id: string, other: string, more = '', entry = ''): string => `{
    journey: ${id}, ${entry} start: c, steps: {
      c: { http: { url: "https://shop.example" }, goto: ${more === '' ? 's' : 'w'}, onError: done }, ${more}
      s: { start: { journey: ${other} }, goto: done }, done: { end: completed } } }`
  t.strictSame(findings(call('a', 'b'), call('b', 'c'), call('c', 'a')), [
    'error loop-without-pause a:steps.s.start.journey',
    'error loop-without-pause b:steps.s.start.journey',
    'error loop-without-pause c:steps.s.start.journey',
  ])
  t.strictSame(findings(call('a', 'a')), ['error loop-without-pause a:steps.s.start.journey'])
  t.strictSame(findings(call('a', 'b'), call('b', 'a', 'w: { wait: { for: 1h }, goto: s },')), [])
  t.strictSame(findings(call('a', 'b'), call('b', 'a', '', 'entry: { reEntry: { after: 1h } },')), [])
  t.strictSame(
    findings(call('a', 'a', '', 'entry: { keywords: [a], cap: { starts: 1, per: 1d } },')),
    ['error loop-without-pause a:steps.s.start.journey'],
    'who asks by keyword is let in past the cap, and so is what follows',
  )
})

await t.test('the time a call may take counts for the reply window', async (t) => {
  const late = (retries: number): string[] =>
    steps(
      `s: { wait: { for: 1430m }, goto: c }, c: { http: { url: "https://shop.example", retries: ${retries} }, goto: t, onError: done }, t: { send: { text: hi }, goto: done }, ${end}`,
    )
  t.strictSame(late(0), [])
  t.strictSame(late(3), ['error outside-reply-window j:steps.t'])
})

const word = (id: string, keywords: string, more = ''): string =>
  `{ journey: ${id}, ${more} entry: { keywords: [${keywords}] }, start: s, steps: { s: { end: completed } } }`

await t.test('two journeys with the same keyword collide, as customers type it', async (t) => {
  t.strictSame(findings(word('a', 'coupon'), word('b', 'other, " COUPON! "')), ['error keyword-collision b:entry.keywords.1'])
})

await t.test('a keyword of nothing but white space is an error; one of signs or in any script is not', async (t) => {
  for (const by of ['exact', 'startsWith', 'contains'])
    t.strictSame(findings(word('a', `coupon, { ${by}: " " }`)), ['error keyword-empty a:entry.keywords.1'], by)
  t.strictSame(findings(word('a', '"🎉", "?", { contains: "ส" }, { startsWith: "你好" }')), [])
})

await t.test('keywords of different kinds, priorities or numbers do not collide', async (t) => {
  t.strictSame(findings(word('a', 'coupon'), word('b', '{ contains: coupon }')), [])
  t.strictSame(findings(word('a', 'coupon'), word('b', '{ exact: coupon, priority: 1 }')), [])
  t.strictSame(findings(word('a', 'coupon', 'numbers: [one],'), word('b', 'coupon', 'numbers: [two],')), [])
  t.strictSame(findings(word('a', 'coupon', 'numbers: [one],'), word('b', 'coupon')), ['error keyword-collision b:entry.keywords.0'])
})

await t.test('the same keyword in two languages is a warning', async (t) => {
  t.strictSame(findings(word('a', '{ exact: pass, language: en }'), word('b', '{ exact: pass, language: de }')), [
    'warning keyword-language-tie b:entry.keywords.0',
  ])
})

await t.test('two regular expressions of the same priority are refused: nobody can tell which wins', async (t) => {
  t.strictSame(findings(word('a', '{ regex: "^a" }'), word('b', '{ regex: "b$" }')), ['error keyword-collision b:entry.keywords.0'])
})

await t.test('two catch-alls, an id used twice, and an entry that can give no input are errors', async (t) => {
  const any = (id: string): string => `{ journey: ${id}, entry: { any: true }, start: s, steps: { s: { end: completed } } }`
  t.strictSame(findings(any('a'), any('b')), ['error entry-collision b:entry.any'])
  t.strictSame(findings(any('a'), any('a')).slice(0, 1), ['error journey-duplicate a:journey'])
  t.strictSame(findings(word('a', 'coupon', 'input: [x],')), ['error entry-impossible a:input'])
})
