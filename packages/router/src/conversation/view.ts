// Pure. A stored conversation as people and the API see it.
import type { Identity } from '../contract/message.ts'
import type { Owner } from '../contract/owner.ts'
import { ownerOf } from './advance.ts'
import { loadState } from './snapshot.ts'
import type { MarketingSession, ServiceSession } from './state.ts'

export interface ConversationView {
  owner: Owner
  serviceSession: ServiceSession | null
  marketingSession: (MarketingSession & { status: 'open' | 'closed' }) | null
  serviceSessions: ServiceSession[]
  marketingSessions: (MarketingSession & { status: 'open' | 'closed' })[]
  replyWindow: { open: boolean; closesAt: number | null }
  freeEntryUntil: number | null
  consent: {
    marketing: 'unknown' | 'in' | 'out'
    proof: { at: number; source: string; text: string | null; messageId: string | null } | null
  }
  blocked: boolean
  upstream: { by: string; lastActivityAt: number } | null
  identity: Identity
  attributes: Record<string, unknown>
  tags: string[]
  held: number
  mergedInto: string | null
}

/** Reads a stored state. What time has closed since the last event is shown closed. */
export function viewOf(stored: unknown, now: number): ConversationView {
  const state = loadState(stored)
  const sessions = state.marketingSessions.map((session) => ({
    ...session,
    status: session.closedAt === null && now < session.closesAt ? ('open' as const) : ('closed' as const),
  }))
  return {
    owner: ownerOf(state.machine),
    serviceSession: state.serviceSessions.at(-1) ?? null,
    marketingSession: sessions.at(-1) ?? null,
    serviceSessions: state.serviceSessions,
    marketingSessions: sessions,
    replyWindow: {
      open: state.replyWindowClosesAt !== null && now < state.replyWindowClosesAt,
      closesAt: state.replyWindowClosesAt,
    },
    freeEntryUntil: state.freeEntryUntil,
    consent: { marketing: state.machine.consent, proof: state.consentProof },
    blocked: state.machine.contact === 'blocked',
    upstream: state.upstream,
    identity: state.identity,
    attributes: state.attributes,
    tags: state.tags,
    held: state.held.length,
    mergedInto: state.mergedInto,
  }
}
