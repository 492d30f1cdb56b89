// The columns of every table, as the driver gives and takes them. test/store/schema.test.ts holds them against the schema.
import type { ColumnType, Generated } from 'kysely'
import type { LegOutcome } from '../contract/leg.ts'
import type { Participant, Owner, ServiceStatus } from '../contract/owner.ts'
import type { AuthorKind, Purpose } from '../contract/message.ts'
import type { LiveRun, RunTrail } from '../contract/run.ts'

type Time = ColumnType<Date, Date | string, Date | string>
/** The driver gives it as text, because it may be more than a number holds. */
type Bigint = ColumnType<string, number, number>
/** Written as JSON text, read as a value. `T` is what we wrote there ourselves. */
type Json<T = object | string | number | boolean> = ColumnType<T, string, string>

/** Of a state in parts: which of them a transaction changed. */
export interface Revision {
  id: string
  parts: string[]
}

export interface Tables {
  actor: {
    slot: number
    id: string
    kind: 'conversation' | 'routing-group'
    key: string
    number_id: string | null
    state: Json | null
    revisions: Json<Revision[]> | null
    owner: Owner | null
    participant: Json<Participant> | null
    service_status: ServiceStatus | null
    runs: Json<LiveRun[]> | null
    phone: string | null
    user_id: string | null
    contact_name: string | null
    last_message_at: Time | null
    created_at: Time
    updated_at: Time
  }
  actor_part: { slot: number; actor_id: string; name: string; value: Json }
  alias: { slot: number; number_id: string; kind: 'user' | 'phone'; value: string; actor_slot: number; actor_id: string }
  seen: { slot: number; key: string; at: Time }
  inbox: {
    slot: number
    id: string
    actor_id: string
    at: Time
    received_at: Time
    available_at: Time
    tries: Generated<number>
    wants_receipt: Generated<boolean>
    event: Json
  }
  receipt: { slot: number; event_id: string; outcome: Json; at: Time }
  message: {
    slot: number
    id: string
    actor_id: string
    direction: 'in' | 'out' | 'note'
    content: Json
    author_kind: AuthorKind
    author_id: string
    purpose: Purpose | null
    session_kind: 'service' | 'marketing' | 'utility'
    session_id: string | null
    status: string
    reason: string | null
    error: Json | null
    provider_id: string | null
    reply_to: string | null
    ref: string | null
    category: string | null
    pricing: Json | null
    at: Time
    sent_at: Time | null
    delivered_at: Time | null
    read_at: Time | null
    failed_at: Time | null
    raw: Json | null
    changed_at: ColumnType<Date, never, Date | string>
  }
  provider_message: { slot: number; provider_id: string; message_slot: number; message_id: string; actor_id: string; at: Time }
  parked_status: { slot: number; provider_id: string; status: string; update: Json; at: Time }
  participant_status: { slot: number; message_id: string; participant: string; status: string; at: Time }
  decision: {
    slot: number
    id: string
    actor_id: string
    event_id: string
    event_type: string
    message_id: string | null
    rule: string
    owner_before: string
    owner_after: string
    inputs: Json
    counterfactual: Json | null
    trail: Json<RunTrail[]> | null
    config_version: number
    at: Time
  }
  service_leg: {
    slot: number
    session_id: string
    n: number
    actor_id: string
    number_id: string | null
    queue_id: string | null
    agent_id: string | null
    bot_id: string | null
    began_at: Time
    taken_at: Time | null
    ended_at: Time
    wait_ms: Bigint
    wait_met: boolean | null
    response_ms: Bigint | null
    response_met: boolean | null
    handle_ms: Bigint
    outcome: LegOutcome
    by_agent: boolean
    reopened: boolean | null
    had_bot: boolean | null
    had_people: boolean | null
    asked: boolean | null
    score: number | null
  }
  wrap_up: {
    slot: number
    session_id: string
    agent_id: string
    queue_id: string
    number_id: string | null
    began_at: Time
    ended_at: Time
  }
  outbox: {
    slot: number
    id: string
    actor_id: string
    kind: 'message' | 'call' | 'command' | 'read'
    target: Generated<string>
    number_id: string | null
    purpose: string | null
    lane: Generated<number>
    payload: Json
    status: Generated<'ready' | 'leased' | 'sending' | 'maybe-sent'>
    tries: Generated<number>
    available_at: Time
    expires_at: Time | null
    lease_until: Time | null
    lease_token: string | null
  }
  timer: { slot: number; actor_id: string; name: string; at: Time }
  alarm: { slot: number; id: string; actor_id: string | null; code: string; detail: Json<Record<string, unknown>>; at: Time }
  quarantine: {
    slot: number
    id: string
    source: 'webhook' | 'event'
    channel: string | null
    actor_id: string | null
    reason: string
    body: Buffer
    at: Time
  }
  kept_update: { slot: number; id: string; account: string | null; field: string; known: boolean; raw: Json; at: Time }
  config_version: { version: number; published_at: Time; author: string; note: Generated<string>; files: Json<Record<string, string>> }
  template: {
    account: string
    name: string
    language: string
    status: string
    category: Generated<string>
    quality: Generated<string>
    reason: Generated<string>
    updated_at: Time
    said_at: Date | null
  }
  number_state: { number_id: string; halted_at: Time | null; halted_reason: string | null; wait_until: Time | null; updated_at: Time }
  send_rate: { number_id: string; given_until: Time }
  migration: { name: string; checksum: string; applied_at: Time; only_adds: Generated<boolean> }
}
