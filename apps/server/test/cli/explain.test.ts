import { childId, familyOf, formatId, newUuid, type DecisionRow, type MessageRow } from '@baton/router'
import t from 'tap'
import { explainConversation, explainMessage, type Story } from '../../src/cli/explain-text.ts'

const AT = Date.UTC(2026, 10, 23, 10, 0, 0)
const event = (at: number) => formatId('ev', 17, newUuid(at))
const first = event(AT)
const second = event(AT + 60_000)

function message(id: string, fields: Partial<MessageRow>): MessageRow {
  const base: Omit<MessageRow, 'id'> = {
    direction: 'in',
    content: { kind: 'text', text: 'coupon' },
    author: { kind: 'customer', id: 'US.1' },
    purpose: null,
    session: { kind: 'utility', id: null },
    status: 'received',
    providerId: null,
    replyTo: null,
    at: AT,
  }
  return { id, ...base, ...fields }
}

function decision(eventId: string, fields: Partial<DecisionRow>): DecisionRow {
  return {
    id: childId('de', 17, eventId, 0),
    event: { id: eventId, type: 'message.received' },
    rule: 'reserved-keyword',
    ownerBefore: 'none',
    ownerAfter: 'marketing',
    inputs: { entry: { keyword: 'coupon', allowed: true }, serviceStatus: 'ended' },
    counterfactual: {
      condition: 'c',
      rule: 'open-service-session',
      owner: 'service',
      text: 'service would have kept it had the session been open',
    },
    configVersion: 3,
    at: AT,
    ...fields,
  }
}

const asked = message(childId('ms', 17, first, 1), {})
const offer = message(childId('ms', 17, first, 2), {
  direction: 'out',
  content: { kind: 'buttons', body: 'Want it?', options: [{ id: 'yes', title: 'Yes' }] },
  author: { kind: 'journey', id: 'coupon' },
  purpose: 'marketing',
  session: { kind: 'marketing', id: 'ma_17_x' },
  status: 'delivered',
  at: AT + 1,
})
const pressed = message(childId('ms', 17, second, 1), {
  content: { kind: 'reply', via: 'button', id: 'yes', title: 'Yes' },
  at: AT + 60_000,
})
const refused = message(childId('ms', 17, second, 2), {
  direction: 'out',
  content: { kind: 'text', text: 'Your code' },
  author: { kind: 'journey', id: 'coupon' },
  purpose: 'marketing',
  status: 'refused',
  reason: 'opted-out',
  at: AT + 60_001,
})
const story: Story = {
  conversation: { id: 'cv_17_a', numberId: 'main', contact: 'Mary, +15551234567', owner: 'marketing' },
  messages: [asked, offer, pressed, refused],
  decisions: [
    decision(first, {}),
    decision(second, {
      rule: 'journey-reply',
      ownerBefore: 'marketing',
      inputs: { match: 'valid' },
      counterfactual: null,
      at: AT + 60_000,
    }),
  ],
}

await t.test('a message is told with its rule, facts, owner, counterfactual, configuration version, and what followed', async (t) => {
  t.equal(
    explainMessage(story, asked.id),
    [
      `Message ${asked.id}`,
      'in conversation cv_17_a, Mary, +15551234567 on number main',
      `trace ${familyOf(asked.id)}`,
      '',
      '2026-11-23 10:00:00 ← customer: "coupon"  [received]',
      '  rule reserved-keyword: a reserved keyword, allowed for the number, and no service session is open',
      '  owner none → marketing (message.received, configuration version 3)',
      '  looked at: entry.keyword = coupon · entry.allowed = true · serviceStatus = ended',
      '  otherwise: service would have kept it had the session been open',
      '  and so followed:',
      '  2026-11-23 10:00:00 → journey coupon: "Want it?" [Yes]  [marketing, marketing session, delivered]',
    ].join('\n'),
  )
})

await t.test('everything that would have led elsewhere is listed', async (t) => {
  const facts = {
    counts: true,
    serviceConnected: true,
    marketingConnected: true,
    defaultApp: 'service',
    entry: { id: 'coupon', by: 'keyword' },
  }
  const [, ...rest] = story.decisions
  const text = explainMessage(
    { ...story, decisions: [decision(first, { inputs: { ownership: 'none', facts }, counterfactual: null }), ...rest] },
    asked.id,
  )
  const lines = text.split('\n')
  const at = lines.indexOf('  otherwise:')
  t.strictSame(lines.slice(at + 1, at + 4), [
    '    would have gone to marketing (reserved-keyword) had reserved keywords been allowed on the number',
    '    would have gone to service (open-service-session) had a service session been open',
    "    would have gone to marketing (reserved-keyword) had marketing been the number's default app",
  ])
})

await t.test('an outgoing message is told with what led to it', async (t) => {
  const text = explainMessage(story, refused.id)
  t.match(text, /← customer: presses "Yes" \(yes\)/)
  t.match(text, /→ journey coupon: "Your code" {2}\[marketing, refused: opted-out\]/)
  t.match(text, /rule journey-reply/)
  t.notMatch(text, /reserved-keyword/, 'and with nothing else')
})

await t.test('a conversation is told in order, every message under the decision that led to it', async (t) => {
  const lines = explainConversation(story).split('\n')
  t.equal(lines[1], 'Mary, +15551234567 on number main, owner now: marketing')
  const order = ['"coupon"', 'reserved-keyword', '"Want it?"', 'presses "Yes"', 'journey-reply', '"Your code"'].map((part) =>
    lines.findIndex((line) => line.includes(part)),
  )
  t.same(
    order,
    order.toSorted((a, b) => a - b),
    order.join(' '),
  )
  t.ok(order.every((index) => index > 0))
})

await t.test('a message without a stored decision is still listed', async (t) => {
  const lonely = message(formatId('ms', 17, newUuid(AT + 120_000)), { content: { kind: 'sticker', media: {} }, at: AT + 120_000 })
  const text = explainConversation({ ...story, messages: [...story.messages, lonely] })
  t.ok(text.endsWith('2026-11-23 10:02:00 ← customer: sticker  [received]'))
  t.match(explainMessage({ ...story, messages: [lonely] }, lonely.id), /no decision is stored for it/)
})
