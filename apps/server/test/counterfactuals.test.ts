import t from 'tap'
import { counterfactualsOf } from '../src/counterfactuals.ts'
import { decisionView } from '../src/http/conversations.ts'

/** A keyword that an open service session kept, as the step stores it: without what is false or empty. */
const INPUTS = {
  ownership: 'service.open.active',
  facts: {
    counts: true,
    serviceConnected: true,
    marketingConnected: true,
    defaultApp: 'service',
    keywordsAllowed: true,
    unmatched: 'service',
    entry: { id: 'coupon', by: 'keyword', keyword: 'coupon' },
    reply: { match: 'none' },
  },
  serviceSession: 'se_12',
}
const ENDED = 'would have gone to marketing (reserved-keyword) had service session se_12 been ended'

await t.test('they are worked out from the stored facts', async (t) => {
  const [first, ...others] = counterfactualsOf({ inputs: INPUTS, counterfactual: null })
  t.match(first, { condition: 'service session = ended', rule: 'reserved-keyword', owner: 'marketing', text: ENDED })
  t.strictSame(others, [])
  const allowed = { ...INPUTS, ownership: 'none', facts: { ...INPUTS.facts, keywordsAllowed: false } }
  const conditions = counterfactualsOf({ inputs: allowed, counterfactual: null }).map(({ condition }) => condition)
  t.strictSame(conditions, ['incoming.allowReservedKeywords = true', 'service session = active', 'incoming.defaultApp = marketing'])
})

await t.test('the stored one comes first and is told once', async (t) => {
  const stored = { condition: 'service session = ended', rule: 'reserved-keyword', owner: 'marketing', text: 'in the words of its time' }
  t.strictSame(counterfactualsOf({ inputs: INPUTS, counterfactual: stored }), [stored])
  const other = { ...stored, condition: 'a condition of its time' }
  t.match(counterfactualsOf({ inputs: INPUTS, counterfactual: other }), [other, { text: ENDED }])
})

await t.test('a record without facts, or of states that are no more, has only what was stored', async (t) => {
  for (const inputs of [
    null,
    {},
    { ownership: 'none' },
    { facts: {} },
    { ...INPUTS, ownership: 'service.open.dreaming' },
    { keyword: 'x' },
  ]) {
    t.strictSame(counterfactualsOf({ inputs, counterfactual: null }), [], JSON.stringify(inputs))
  }
})

await t.test('the API gives all of them, and the first by itself', async (t) => {
  const row = { id: 'de_1', actor_id: 'cv_1', event_id: 'ev_1', event_type: 'message.received', message_id: 'ms_1', at: new Date(0) }
  const rest = { rule: 'open-service-session', owner_before: 'service', owner_after: 'service', config_version: 1 }
  const view = decisionView({ ...row, ...rest, inputs: INPUTS, counterfactual: null })
  t.equal(view.counterfactual?.text, ENDED)
  t.strictSame(view.counterfactuals, [view.counterfactual])
  t.match(decisionView({ ...row, ...rest, inputs: {}, counterfactual: null }), { counterfactual: null, counterfactuals: [] })
})
