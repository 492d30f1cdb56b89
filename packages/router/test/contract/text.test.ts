import fc from 'fast-check'
import t from 'tap'
import { normaliseText } from '../../src/contract/index.ts'

t.test('texts are compared without case, width, edges and emoji, but an emoji alone is itself', async (t) => {
  for (const text of ['coupon', ' Coupon! ', 'ＣＯＵＰＯＮ', '«coupon»', '🎁coupon🎉', 'coupon\n'])
    t.equal(normaliseText(text), 'coupon', text)
  t.equal(normaliseText('Straße'), normaliseText('STRASSE'))
  t.equal(normaliseText('🎁'), '🎁')
  t.equal(normaliseText(`stop${'!'.repeat(65_000)}`), 'stop')
  t.equal(normaliseText('👍🏽👨‍👩‍👧 yes 👍🏽'), 'yes')
  t.equal(normaliseText('I  hate\tcoupon'), 'i hate coupon')
})

t.test('a text is compared the same with and without something around it', async (t) => {
  const words = fc.string({ unit: fc.constantFrom('a', 'Z', '7', 'ß', 'Σ', 'ﬁ', '\u212a', 'İ', ' ', '  ', '\t', '-', '👍'), maxLength: 12 })
  const said = words.filter((text) => /[\p{L}\p{N}]/u.test(text))
  fc.assert(fc.property(said, (text) => normaliseText(text) === normaliseText(`${text}!`)))
  t.pass()
})
