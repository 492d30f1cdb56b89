// Pure. A conversation as the API shows it: its listing columns and what can be read from its stored state.
import { viewOf } from '@baton/router'
import type { ConversationView as StateView } from '@baton/router'
import { z } from 'zod'
import type { ConversationRecord } from '../store/records.ts'

const participantSchema = z.object({
  kind: z.enum(['journey', 'bot', 'queue', 'agent', 'app']),
  id: z.string(),
  name: z.string(),
})

const serviceSessionSchema = z
  .object({
    id: z.string(),
    status: z.enum(['new', 'waiting', 'active', 'paused', 'inactive', 'ended', 'error']),
    openedAt: z.iso.datetime(),
    openedBy: z.string(),
    closedAt: z.iso.datetime().nullable(),
    endedBy: z.string().nullable(),
    reason: z.string().nullable(),
    handOff: z.object({
      targets: z.array(z.string()),
      reason: z.string(),
      note: z.string().optional(),
      answers: z.record(z.string(), z.unknown()).optional(),
      journey: z.object({ id: z.string(), runId: z.string() }).optional(),
    }),
  })
  .meta({ id: 'ServiceSession' })

const marketingSessionSchema = z
  .object({
    id: z.string(),
    status: z.enum(['open', 'closed']),
    openedAt: z.iso.datetime(),
    closesAt: z.iso.datetime(),
    closedAt: z.iso.datetime().nullable(),
    closedBy: z.string().nullable(),
  })
  .meta({ id: 'MarketingSession' })

export const conversationSchema = z
  .object({
    id: z.string(),
    number: z.string(),
    contact: z.object({ id: z.string(), phone: z.string().nullable(), userId: z.string().nullable(), name: z.string().nullable() }),
    owner: z.enum(['none', 'marketing', 'service', 'external']),
    participant: participantSchema.nullable(),
    serviceSession: serviceSessionSchema.nullable().meta({ description: 'The latest.' }),
    marketingSession: marketingSessionSchema.nullable().meta({ description: 'The latest.' }),
    replyWindow: z.object({ open: z.boolean(), closesAt: z.iso.datetime().nullable() }),
    freeEntryUntil: z.iso.datetime().nullable().meta({ description: 'When the free entry point closes, as the provider said.' }),
    consent: z.object({
      marketing: z.enum(['unknown', 'in', 'out']),
      proof: z
        .object({ at: z.iso.datetime(), source: z.string(), text: z.string().nullable(), messageId: z.string().nullable() })
        .nullable()
        .meta({ description: 'Of the newest change.' }),
    }),
    upstream: z.object({ by: z.string(), lastActivityAt: z.iso.datetime() }).nullable(),
    blocked: z.boolean(),
    held: z.int().meta({ description: 'Messages and journeys that wait until service has let go.' }),
    attributes: z.record(z.string(), z.unknown()),
    tags: z.array(z.string()),
    mergedInto: z
      .string()
      .nullable()
      .meta({ description: 'It is over: the contact goes on in that conversation, and what is asked of this one is asked there.' }),
    lastMessageAt: z.iso.datetime().nullable(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Conversation' })
type ConversationView = z.output<typeof conversationSchema>

export const sessionSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('service'), ...serviceSessionSchema.shape }),
    z.object({ kind: z.literal('marketing'), ...marketingSessionSchema.shape }),
    z.object({
      kind: z.literal('utility'),
      id: z.string(),
      openedAt: z.iso.datetime(),
      closedAt: z.iso.datetime().nullable(),
      messages: z.int(),
    }),
    z.object({
      kind: z.literal('billing'),
      id: z.string(),
      category: z.string(),
      openedAt: z.iso.datetime(),
      closedAt: z.iso.datetime().nullable(),
      messages: z.int(),
    }),
  ])
  .meta({ id: 'Session' })

export function conversationView(row: ConversationRecord, now: number): ConversationView {
  const view = viewOf(row.state, now)
  const { proof } = view.consent
  return {
    id: row.id,
    number: row.number_id ?? '',
    contact: { id: row.id, phone: row.phone, userId: row.user_id, name: row.contact_name },
    owner: view.owner,
    participant: row.participant as ConversationView['participant'],
    serviceSession: view.serviceSession === null ? null : serviceView(view.serviceSession),
    marketingSession: view.marketingSession === null ? null : marketingView(view.marketingSession),
    replyWindow: { open: view.replyWindow.open, closesAt: iso(view.replyWindow.closesAt) },
    freeEntryUntil: iso(view.freeEntryUntil),
    consent: { marketing: view.consent.marketing, proof: proof === null ? null : { ...proof, at: new Date(proof.at).toISOString() } },
    upstream:
      view.upstream === null ? null : { by: view.upstream.by, lastActivityAt: new Date(view.upstream.lastActivityAt).toISOString() },
    blocked: view.blocked,
    held: view.held,
    attributes: view.attributes,
    tags: view.tags,
    mergedInto: view.mergedInto,
    lastMessageAt: row.last_message_at?.toISOString() ?? null,
    updatedAt: row.updated_at.toISOString(),
  }
}

export function serviceView(session: StateView['serviceSessions'][number]) {
  return {
    ...session,
    openedAt: new Date(session.openedAt).toISOString(),
    closedAt: iso(session.closedAt),
  }
}

export function marketingView(session: StateView['marketingSessions'][number]) {
  // Time closes a session without an event that would write it down.
  const expired = session.closedAt === null && session.status === 'closed'
  return {
    id: session.id,
    status: session.status,
    openedAt: new Date(session.openedAt).toISOString(),
    closesAt: new Date(session.closesAt).toISOString(),
    closedAt: iso(expired ? session.closesAt : session.closedAt),
    closedBy: expired ? 'expiry' : session.closedBy,
  }
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
