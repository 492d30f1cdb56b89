import t from 'tap'
import type { IncomingContent } from '@baton/router'
import { matchReply } from '../src/replies.ts'
import type { Accept } from '../src/replies.ts'

const options = [
  { id: 'yes', title: 'Yes' },
  { id: 'no', title: 'No thanks' },
]

function value(accept: Accept, text: string): string | number | null {
  const match = matchReply({ options: [], accept }, { kind: 'text', text })
  return match.kind === 'value' ? match.value : null
}

await t.test('a valid reply is the id of an option, or its title typed', async (t) => {
  const question = { options, accept: null }
  t.strictSame(matchReply(question, { kind: 'reply', via: 'button', id: 'no', title: 'No thanks' }), { kind: 'option', option: 'no' })
  t.strictSame(matchReply(question, { kind: 'text', text: ' no THANKS! ' }), { kind: 'option', option: 'no' })
  t.strictSame(matchReply(question, { kind: 'text', text: 'nope' }), { kind: 'invalid' })
  t.strictSame(matchReply(question, { kind: 'reply', via: 'button', id: 'other', title: 'Yes' }), { kind: 'invalid' })
})

await t.test('a quick reply without payload is known by its label', async (t) => {
  t.strictSame(matchReply({ options, accept: null }, { kind: 'reply', via: 'template', id: 'No thanks', title: 'No thanks' }), {
    kind: 'option',
    option: 'no',
  })
})

await t.test('titles that differ only by a sign at their edge, or by an accent, are told apart by it', async (t) => {
  const typed = (text: string, ...titles: string[]): string | null => {
    const match = matchReply({ options: titles.map((title) => ({ id: title, title })), accept: null }, { kind: 'text', text })
    return match.kind === 'option' ? match.option : null
  }
  for (const [one, other] of [
    ['< 100 €', '> 100 €'],
    ['A+', 'A-'],
    ['Gut 👍', 'Gut 👎'],
    ['Papa', 'Papá'],
  ] as const) {
    t.equal(typed(` ${one.toLowerCase()} `, one, other), one)
    t.equal(typed(other, one, other), other)
  }
  t.equal(typed('a', 'A+', 'A-'), null, 'which of the two is asked again')
  t.equal(typed('a', 'A+', 'B'), 'A+')
  t.equal(typed('PAPA!', 'Mamá', 'Papá'), 'Papá')
  t.equal(typed('papa', 'Papà', 'Papá'), null)
})

await t.test('a caption counts as text; a sticker, a voice note and a picture without words do not', async (t) => {
  const question = { options, accept: 'text' as const }
  const said = (content: IncomingContent): unknown => matchReply(question, content)
  t.strictSame(said({ kind: 'image', media: {}, caption: 'Yes' }), { kind: 'option', option: 'yes' })
  t.strictSame(said({ kind: 'image', media: {}, caption: 'my cat' }), { kind: 'value', value: 'my cat' })
  for (const content of [
    { kind: 'sticker', media: {} },
    { kind: 'audio', media: { voice: true } },
    { kind: 'image', media: {} },
    { kind: 'text', text: '  ' },
    { kind: 'location', latitude: 1, longitude: 1 },
  ] as const)
    t.strictSame(said(content), { kind: 'invalid' }, content.kind)
})

await t.test('numbers are read, and asked again where they could be read two ways', async (t) => {
  for (const [text, number] of [
    ['12', 12],
    ['-3', -3],
    ['1.5', 1.5],
    ['1,5', 1.5],
    ['1 200', 1200],
    ['0,125', 0.125],
    ['1200.500', 1200.5],
    ['1,2005', 1.2005],
    ['１２', 12],
  ] as const)
    t.equal(value('number', text), number, text)
  for (const text of ['1,200', '1.200', '-12.500', '999,999', 'twelve', '12 apples', '1e9', '', '--1', '1.2.3'])
    t.equal(value('number', text), null, text)
})

await t.test('e-mail addresses', async (t) => {
  for (const text of ['ana@example.com', ' a.b+c@sub.example.org ']) t.equal(value('email', text), text.trim(), text)
  for (const text of ['ana', 'ana@', '@example.com', 'ana@example', 'a b@example.com', 'ana@example.com, ben@example.com'])
    t.equal(value('email', text), null, text)
})

await t.test('dates are read in three ways, saved in one, and asked again where day and month could be swapped', async (t) => {
  for (const text of ['2026-12-24', '24.12.2026', '24. 12. 2026', '24/12/2026', '12/24/2026'])
    t.equal(value('date', text), '2026-12-24', text)
  for (const text of ['2026-02-30', '31.4.2026', '03/04/2026', 'tomorrow', '24.12.', '0/0/2026']) t.equal(value('date', text), null, text)
})

await t.test('a regular expression must match the whole text', async (t) => {
  t.equal(value({ regex: '[a-c]\\d' }, 'B2'), 'B2')
  t.equal(value({ regex: '[a-c]\\d' }, 'B22'), null)
})
