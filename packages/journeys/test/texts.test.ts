import t from 'tap'
import { checkCondition, conditionVariables, evaluate } from '../src/conditions.ts'
import { localTime, nextLocalTime } from '../src/local-time.ts'
import { renderAll } from '../src/templates.ts'
import type { Scope } from '../src/templates.ts'

const scope: Scope = {
  contact: { name: 'Mary', age: 20, tags: ['vip'], ordered: '2026-01-02T03:04:05Z' },
  answers: { size: 'm' },
  input: {},
  number: { id: 'main', displayNumber: '+1' },
  journey: { id: 'j', name: 'J' },
  window: { open: true, hoursLeft: 23 },
}

await t.test('texts are filled in everywhere inside a value', async (t) => {
  t.strictSame(renderAll({ a: ['Hi {{ contact.name }}', 3], b: { c: '{{ answers.size | upcase }}' } }, scope), {
    kind: 'ok',
    value: { a: ['Hi Mary', 3], b: { c: 'M' } },
  })
})

await t.test('an unbound variable refuses the whole, and says which', async (t) => {
  const result = renderAll({ a: 'Hi', b: ['{{ contact.nick }}'] }, scope)
  t.match(result, { kind: 'unbound', path: ['b', 0], reason: /contact\.nick/ })
  t.match(renderAll('{{ contact.nick | default: "you" }}', scope), { kind: 'ok', value: 'you' })
  t.match(renderAll('{% if contact.nick %}x{% endif %}', scope), { kind: 'unbound', reason: /empty/ })
})

await t.test('a text cannot reach beyond its variables, nor read the clock', async (t) => {
  t.match(renderAll('{{ contact.constructor }}', scope), { kind: 'unbound' })
  t.match(renderAll("{{ 'now' | date: '%Y' }}", scope), { kind: 'unbound', reason: /clock/ })
  for (const filter of ['date', 'date_to_string', 'date_to_long_string', 'date_to_xmlschema', 'date_to_rfc822']) {
    for (const word of ['now', 'today'])
      t.match(renderAll(`{{ '${word}' | ${filter} }}`, scope), { kind: 'unbound', reason: /clock/ }, filter)
    t.match(renderAll(`{{ contact.ordered | ${filter} }}`, scope), { kind: 'ok', value: /2026/ }, filter)
  }
  t.match(renderAll("{{ contact.ordered | date: '%d.%m.%Y %H:%M' }}", scope), { kind: 'ok', value: '02.01.2026 03:04' })
})

await t.test('conditions: what is not there is null, unless it is asked for', async (t) => {
  const holds = (text: string): boolean => evaluate(text, scope).holds
  t.equal(holds('contact.age > 18'), true)
  t.equal(holds('contact.age == 20'), true)
  t.equal(holds('contact.vip == true'), false)
  t.equal(holds('contact.vip != true'), true)
  t.equal(holds('has(contact.vip) && contact.vip'), false)
  t.equal(holds('"vip" in contact.tags && answers.size in ["s", "m"]'), true)
  t.strictSame(evaluate('contact.height > 18', scope), { holds: false })
})

await t.test('a condition may look for something in a list, by a name of its own for each item', async (t) => {
  const found = 'answers.items.exists(i, i.sku == "A1" && i.count > 0)'
  const items = (...list: unknown[]): Scope => ({ ...scope, answers: { items: list } })
  t.equal(checkCondition(found), null)
  t.strictSame(conditionVariables(found), [['answers', 'items']])
  t.strictSame(conditionVariables('answers.items.all(i, has(i.sku) && i.sku != answers.size)'), [
    ['answers', 'items'],
    ['answers', 'size'],
  ])
  t.strictSame(evaluate(found, items({ sku: 'B2', count: 1 }, { sku: 'A1', count: 2 })), { holds: true })
  t.strictSame(evaluate(found, items({ sku: 'A1', count: 0 })), { holds: false })
  t.match(checkCondition('answers.items.exists(i, i.all(j, j.x == 1))'), /must not stand inside another/)
  t.match(checkCondition('answers.items.filter(i, i.x == 1).exists(j, j.y == 1)'), /must not stand inside another/)
})

await t.test('a condition that makes no sense does not hold, and says why', async (t) => {
  t.match(evaluate('contact.name > 18', scope), { holds: false, problem: /overload/ })
})

await t.test('local times, with the clocks going forward and back', async (t) => {
  const at = (local: string, zone: string): string | null => {
    const ms = localTime(local, zone)
    return ms === null ? null : new Date(ms).toISOString()
  }
  t.equal(at('2026-12-24T18:00', 'Europe/Berlin'), '2026-12-24T17:00:00.000Z')
  t.equal(at('2026-07-01T18:00', 'America/New_York'), '2026-07-01T22:00:00.000Z')
  t.equal(at('2026-03-29T02:30', 'Europe/Berlin'), '2026-03-29T01:30:00.000Z', 'skipped: after the gap')
  t.equal(at('2026-10-25T02:30', 'Europe/Berlin'), '2026-10-25T00:30:00.000Z', 'twice: the first time')
  const next = (local: string, now: string): string => new Date(nextLocalTime(local, 'Europe/Berlin', Date.parse(now)) ?? NaN).toISOString()
  t.equal(next('09:00', '2026-03-28T22:30:00Z'), '2026-03-29T07:00:00.000Z', 'the morning after, however short the night')
  t.equal(next('09:00', '2026-10-24T22:30:00Z'), '2026-10-25T08:00:00.000Z')
  t.equal(next('02:30', '2026-10-25T00:30:00Z'), '2026-10-26T01:30:00.000Z', 'not twice in one night')
  t.equal(at('2026-02-30T02:30', 'Europe/Berlin'), null)
  t.equal(at('tomorrow', 'Europe/Berlin'), null)
})
