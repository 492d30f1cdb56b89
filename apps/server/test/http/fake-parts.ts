// The parts around the HTTP face, small and in memory: what was asked is kept, what is answered is set by the test.
import { movableClock, numberSettings } from '@baton/router'
import type { ActorRef, ConversationEvent, MovableClock, NumberState, Outcome, Settings } from '@baton/router'
import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import type { NewKey, StoredKey } from '../../src/auth/auth.ts'
import { createAuthenticator } from '../../src/auth/authenticate.ts'
import { PERMISSIONS_OF } from '../../src/auth/permissions.ts'
import type { AgentBoard, PendingCallback, PendingOffer, WorkItem } from '@baton/omni'
import type { AppDeps, Check } from '../../src/deps.ts'
import type { Change, Position } from '../../src/events/changes.ts'
import type { ConversationRecord, MessageRecord } from '../../src/store/records.ts'
import type { TemplateRow } from '../../src/store/templates.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { AT, CONVERSATION, conversationRecord, messageRecord, agentLine, queueLine, supervisionRecord, MESSAGE } from './fake-records.ts'

export * from './fake-records.ts'

export interface FakeParts {
  deps: AppDeps
  clock: MovableClock
  asked: { to: unknown; event: ConversationEvent }[]
  received: unknown[]
  quarantined: { channel: string; reason: string; bytes: number }[]
  conversations: ConversationRecord[]
  messages: MessageRecord[]
  numberStates: NumberState[]
  templates: TemplateRow[]
  checks: Check[]
  offers: PendingOffer[]
  callbacks: PendingCallback[]
  workItems: WorkItem[]
  board: AgentBoard
  /** Consoles of agents, as they come (`+ana`), go (`-ana`) and give signs of life (`ana`). */
  consoles: string[]
  keys: Map<string, StoredKey>
  /** Whom the configuration in force has as agents. */
  agentIds: Set<string>
  changes: { all: (Change & { at: Position })[]; hint(): void; position: Position; followers(): number }
  /** What happens to the next thing that is asked, received or read. */
  next: {
    outcome: Outcome | { kind: 'unknown' }
    received: { kind: 'stored'; eventIds: string[] } | { kind: 'overloaded' }
    error: Error | null
  }
}

export function fakeParts(): FakeParts {
  const clock = movableClock({ now: () => AT.getTime() })
  const keys = new Map<string, StoredKey>([
    ['admin-key', storedKey({ name: 'root', kind: 'administrator' })],
    ['ana-key', storedKey({ name: 'ana', kind: 'agent', agentId: 'ana' })],
    ['boss-key', storedKey({ name: 'boss', kind: 'supervisor', agentId: 'boss' })],
    ['crm-key', storedKey({ name: 'crm', kind: 'integration' })],
    ['engine-key', storedKey({ name: 'engine', kind: 'routing-engine' })],
    ['look-key', storedKey({ name: 'look', kind: 'observer' })],
  ])
  const agentIds = new Set(['ana', 'ben', 'boss'])
  const hints = new Set<() => void>()
  const parts: Omit<FakeParts, 'deps'> = {
    clock,
    asked: [],
    received: [],
    quarantined: [],
    conversations: [conversationRecord(CONVERSATION)],
    messages: [messageRecord({ id: MESSAGE })],
    numberStates: [],
    templates: [],
    checks: [{ name: 'database', ok: true }],
    offers: [],
    callbacks: [],
    workItems: [],
    board: { agents: [agentLine('ana'), agentLine('ben')], queues: [queueLine()] },
    consoles: [],
    keys,
    agentIds,
    changes: {
      all: [],
      position: { turnMs: AT.getTime(), messageUs: AT.getTime() * 1_000 },
      hint: () => hints.forEach((call) => call()),
      followers: () => hints.size,
    },
    next: {
      outcome: { kind: 'done', data: { messageId: MESSAGE, status: 'queued' } },
      received: { kind: 'stored', eventIds: [] },
      error: null,
    },
  }
  const fail = <T>(value: T): Promise<T> => (parts.next.error === null ? Promise.resolve(value) : Promise.reject(parts.next.error))
  const page = <T extends { id: string }>(rows: T[], { cursor, limit }: { cursor?: string | undefined; limit: number }) => {
    const from = cursor === undefined ? 0 : rows.findIndex(({ id }) => id === cursor) + 1
    const items = rows.slice(from, from + limit)
    return fail({ items, nextCursor: from + limit < rows.length ? (items.at(-1)?.id ?? null) : null })
  }
  const auth = fakeAuth(keys)
  const deps: AppDeps = {
    clock,
    log: pino({ level: 'silent' }),
    settings,
    metrics: createMetrics(),
    tracing: null,
    auth,
    authenticator: createAuthenticator({ auth, isAgent: (id) => agentIds.has(id) }),
    readiness: () => Promise.resolve(parts.checks),
    web: true,
    media: (_numberId, mediaId) => {
      if (mediaId === 'old') return Promise.resolve({ kind: 'unavailable', reason: 'gone' })
      const mimeType = mediaId === 'page' ? 'text/html' : 'image/png'
      return Promise.resolve({ kind: 'downloaded', bytes: Buffer.from([1, 2, 3]), mimeType })
    },
    numbers: {
      states: () => fail(parts.numberStates),
      release(numberId) {
        for (const state of parts.numberStates) if (state.numberId === numberId) state.halted = null
        return fail(undefined)
      },
    },
    definitions: { read: async () => null, change: async () => ({ kind: 'superseded', configVersion: 1 }) },
    isLeaving: () => false,
    isDatabaseTrouble: (error) => error instanceof Error && error.message === 'gone',
    inbound: {
      receive: (_channel, updates) => {
        parts.received.push(...updates)
        return fail(parts.next.received)
      },
      quarantine: (channel, body, reason) => {
        parts.quarantined.push({ channel, reason, bytes: body.length })
        return fail(undefined)
      },
      ask: (to, event) => {
        parts.asked.push({ to, event })
        return fail(parts.next.outcome)
      },
      findConversation: (): Promise<ActorRef | null> => fail({ slot: 7, id: CONVERSATION }),
    },
    reads: {
      listConversations: (query) =>
        page(
          parts.conversations.filter(
            (row) =>
              (query.numberId ?? row.number_id) === row.number_id &&
              (query.owner ?? row.owner) === row.owner &&
              (query.contact === undefined || query.contact.name === row.phone || query.contact.name === row.user_id),
          ),
          query,
        ),
      getConversation: (id) => fail(parts.conversations.find((row) => row.id === id) ?? null),
      listMessages: (_id, query) => page(parts.messages, query),
      getMessage: (id) => fail(parts.messages.find((row) => row.id === id) ?? null),
      listDecisions: (_id, query) => page([], query),
      listSupervision: (query) => page([supervisionRecord()], query),
      listQuarantine: (query) =>
        page([{ id: 'q1', source: 'webhook', channel: 'whatsapp', actor_id: null, reason: 'no JSON', bytes: 1, at: AT }], query),
      getQuarantined: (id) => fail(id === 'q1' ? Buffer.from('{') : null),
      listUnrouted: (query) => page([], query),
      listAlarms: (query) => page([{ id: 'a1', actor_id: CONVERSATION, code: 'unrouted', detail: { n: 1 }, at: AT }], query),
      findMessageOf: () => fail(null),
      listTemplates: () => fail(parts.templates),
      getGroup: () => fail({ offers: parts.offers, callbacks: parts.callbacks, board: parts.board, workItems: parts.workItems }),
      billedMessages: () => fail([{ id: MESSAGE, category: 'marketing', sent_at: AT, delivered_at: AT }]),
      listLiveRuns: () => fail({ items: [], nextCursor: null }),
      listEndedRuns: () => fail({ items: [], nextCursor: null }),
      liveRunsOf: () => fail([]),
      marksOf: () => fail([]),
      countLiveRuns: () => fail([]),
      countMarks: () => fail([]),
      measure: () => fail([]),
      utilityTraffic: () => fail({ firstAt: AT, lastAt: AT, messages: 3 }),
    },
    webhooks: [
      {
        path: '/webhooks/whatsapp',
        channel: {
          name: 'whatsapp',
          mayBeAuthentic: (headers) => String(headers['x-hub-signature-256']).startsWith('signed '),
          authenticate: ({ headers, body }) => (headers['x-hub-signature-256'] === `signed ${body.length}` ? new Set<string>() : null),
          parse: (body) => {
            const text = Buffer.from(body).toString()
            if (!text.startsWith('{')) return { kind: 'unreadable', reason: 'not JSON' }
            return { kind: 'updates', updates: [{ kind: 'kept', account: null, field: 'test', known: true, raw: text }] }
          },
          check: (content) => (content.kind === 'text' && content.text.length > 4096 ? [{ path: 'text', message: 'at most 4096' }] : []),
        },
        handshake: (query) => (query['hub.verify_token'] === 'verify' ? (query['hub.challenge'] ?? null) : null),
      },
    ],
    agents: {
      hasAgent: (id) => agentIds.has(id),
      hasQueue: (id) => id === 'general',
      agents: () => [
        { id: 'ana', name: 'Ana' },
        { id: 'ben', name: 'Ben' },
      ],
      leaseMs: () => 45_000,
      board: (state) => (state as { board: AgentBoard }).board,
      statuses: () => [{ id: 'online', label: 'Online', presence: 'online', queues: null, numbers: null }],
      liveQueues: () => [],
      workItems: (state) => ((state as { workItems?: WorkItem[] }).workItems ?? []).map((item) => ({ ...item, read: () => item })),
      pendingCallbacks: (state) => (state as { callbacks: PendingCallback[] }).callbacks,
      pendingOffers: (state, agentId) => (agentId === 'ana' || agentId === null ? (state as { offers: PendingOffer[] }).offers : []),
    },
    botDesk: {
      mayBeFrom: (botId, signature) => botId === 'faq' && signature === 'signed',
      read(botId, { body, signature }) {
        if (botId !== 'faq' || signature !== 'signed') return { kind: 'unsigned' }
        if (body === '') return { kind: 'malformed', detail: 'nothing' }
        const { conversationId, ...data } = JSON.parse(body) as { conversationId: string }
        return { kind: 'read', posted: { conversationId, data } }
      },
    },
    consoles: {
      open(agentId) {
        parts.consoles.push(`+${agentId}`)
        return () => void parts.consoles.push(`-${agentId}`)
      },
      seen: (agentId) => parts.consoles.push(agentId) && 45_000,
    },
    changes: {
      position: () => fail(parts.changes.position),
      read(from, isNew) {
        const found = parts.changes.all.filter(({ at, key }) => (at.turnMs >= from.turnMs || at.messageUs >= from.messageUs) && isNew(key))
        const reached = found.reduce(
          (most, { at }) => ({ turnMs: Math.max(most.turnMs, at.turnMs), messageUs: Math.max(most.messageUs, at.messageUs) }),
          from,
        )
        return fail({ changes: found, reached, more: false })
      },
      onHint(callback) {
        hints.add(callback)
        return () => hints.delete(callback)
      },
    },
  }
  return { ...parts, deps }
}

/** The app over these parts, closed when the test is over. */
export async function appOf(t: { teardown(end: () => unknown): void }, parts: FakeParts) {
  const app = await buildApp(parts.deps)
  t.teardown(() => app.close())
  await app.ready()
  return app
}

export const as = (key: string) => ({ authorization: `Bearer ${key}` })

function settings(): Settings {
  const number = numberSettings.parse({ id: 'main', displayNumber: '+15550100001', provider: 'whatsapp' })
  return {
    version: 1,
    numbers: new Map([['main', number]]),
    consent: {} as Settings['consent'],
    engines: {},
    templates: new Map(),
  }
}

function storedKey(key: NewKey): StoredKey {
  return {
    id: `id-${key.name}`,
    name: key.name,
    kind: key.kind,
    agentId: key.agentId ?? null,
    by: key.by ?? null,
    permissions: [...(key.permissions ?? PERMISSIONS_OF[key.kind])],
    start: '',
    createdAt: AT.getTime(),
    expiresAt: null,
  }
}

function fakeAuth(keys: Map<string, StoredKey>): AppDeps['auth'] {
  return {
    migrate: () => Promise.resolve(),
    ensureAdministrator: () => Promise.resolve(null),
    takeAdministrator: () => Promise.resolve('taken'),
    isRevoked: () => Promise.resolve(false),
    findKey: (key) => Promise.resolve(keys.get(key) ?? null),
    listKeys: () => Promise.resolve([...keys.values()]),
    goodOf: (ids) => Promise.resolve(new Set([...keys.values()].map(({ id }) => id).filter((id) => ids.includes(id)))),
    createKey(key) {
      if ([...keys.values()].some(({ name }) => name === key.name)) return Promise.resolve({ kind: 'name-taken' })
      const stored = storedKey(key)
      keys.set(`${key.name}-secret`, stored)
      return Promise.resolve({ kind: 'created', key: `${key.name}-secret`, stored })
    },
    revokeKey(id) {
      const found = [...keys].find(([, stored]) => stored.id === id)
      return Promise.resolve(found !== undefined && keys.delete(found[0]))
    },
  }
}
