import t from 'tap'
import { counterfactuals, decideAgain } from '../../src/conversation/counterfactual.ts'
import { compactFacts, expandFacts } from '../../src/conversation/facts.ts'

const both = { counts: true, serviceConnected: true, marketingConnected: true, defaultApp: 'service' as const, keywordsAllowed: true }
const coupon = { id: 'coupon', by: 'keyword' as const, keyword: 'coupon' }

t.test('a keyword kept by service would have gone to marketing had the session been ended', async (t) => {
  const facts = expandFacts({ ...both, entry: coupon })
  t.same(decideAgain(facts, 'service.open.active'), { rule: 'open-service-session', owner: 'service' })
  const [first] = counterfactuals(facts, 'service.open.active', 'se_12')
  t.equal(first?.owner, 'marketing')
  t.equal(first?.rule, 'reserved-keyword')
  t.equal(first?.text, 'would have gone to marketing (reserved-keyword) had service session se_12 been ended')
})

t.test('a keyword that is not allowed names the setting', async (t) => {
  const found = counterfactuals(expandFacts({ ...both, keywordsAllowed: false, entry: coupon }), 'none', null)
  t.match(found[0], { condition: 'incoming.allowReservedKeywords = true', owner: 'marketing' })
})

t.test('a keyword of a paused journey names the journey, and so does a reply that it keeps', async (t) => {
  const withheld = expandFacts({ ...both, withheld: { entry: coupon, code: 'journey-paused' } })
  t.match(counterfactuals(withheld, 'none', null)[0], {
    rule: 'reserved-keyword',
    text: 'would have gone to marketing (reserved-keyword) had journey coupon not been withheld (journey-paused)',
  })
  const paused = { journey: 'coupon', until: 1, ref: 'ru_1/offer/1' }
  const kept = expandFacts({ ...both, reply: { match: 'valid', holder: 'ru_1', paused } })
  t.equal(decideAgain(kept, 'marketing').rule, 'journey-paused')
  t.match(counterfactuals(kept, 'marketing', null)[0], { rule: 'journey-reply', condition: 'journey = active' })
})

t.test('every counterfactual named leads elsewhere when its condition holds: it is computed, not written', async (t) => {
  for (const path of ['none', 'marketing', 'service.open.active', 'service.ended', 'external.overNothing']) {
    for (const match of ['none', 'valid', 'invalid'] as const) {
      const facts = expandFacts({ ...both, entry: coupon, reply: { match } })
      const actual = decideAgain(facts, path)
      for (const other of counterfactuals(facts, path, null)) t.not(`${other.rule}/${other.owner}`, `${actual.rule}/${actual.owner}`)
    }
  }
})

t.test('facts survive being stored compactly', async (t) => {
  const facts = expandFacts({ ...both, entry: coupon, reply: { match: 'invalid', holder: 'ru_1' } })
  t.same(expandFacts(JSON.parse(JSON.stringify(compactFacts(facts)))), facts)
})
