import t from 'tap'
import { isReservedAttribute, withAttributes } from '../../src/contract/attributes.ts'

t.test('a change is kept beside what is known', async (t) => {
  t.same(withAttributes({ plan: 'gold', city: 'Rome' }, { plan: 'tin' }), { attributes: { plan: 'tin', city: 'Rome' }, refused: null })
  t.same(withAttributes({ plan: 'gold' }, undefined), { attributes: { plan: 'gold' }, refused: null })
})

t.test('no attribute has a name by which the contact is known, and such a change is left out as a whole', async (t) => {
  for (const name of ['id', 'name', 'username', 'phone', 'userId', 'parentUserId', 'tags']) {
    t.ok(isReservedAttribute(name), name)
    t.same(withAttributes({ plan: 'gold' }, { plan: 'tin', [name]: '4915112345678' }), {
      attributes: { plan: 'gold' },
      refused: 'reserved',
    })
  }
  t.notOk(isReservedAttribute('plan'))
})

t.test('attributes are bounded, in number and in size', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`a${n}`, n]))
  t.equal(withAttributes({}, many).refused, null)
  t.same(withAttributes(many, { one: 1 }), { attributes: many, refused: 'too-many' })
  t.equal(withAttributes(many, { a0: 'x' }).refused, null, 'what is there may change')
  const large = { text: 'x'.repeat(7_900) }
  t.equal(withAttributes({}, large).refused, null)
  t.same(withAttributes(large, { more: 'x'.repeat(100) }), { attributes: large, refused: 'too-large' })
})

t.test('null removes a name, and with it the count falls again', async (t) => {
  t.same(withAttributes({ plan: 'gold', city: 'Rome' }, { plan: null, size: 'm' }), {
    attributes: { city: 'Rome', size: 'm' },
    refused: null,
  })
  t.same(withAttributes({ city: 'Rome' }, { plan: null }), { attributes: { city: 'Rome' }, refused: null })
  const many = Object.fromEntries(Array.from({ length: 160 }, (_, n) => [`a${n}`, n]))
  t.equal(withAttributes(many, { one: 1 }).refused, 'too-many')
  const fewer = withAttributes(many, Object.fromEntries(Array.from({ length: 61 }, (_, n) => [`a${n}`, null])))
  t.equal(fewer.refused, null)
  t.equal(withAttributes(fewer.attributes, { one: 1 }).refused, null)
  const large = { text: 'x'.repeat(20_000), note: 'x'.repeat(20_000) }
  t.same(withAttributes(large, { text: null }).attributes, { note: large.note })
})

t.test('what an earlier release kept goes with the next change if it is null, and by null also under a reserved name', async (t) => {
  t.same(withAttributes({ plan: null, city: 'Rome' }, { size: 'm' }).attributes, { city: 'Rome', size: 'm' })
  t.same(withAttributes({ phone: '4915112345678' }, { phone: null }), { attributes: {}, refused: null })
})

t.test('what is over a bound, kept by an earlier release or two conversations that became one, may shrink', async (t) => {
  const large = { text: 'x'.repeat(20_000) }
  t.equal(withAttributes(large, { text: 'x'.repeat(10_000) }).refused, null)
  t.equal(withAttributes(large, { plan: 'tin' }).refused, 'too-large')
})
