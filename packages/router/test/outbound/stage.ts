import t from 'tap'
import { sql } from 'kysely'
import { movableClock, newUuid, slotOf } from '@baton/router'
import type {
  Author,
  Channel,
  Lane,
  Logger,
  MovableClock,
  OutgoingContent,
  ProviderError,
  Purpose,
  SendOutcome,
  SendRequest,
} from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import type { TestDatabase } from '@baton/router/testing'
import { createSender } from '../../src/outbound/sender.ts'
import { LANE_NUMBERS } from '../../src/store/lane.ts'
import type { SenderLimits } from '../../src/outbound/sender-limits.ts'
import type { Sender, SenderDeps, SettledInfo } from '../../src/outbound/sender.ts'

type Db = SenderDeps['database']['db']

/** A database, a clock whose hands we turn, a provider that does as told, and everything the sender said. */
export interface Stage {
  db: Db
  transact: SenderDeps['database']['transact']
  clock: MovableClock
  provider: FakeProvider
  submitted: { to: unknown; event: unknown; dedupe: string }[]
  settled: SettledInfo[]
  /** Another sender process on the same database. */
  sender(over?: Partial<Omit<SenderDeps, 'limits'>> & { limits?: Partial<SenderLimits> }): Sender
  /** Puts a message into the transcript and the outbox, as a turn does. Gives back its id. */
  put(message?: Partial<PutMessage>): Promise<string>
  /** Makes the conversation of an actor, with so much of a state. */
  conversation(actor: string, state: object, slot?: number): Promise<void>
  putRow(row: { kind: 'call' | 'command' | 'read'; payload: object; actor?: string; target?: string; lane?: Lane }): Promise<void>
  message(id: string): Promise<MessageLine>
  outbox(): Promise<{ status: string; tries: number; payload: { messageId?: string } }[]>
  inbox(): Promise<Record<string, unknown>[]>
  alarms(): Promise<string[]>
}

interface PutMessage {
  actor: string
  number: string
  purpose: Purpose
  lane: Lane
  text: string
  expiresIn: number | null
  author: Author
  ref: string
  /** By its template, whatever its purpose says. */
  marketing: true
}

interface MessageLine {
  status: string
  reason: string | null
  provider_id: string | null
  category: string | null
}

export interface FakeProvider {
  channel: Channel
  sent: SendRequest[]
  texts(): string[]
  /** What the next sends answer; the last one stays. Without any, every send is accepted. */
  answer(...answers: Answer[]): void
}
export type Answer = SendOutcome | ((request: SendRequest, nth: number) => SendOutcome | Promise<SendOutcome>)

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }
/** Far from the machine's own time, so that nothing can lean on it. */
const START = Date.UTC(2026, 0, 5, 12)

const TABLES = [
  'outbox',
  'message',
  'inbox',
  'seen',
  'alarm',
  'provider_message',
  'parked_status',
  'participant_status',
  'number_state',
  'send_rate',
  'actor',
  'alias',
] as const
let database: Promise<TestDatabase> | null = null

/** An empty stage. One database a file: the tests of a file run one after the other, each on an empty one. */
export async function stage(): Promise<Stage> {
  database ??= testDatabase(t)
  const clock = movableClock({ now: () => START })
  const provider = fakeProvider()
  const submitted: Stage['submitted'] = []
  const settled: SettledInfo[] = []
  const whole = await database
  const { db, transact } = whole
  for (const table of TABLES) await db.deleteFrom(table).execute()
  let nth = 0

  return {
    db,
    transact,
    clock,
    provider,
    submitted,
    settled,
    sender(over = {}) {
      const deps: SenderDeps = {
        database: whole,
        clock,
        route: (numberId) => (numberId.startsWith('unknown') ? null : { channel: provider.channel, account: numberId }),
        participants: [],
        submit: async (to, event, { dedupe }) => void submitted.push({ to, event, dedupe }),
        history: async () => [],
        log: SILENT,
        onSettled: (info) => void settled.push(info),
        ...over,
        limits: { perSecond: 100_000, ...over.limits },
      }
      return createSender(deps)
    },
    async put(message = {}) {
      nth += 1
      const actor = message.actor ?? 'one'
      const slot = slotOf(actor)
      const uuid = newUuid(clock.now())
      const id = `ms_${slot}_${uuid}`
      const { number = 'main', purpose = 'service', lane = 'interactive', text = `text ${nth}`, expiresIn = null } = message
      const author = message.author ?? { kind: 'journey', id: 'coupon' }
      const content: OutgoingContent = { kind: 'text', text }
      const now = new Date(clock.now())
      const payload = {
        messageId: id,
        numberId: number,
        to: { phone: '15550002222' },
        content,
        purpose,
        author,
        ref: message.ref ?? `ref-${nth}`,
        ...(message.marketing === undefined ? {} : { marketing: message.marketing }),
      }
      const expires = expiresIn === null ? null : new Date(clock.now() + expiresIn)
      await sql`
        insert into message (slot, id, actor_id, direction, content, author_kind, author_id, purpose, session_kind, status, ref, at)
        values (${slot}, ${id}, ${actor}, 'out', ${JSON.stringify(content)}::jsonb, ${author.kind}, ${author.id}, ${purpose}, 'utility', 'queued',
          ${payload.ref}, ${now})`.execute(db)
      await sql`
        insert into outbox (slot, id, actor_id, kind, number_id, purpose, lane, payload, available_at, expires_at)
        values (${slot}, ${`ob_${slot}_${uuid}`}, ${actor}, 'message', ${number}, ${purpose}, ${LANE_NUMBERS[lane]}, ${JSON.stringify(payload)}::jsonb, ${now}, ${expires})`.execute(
        db,
      )
      return id
    },
    async conversation(actor, state, slot = slotOf(actor)) {
      const now = new Date(clock.now())
      await sql`
        insert into actor (slot, id, kind, key, number_id, state, created_at, updated_at)
        values (${slot}, ${actor}, 'conversation', ${actor}, 'main', ${JSON.stringify(state)}::json, ${now}, ${now})`.execute(db)
    },
    async putRow({ kind, payload, actor = 'one', target = '', lane = 'interactive' }) {
      const slot = slotOf(actor)
      const number = kind === 'read' ? 'main' : null
      await sql`
        insert into outbox (slot, id, actor_id, kind, target, number_id, lane, payload, available_at)
        values (${slot}, ${`ob_${slot}_${newUuid(clock.now())}`}, ${actor}, ${kind}, ${target}, ${number}, ${LANE_NUMBERS[lane]}, ${JSON.stringify(payload)}::jsonb,
          ${new Date(clock.now())})`.execute(db)
    },
    async message(id) {
      const { rows } = await sql<MessageLine>`select status, reason, provider_id, category from message where id = ${id}`.execute(db)
      return rows[0] as MessageLine
    },
    async outbox() {
      const { rows } = await sql<{ status: string; tries: number; payload: { messageId?: string } }>`
        select status, tries, payload from outbox order by id`.execute(db)
      return rows
    },
    async inbox() {
      const { rows } = await sql<{ event: Record<string, unknown> }>`select event from inbox order by id`.execute(db)
      return rows.map((row) => row.event)
    },
    async alarms() {
      const { rows } = await sql<{ code: string }>`select code from alarm order by at, id`.execute(db)
      return rows.map((row) => row.code)
    },
  }
}

/** Rounds until nothing is claimed. */
export async function drain(sender: Sender): Promise<void> {
  for (let round = 0; round < 500; round += 1) if ((await sender.runOnce()) === 0) return
  throw new Error('the outbox does not come to rest')
}

export function failed(error: Partial<ProviderError>): SendOutcome {
  return { kind: 'failed', error: { code: 131000, class: 'retry', title: 'Something went wrong', ...error } }
}

/** A provider's answer that comes when the test says so. */
export function later<T>(): { promise: Promise<T>; resolve(value: T): void } {
  return Promise.withResolvers<T>()
}

function fakeProvider(): FakeProvider {
  const sent: SendRequest[] = []
  let answers: Answer[] = []
  const channel: Channel = {
    name: 'fake',
    capabilities: { content: ['text'], readReceipts: true, typing: true, templates: true },
    mayBeAuthentic: () => true,
    authenticate: () => new Set(),
    parse: () => ({ kind: 'updates', updates: [] }),
    check: () => [],
    async send(_account, request) {
      sent.push(request)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer === undefined) return { kind: 'accepted', providerId: `wamid.${request.messageId}.${sent.length}` }
      return typeof answer === 'function' ? answer(request, sent.length) : answer
    },
    async markRead(_account, providerId) {
      return { kind: 'accepted', providerId }
    },
  }
  return {
    channel,
    sent,
    texts: () => sent.map((request) => (request.content.kind === 'text' ? request.content.text : request.content.kind)),
    answer(...given) {
      answers = given
    },
  }
}
