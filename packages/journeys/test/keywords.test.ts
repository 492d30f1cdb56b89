import t from 'tap'
import type { InboundMessage } from '@baton/router'
import { message, press, recognise, scene } from './scene.ts'
import type { Scene } from './scene.ts'

const word = (id: string, by: string): string => `{ journey: ${id}, entry: ${by}, start: s, steps: { s: { end: completed } } }`

function entry(at: Scene, said: string | InboundMessage): string | null {
  return recognise(at, said).entry?.id ?? null
}

await t.test('a keyword is the whole message, whatever its case, spaces, punctuation and emoji', async (t) => {
  const at = scene([word('coupon', '{ keywords: [coupon] }')])
  for (const text of ['coupon', ' COUPON ', 'Coupon!', '“coupon”', 'coupon 🎉', 'ｃｏｕｐｏｎ']) t.equal(entry(at, text), 'coupon', text)
  for (const text of ['I hate coupon emails', 'coupons', 'cou pon', '']) t.equal(entry(at, text), null, text)
})

await t.test('the entry says how it matched', async (t) => {
  const at = scene([word('coupon', '{ keywords: [{ startsWith: Get Coupon }] }')])
  t.match(recognise(at, 'get coupon now').entry, { id: 'coupon', by: 'keyword', keyword: 'Get Coupon' })
})

await t.test('exact wins over startsWith, that over contains, that over regex', async (t) => {
  const at = scene([
    word('r', '{ keywords: [{ regex: "coup", priority: 9 }] }'),
    word('c', '{ keywords: [{ contains: coupon, priority: 8 }] }'),
    word('s', '{ keywords: [{ startsWith: coupon, priority: 7 }] }'),
    word('e', '{ keywords: [coupon] }'),
  ])
  t.equal(entry(at, 'coupon'), 'e')
  t.equal(entry(at, 'coupon please'), 's')
  t.equal(entry(at, 'a coupon please'), 'c')
  t.equal(entry(at, 'couple'), 'r')
})

await t.test('priority decides first, then the language of the contact, then the longer keyword, then the id', async (t) => {
  const languages = scene([
    word('de', '{ keywords: [{ exact: pass, language: de }] }'),
    word('en', '{ keywords: [{ exact: pass, language: en }] }'),
  ])
  t.equal(entry({ ...languages, attributes: { language: 'en' } }, 'pass'), 'en')
  t.equal(entry({ ...languages, attributes: { language: 'fr' } }, 'pass'), 'de')
  const plain = scene([word('de', '{ keywords: [{ exact: pass, language: de }] }'), word('x', '{ keywords: [pass] }')])
  t.equal(entry({ ...plain, attributes: { language: 'fr' } }, 'pass'), 'x', 'a keyword of no language before one of a foreign language')
  const priority = scene([
    word('a', '{ keywords: [{ contains: big offer }] }'),
    word('b', '{ keywords: [{ contains: offer, priority: 1 }] }'),
  ])
  t.equal(entry(priority, 'the big offer'), 'b')
  const longer = scene([word('a', '{ keywords: [{ contains: offer }] }'), word('b', '{ keywords: [{ contains: big offer }] }')])
  t.equal(entry(longer, 'the big offer'), 'b')
})

await t.test('contains and startsWith look for whole words', async (t) => {
  const at = scene([word('c', '{ keywords: [{ contains: ten }] }'), word('s', '{ keywords: [{ startsWith: win }] }')])
  t.equal(entry(at, 'how often'), null)
  t.equal(entry(at, 'ten, please'), 'c')
  t.equal(entry(at, 'window'), null)
  t.equal(entry(at, 'win: me too'), 's')
})

await t.test('a keyword of nothing but white space starts nothing, and is looked for no longer than any other', async (t) => {
  for (const by of ['exact', 'startsWith', 'contains']) {
    const at = scene([word('blank', `{ keywords: [{ ${by}: " " }] }`)])
    for (const text of ['hello', 'สวัสดี', '你好', ' ']) t.equal(entry(at, text), null, `${by}: ${text}`)
  }
})

await t.test('a regular expression cannot hang the engine', async (t) => {
  const at = scene([word('r', '{ keywords: [{ regex: "^(a+)+$" }] }')])
  t.equal(entry(at, `${'a'.repeat(40)}b`), null)
})

await t.test('a keyword in another button, by title or by payload, starts the journey', async (t) => {
  const at = scene([word('coupon', '{ keywords: [coupon] }')])
  t.equal(entry(at, press('x', 'Coupon')), 'coupon')
  t.equal(entry(at, press('coupon', 'Ten per cent off')), 'coupon')
})

await t.test('an advertisement starts the journey of its source, else the one for any advertisement; keywords come first', async (t) => {
  const at = scene([
    word('ads', '{ referral: true }'),
    word('one', '{ referral: { sourceId: "42" } }'),
    word('coupon', '{ keywords: [coupon] }'),
    word('rest', '{ any: true }'),
  ])
  const from = (sourceId: string, text = 'hi'): InboundMessage => message(text, { referral: { sourceType: 'ad', sourceId } })
  t.match(recognise(at, from('42')).entry, { id: 'one', by: 'referral' })
  t.match(recognise(at, from('43')).entry, { id: 'ads', by: 'referral' })
  t.match(recognise(at, from('42', 'coupon')).entry, { id: 'coupon', by: 'keyword' })
  t.match(recognise(at, 'hi').entry, { id: 'rest', by: 'any' })
})

await t.test('reactions, edits and deletions start nothing', async (t) => {
  const at = scene([word('rest', '{ any: true }')])
  for (const content of [
    { kind: 'reaction', messageId: 'x', emoji: '👍' },
    { kind: 'revoke', targetId: 'x' },
    { kind: 'edit', targetId: 'x', content: null },
  ] as const)
    t.strictSame(recognise(at, message(content)), { reply: { match: 'none' }, entry: null })
})

await t.test('a journey that may not start is passed over: other number, opted out, needs input', async (t) => {
  const limited = scene([`{ journey: a, numbers: [other], entry: { keywords: [go] }, start: s, steps: { s: { end: completed } } }`])
  t.equal(entry(limited, 'go'), null)
  const marketing = scene([word('a', '{ keywords: [go] }')], { consent: 'out' })
  t.equal(entry(marketing, 'go'), null)
  const utility = scene([`{ journey: a, purpose: utility, entry: { keywords: [go] }, start: s, steps: { s: { end: completed } } }`], {
    consent: 'out',
  })
  t.equal(entry(utility, 'go'), 'a')
  const input = scene([`{ journey: a, input: [x], entry: { keywords: [go] }, start: s, steps: { s: { end: completed } } }`])
  t.equal(entry(input, 'go'), null)
})
