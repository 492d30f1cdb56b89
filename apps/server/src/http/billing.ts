// Pure. The provider's charging unit: a billing conversation lasts 24 hours from the delivery of the business's message. A
// message of another category opens a new one, even inside an open service one; a service one opens only when no other is open.
import type { BilledRecord } from '../store/records.ts'

export interface BillingConversation {
  id: string
  category: string
  openedAt: number
  closedAt: number
  messages: number
}

const DAY_MS = 86_400_000

/** `billed` in any order; what was not delivered opens nothing. Answers the oldest first. */
export function billingConversations(billed: readonly BilledRecord[]): BillingConversation[] {
  const delivered = billed
    .flatMap((row) => (row.delivered_at === null ? [] : [{ id: row.id, category: row.category, at: row.delivered_at.getTime() }]))
    .toSorted((a, b) => a.at - b.at)
  const all: BillingConversation[] = []
  for (const message of delivered) {
    const open = all.filter((one) => message.at < one.closedAt)
    const same = open.find((one) => one.category === message.category)
    const joined = same ?? (message.category === 'service' ? open.at(-1) : undefined)
    if (joined !== undefined) joined.messages += 1
    else
      all.push({
        id: `bi_${message.id}`,
        category: message.category,
        openedAt: message.at,
        closedAt: message.at + DAY_MS,
        messages: 1,
      })
  }
  return all
}
