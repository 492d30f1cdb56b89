// Pure. The four kinds of session of a conversation, in one list; a "session" is always one of them.
import { viewOf } from '@baton/router'
import type { z } from 'zod'
import type { BilledRecord } from '../store/records.ts'
import { billingConversations } from './billing.ts'
import { marketingView, serviceView } from './conversation-schema.ts'
import type { sessionSchema } from './conversation-schema.ts'

type SessionView = z.output<typeof sessionSchema>

/** The oldest first. */
export function sessionsOf(
  row: { id: string; state: unknown },
  billed: readonly BilledRecord[],
  utility: { firstAt: Date; lastAt: Date; messages: number } | null,
  now: number,
): SessionView[] {
  const view = viewOf(row.state, now)
  const all: SessionView[] = [
    ...view.serviceSessions.map((session) => ({ kind: 'service' as const, ...serviceView(session) })),
    ...view.marketingSessions.map((session) => ({ kind: 'marketing' as const, ...marketingView(session) })),
    ...billingConversations(billed).map((one) => ({
      kind: 'billing' as const,
      id: one.id,
      category: one.category,
      openedAt: new Date(one.openedAt).toISOString(),
      closedAt: one.closedAt <= now ? new Date(one.closedAt).toISOString() : null,
      messages: one.messages,
    })),
  ]
  // Manual and operational traffic is one session, which goes on: it is whatever is not marketing.
  if (utility !== null) {
    all.push({
      kind: 'utility',
      id: row.id.replace(/^cv_/, 'ut_'),
      openedAt: utility.firstAt.toISOString(),
      closedAt: null,
      messages: utility.messages,
    })
  }
  return all.toSorted((a, b) => a.openedAt.localeCompare(b.openedAt))
}
