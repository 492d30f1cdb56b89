import t from 'tap'
import { billingConversations } from '../../src/http/billing.ts'

const HOUR = 3_600_000
const at = (hours: number) => new Date(Date.UTC(2026, 10, 23) + hours * HOUR)
const message = (id: string, category: string, hours: number | null) => ({
  id,
  category,
  sent_at: null,
  delivered_at: hours === null ? null : at(hours),
})
const shape = (rows: Parameters<typeof billingConversations>[0]) =>
  billingConversations(rows).map(({ category, openedAt, closedAt, messages }) => [
    category,
    (openedAt - at(0).getTime()) / HOUR,
    (closedAt - at(0).getTime()) / HOUR,
    messages,
  ])

await t.test('a billing conversation lasts 24 hours from the delivery of the message that opened it', (t) => {
  t.strictSame(shape([message('a', 'utility', 0), message('b', 'utility', 23), message('c', 'utility', 24)]), [
    ['utility', 0, 24, 2],
    ['utility', 24, 48, 1],
  ])
  t.end()
})

await t.test('a message of another category opens its own, even inside an open service one', (t) => {
  t.strictSame(shape([message('a', 'service', 0), message('b', 'marketing', 1)]), [
    ['service', 0, 24, 1],
    ['marketing', 1, 25, 1],
  ])
  t.end()
})

await t.test('a service one opens only when no other is open', (t) => {
  t.strictSame(shape([message('a', 'marketing', 0), message('b', 'service', 1), message('c', 'service', 25)]), [
    ['marketing', 0, 24, 2],
    ['service', 25, 49, 1],
  ])
  t.end()
})

await t.test('the order of the rows does not matter, and what was not delivered opens nothing', (t) => {
  t.strictSame(shape([message('b', 'utility', 2), message('x', 'marketing', null), message('a', 'utility', 1)]), [['utility', 1, 25, 2]])
  t.end()
})
