import { readFile } from 'node:fs/promises'
import type { SelectType } from 'kysely'
import { sql } from 'kysely'
import t from 'tap'
import type { Tables } from '../../src/store/tables.ts'
import { testDatabase } from '../../testing/database.ts'
import { dumpSchema, SCHEMA_FILE } from '../../testing/schema-dump.ts'

/** The compiler holds this list against tables.ts, the test below holds it against the schema. */
const columns: { [T in keyof Tables]: { [C in keyof Tables[T]]: null extends SelectType<Tables[T][C]> ? 'null' : 'not null' } } = {
  actor: {
    slot: 'not null',
    id: 'not null',
    kind: 'not null',
    key: 'not null',
    number_id: 'null',
    state: 'null',
    revisions: 'null',
    owner: 'null',
    participant: 'null',
    service_status: 'null',
    runs: 'null',
    phone: 'null',
    user_id: 'null',
    contact_name: 'null',
    last_message_at: 'null',
    created_at: 'not null',
    updated_at: 'not null',
  },
  actor_part: {
    slot: 'not null',
    actor_id: 'not null',
    name: 'not null',
    value: 'not null',
  },
  alarm: {
    slot: 'not null',
    id: 'not null',
    actor_id: 'null',
    code: 'not null',
    detail: 'not null',
    at: 'not null',
  },
  alias: {
    slot: 'not null',
    number_id: 'not null',
    kind: 'not null',
    value: 'not null',
    actor_slot: 'not null',
    actor_id: 'not null',
  },
  config_version: {
    version: 'not null',
    published_at: 'not null',
    author: 'not null',
    note: 'not null',
    files: 'not null',
  },
  decision: {
    slot: 'not null',
    id: 'not null',
    actor_id: 'not null',
    event_id: 'not null',
    event_type: 'not null',
    message_id: 'null',
    rule: 'not null',
    owner_before: 'not null',
    owner_after: 'not null',
    inputs: 'not null',
    counterfactual: 'null',
    trail: 'null',
    config_version: 'not null',
    at: 'not null',
  },
  inbox: {
    slot: 'not null',
    id: 'not null',
    actor_id: 'not null',
    at: 'not null',
    received_at: 'not null',
    available_at: 'not null',
    tries: 'not null',
    wants_receipt: 'not null',
    event: 'not null',
  },
  kept_update: {
    slot: 'not null',
    id: 'not null',
    account: 'null',
    field: 'not null',
    known: 'not null',
    raw: 'not null',
    at: 'not null',
  },
  message: {
    slot: 'not null',
    id: 'not null',
    actor_id: 'not null',
    direction: 'not null',
    content: 'not null',
    author_kind: 'not null',
    author_id: 'not null',
    purpose: 'null',
    session_kind: 'not null',
    session_id: 'null',
    status: 'not null',
    reason: 'null',
    error: 'null',
    provider_id: 'null',
    reply_to: 'null',
    ref: 'null',
    category: 'null',
    pricing: 'null',
    at: 'not null',
    sent_at: 'null',
    delivered_at: 'null',
    read_at: 'null',
    failed_at: 'null',
    raw: 'null',
    changed_at: 'not null',
  },
  migration: {
    name: 'not null',
    checksum: 'not null',
    applied_at: 'not null',
    only_adds: 'not null',
  },
  number_state: {
    number_id: 'not null',
    halted_at: 'null',
    halted_reason: 'null',
    wait_until: 'null',
    updated_at: 'not null',
  },
  outbox: {
    slot: 'not null',
    id: 'not null',
    actor_id: 'not null',
    kind: 'not null',
    target: 'not null',
    number_id: 'null',
    purpose: 'null',
    lane: 'not null',
    payload: 'not null',
    status: 'not null',
    tries: 'not null',
    available_at: 'not null',
    expires_at: 'null',
    lease_until: 'null',
    lease_token: 'null',
  },
  parked_status: {
    slot: 'not null',
    provider_id: 'not null',
    status: 'not null',
    update: 'not null',
    at: 'not null',
  },
  participant_status: {
    slot: 'not null',
    message_id: 'not null',
    participant: 'not null',
    status: 'not null',
    at: 'not null',
  },
  provider_message: {
    slot: 'not null',
    provider_id: 'not null',
    message_slot: 'not null',
    message_id: 'not null',
    actor_id: 'not null',
    at: 'not null',
  },
  quarantine: {
    slot: 'not null',
    id: 'not null',
    source: 'not null',
    channel: 'null',
    actor_id: 'null',
    reason: 'not null',
    body: 'not null',
    at: 'not null',
  },
  receipt: {
    slot: 'not null',
    event_id: 'not null',
    outcome: 'not null',
    at: 'not null',
  },
  send_rate: {
    number_id: 'not null',
    given_until: 'not null',
  },
  seen: {
    slot: 'not null',
    key: 'not null',
    at: 'not null',
  },
  service_leg: {
    slot: 'not null',
    session_id: 'not null',
    n: 'not null',
    actor_id: 'not null',
    number_id: 'null',
    queue_id: 'null',
    agent_id: 'null',
    bot_id: 'null',
    began_at: 'not null',
    taken_at: 'null',
    ended_at: 'not null',
    wait_ms: 'not null',
    wait_met: 'null',
    response_ms: 'null',
    response_met: 'null',
    handle_ms: 'not null',
    outcome: 'not null',
    by_agent: 'not null',
    reopened: 'null',
    had_bot: 'null',
    had_people: 'null',
    asked: 'null',
    score: 'null',
  },
  template: {
    account: 'not null',
    name: 'not null',
    language: 'not null',
    status: 'not null',
    category: 'not null',
    quality: 'not null',
    reason: 'not null',
    updated_at: 'not null',
    said_at: 'null',
  },
  timer: {
    slot: 'not null',
    actor_id: 'not null',
    name: 'not null',
    at: 'not null',
  },
  wrap_up: {
    slot: 'not null',
    session_id: 'not null',
    agent_id: 'not null',
    queue_id: 'not null',
    number_id: 'null',
    began_at: 'not null',
    ended_at: 'not null',
  },
}

await t.test('the committed schema.sql is what the migrations make', async (t) => {
  const { db } = await testDatabase(t)
  t.equal(await dumpSchema(db), await readFile(SCHEMA_FILE, 'utf8'), 'run node packages/router/testing/write-schema.ts')
})

await t.test('a schema that drifted from the committed one is noticed: a column, a constraint, an index', async (t) => {
  const { db } = await testDatabase(t)
  const committed = await readFile(SCHEMA_FILE, 'utf8')
  for (const change of [
    'alter table alarm add column seen_by text',
    'alter table message drop constraint message_direction_check',
    'drop index timer_due',
  ]) {
    const before = await dumpSchema(db)
    await sql.raw(change).execute(db)
    const after = await dumpSchema(db)
    t.not(after, before, change)
    t.not(after, committed, change)
  }
})

await t.test('tables.ts names the tables and columns of the schema, and which may be null', async (t) => {
  const { db } = await testDatabase(t)
  const { rows } = await sql<{ table_name: string; column_name: string; is_nullable: string }>`
    select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'baton'`.execute(db)
  const found: Record<string, Record<string, string>> = {}
  for (const row of rows) (found[row.table_name] ??= {})[row.column_name] = row.is_nullable === 'YES' ? 'null' : 'not null'
  t.strictSame(found, columns)
})

const WITHOUT_SLOT = ['config_version', 'migration', 'number_state', 'send_rate', 'template']

await t.test('slot leads every primary key and unique key but those of the configuration tables, and there is no sequence', async (t) => {
  const { db } = await testDatabase(t)
  const { rows } = await sql<{ table: string; key: string }>`
    select i.indrelid::regclass::text as table, pg_get_indexdef(i.indexrelid, 1, false) as key
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'baton'::regnamespace and i.indisunique`.execute(db)
  const others = rows.filter(({ table }) => !WITHOUT_SLOT.includes(table))
  t.ok(others.length > 10)
  t.strictSame(
    others.filter(({ key }) => key !== 'slot'),
    [],
  )
  const sequences = await sql`select from information_schema.sequences where sequence_schema = 'baton'`.execute(db)
  t.equal(sequences.rows.length, 0)
})
