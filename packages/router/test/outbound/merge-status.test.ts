import * as fc from 'fast-check'
import { test } from 'tap'
import type { DeliveryStatus, StatusUpdate } from '@baton/router'
import { mergeStatus } from '../../src/outbound/merge-status.ts'
import type { DeliveryState } from '../../src/outbound/merge-status.ts'

const ACCEPTED: DeliveryState = {
  status: 'accepted',
  reason: null,
  error: null,
  providerId: null,
  category: null,
  pricing: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failedAt: null,
}
const RANK = ['accepted', 'sent', 'delivered', 'read', 'played']

function update(status: DeliveryStatus, at = 1, more: Partial<StatusUpdate> = {}): StatusUpdate {
  return { providerId: 'wamid.1', status, at, ...more }
}
function merged(updates: StatusUpdate[], from = ACCEPTED): DeliveryState {
  return updates.reduce(mergeStatus, from)
}

function pick({ status, sentAt, deliveredAt, readAt, failedAt }: DeliveryState): Partial<DeliveryState> {
  return { status, sentAt, deliveredAt, readAt, failedAt }
}

const updates = fc.array(
  fc.record({
    status: fc.constantFrom<DeliveryStatus[]>('sent', 'delivered', 'read', 'played', 'failed'),
    at: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 8 },
)

void test('the same statuses give the same status and times in every order', async (t) => {
  const shuffled = updates.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      const a = pick(merged(list.map((each) => update(each.status, each.at))))
      const b = pick(merged(other.map((each) => update(each.status, each.at))))
      return JSON.stringify(a) === JSON.stringify(b)
    }),
  )
  t.pass('held for every order')
})

void test('a status never goes down, and a delivered message never becomes failed', async (t) => {
  fc.assert(
    fc.property(updates, (list) => {
      let state = ACCEPTED
      for (const each of list) {
        const next = mergeStatus(state, update(each.status, each.at))
        const wasDelivered = RANK.indexOf(state.status) >= 2
        if (wasDelivered && (next.status === 'failed' || RANK.indexOf(next.status) < RANK.indexOf(state.status))) return false
        if (state.status === 'failed' && !['failed', 'delivered', 'read', 'played'].includes(next.status)) return false
        state = next
      }
      return true
    }),
  )
  t.pass('held for every sequence')
})

void test('failed is terminal unless there is proof of delivery', async (t) => {
  t.equal(merged([update('failed'), update('sent')]).status, 'failed')
  t.equal(merged([update('failed'), update('delivered')]).status, 'delivered')
  t.equal(merged([update('failed'), update('delivered')]).reason, null, 'and its reason goes with it')
  t.equal(merged([update('read'), update('failed')]).status, 'read')
  t.equal(merged([update('sent'), update('failed')]).reason, 'provider-refused')
})

void test('delivered may be skipped, and each state keeps its earliest time', async (t) => {
  const state = merged([update('read', 30), update('sent', 12), update('sent', 10), update('read', 20)])
  t.match(state, { status: 'read', sentAt: 10, deliveredAt: null, readAt: 20 })
})

void test('the first price seen is kept, with its category', async (t) => {
  const first = update('sent', 1, { pricing: { category: 'marketing', type: 'regular' }, freeEntryUntil: 99 })
  const second = update('delivered', 2, { pricing: { category: 'utility' } })
  const state = merged([first, second])
  t.equal(state.category, 'marketing')
  t.same(state.pricing, { category: 'marketing', type: 'regular', freeEntryUntil: 99 })
})

void test('a window that the provider says is closed is named so', async (t) => {
  const error = { code: 131047, class: 'template', title: 'Re-engagement message' } as const
  t.match(merged([update('failed', 1, { error })]), { status: 'failed', reason: 'window-closed', error, failedAt: 1 })
})
