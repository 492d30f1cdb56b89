// Rows and lines as the HTTP face is given them, each with what a test says otherwise.
import type { AgentLine, PendingOffer, QueueLine, WorkItem } from '@baton/omni'
import type { ConversationRecord, DecisionRecord, MessageRecord } from '../../src/store/records.ts'

export const CONVERSATION = 'cv_7_0199f3c2b7a07000a000000000000001'
export const MESSAGE = 'ms_7_0199f3c2b7a07000a000000000000002'
export const AT = new Date('2026-11-23T10:00:00Z')

export function conversationRecord(id: string, over: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    id,
    number_id: 'main',
    state: null,
    owner: 'service',
    participant: { kind: 'agent', id: 'ana', name: 'Ana' },
    phone: '15550001111',
    user_id: 'US.1',
    contact_name: 'Kim',
    last_message_at: AT,
    updated_at: AT,
    ...over,
  }
}

export function messageRecord(over: Partial<MessageRecord> = {}): MessageRecord {
  return {
    id: MESSAGE,
    actor_id: CONVERSATION,
    direction: 'out',
    content: { kind: 'text', text: 'hello' },
    author_kind: 'api',
    author_id: 'crm',
    purpose: 'service',
    session_kind: 'utility',
    session_id: null,
    category: null,
    status: 'queued',
    reason: null,
    error: null,
    provider_id: null,
    reply_to: null,
    at: AT,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
    ...over,
  }
}

export function agentLine(id: string, over: Partial<AgentLine> = {}): AgentLine {
  const standing = {
    status: { id: 'online', label: 'Online' },
    presence: 'online',
    since: 0,
    capacity: 3,
    used: 0,
    free: 3,
    offers: 0,
  } as const
  return { id, name: id, supervisor: false, ...standing, work: [], wrapUps: [], queues: ['general'], skills: [], languages: [], ...over }
}

export function queueLine(over: Partial<QueueLine> = {}): QueueLine {
  return {
    id: 'general',
    name: 'General',
    waiting: 0,
    offered: 0,
    assigned: 0,
    oldestSince: null,
    online: 1,
    drained: null,
    engine: null,
    ...over,
  }
}

export function supervisionRecord(): DecisionRecord {
  return {
    id: 'de_7_0199f3c2b7a07000a000000000000003',
    actor_id: 'rg_7_0199f3c2b7a07000a000000000000004',
    event_id: 'ev_7_0199f3c2b7a07000a000000000000005',
    event_type: 'engine.event',
    message_id: null,
    rule: 'supervision',
    owner_before: 'none',
    owner_after: 'none',
    inputs: { action: 'queue.drained', by: { kind: 'agent', id: 'boss' }, queueId: 'general', to: 'bot:faq' },
    counterfactual: null,
    config_version: 1,
    at: AT,
  }
}

export function workItem(id: string, over: Partial<WorkItem> = {}): WorkItem {
  return {
    id,
    version: '1.1',
    queueId: 'general',
    offer: null,
    conversationId: CONVERSATION,
    number: 'main',
    contact: { id: CONVERSATION, name: 'Kim', phone: null },
    reason: 'support',
    note: null,
    priority: 100,
    weight: 1,
    needs: [],
    language: null,
    preferredAgentId: null,
    passed: [],
    callback: false,
    since: 0,
    closed: null,
    ...over,
  }
}

export function pendingOffer(offerId: string, at: number): PendingOffer {
  return {
    offerId,
    agentId: 'ana',
    conversationId: CONVERSATION,
    sessionId: 'se_1',
    number: 'main',
    queueId: 'general',
    contact: { id: CONVERSATION, name: 'Kim', phone: null },
    reason: 'support',
    note: null,
    callback: false,
    since: at,
    offeredAt: at,
    expiresAt: at + 30_000,
  }
}
