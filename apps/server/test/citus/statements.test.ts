// Every statement that Baton sends while the stories are played obeys the rules of Citus, but for those that are listed with the
// reason why. Nothing here was run on a Citus.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t from 'tap'
import { playStory } from '../../src/demo/play.ts'
import { setStage } from '../../src/demo/stage.ts'
import { STORIES } from '../../src/demo/stories.ts'
import { EMULATOR_PATH } from '../../src/whatsapp/emulation.ts'
import { NOT_DISTRIBUTED, schemaComplaints, statementComplaints, tablesOf } from './rules.ts'
import type { Rule } from './rules.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const schema = readFileSync(`${root}packages/router/src/store/schema.sql`, 'utf8')
const distributed = tablesOf(schema)
  .map(({ name }) => name)
  .filter((name) => !NOT_DISTRIBUTED.includes(name))

/** What breaks a rule and why it may, by a piece of its text. */
const ALLOWED: { rule: Rule; text: RegExp; reason: string }[] = [
  {
    rule: 'advisory-lock',
    text: /^select pg_advisory_(xact_)?lock\(\$1\)$/,
    reason: 'the start only: processes that migrate at the same moment queue up, on the coordinator',
  },
  {
    rule: 'advisory-lock',
    text: /hashtextextended/,
    reason: 'contacts that merge queue up so as not to deadlock; what they decide is checked under the locks of rows',
  },
  {
    rule: 'no-slot',
    text: /^\s*select claimed\.\* from \( select slot, actor_id from \( select slot, actor_id, available_at from inbox/,
    reason: 'TO DO for Citus: the claim of the worker spans slots; there it must be told one slot at a time',
  },
  { rule: 'no-slot', text: /^\s*with due .* from timer where at <= \$1/, reason: 'TO DO for Citus: due timers are taken across slots' },
  { rule: 'no-slot', text: /^\s*with recursive number/, reason: 'TO DO for Citus: the sender claims a number across its slots' },
  {
    rule: 'no-slot',
    text: /^\s*with due .* o\.kind in \('call', 'command'\)/,
    reason: 'TO DO for Citus: calls and commands are claimed across slots',
  },
  {
    rule: 'no-slot',
    text: /^\s*with due .* o\.expires_at <= \$1/,
    reason: 'TO DO for Citus: the sweep of messages whose time is over',
  },
  { rule: 'no-slot', text: /^\s*with dead .* status = 'sending'/, reason: 'TO DO for Citus: the sweep of leases that ran out' },
  {
    rule: 'no-slot',
    text: /^\s*with old .* from (seen|receipt|parked_status|service_leg|wrap_up) where (ended_)?at < \$1/,
    reason: 'housekeeping, once an hour; with `limit` and `skip locked` TO DO for Citus',
  },
  {
    rule: 'no-slot',
    text: /^\s*(select|delete) from alias where actor_id = \$1 and kind = '/,
    reason: 'rare (contacts that change or merge), asks every worker; a slot of the alias is not known there',
  },
  {
    rule: 'no-slot',
    text: /^\s*update timer set at = \$1.* where name = \$2/,
    reason: 'once when the configuration changes: every timer of a name is brought forward, on every worker',
  },
  { rule: 'no-slot', text: /from alarm l where true/, reason: 'a list for people over all slots: every worker is asked, and may be' },
  {
    rule: 'volatile-write',
    text: /^\s*(insert into message|update message m set status = r\.status)/,
    reason: 'TO DO for Citus: changed_at is the clock of the database that has the row; Citus refuses clock_timestamp() in a write',
  },
]

/** Whatever goes to a database from this process from now on. */
function record(): Set<string> {
  const seen = new Set<string>()
  const original = pg.Client.prototype.query as (...args: unknown[]) => unknown
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]): unknown {
    const [first] = args
    const text = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text
    if (text !== undefined) seen.add(text)
    return original.apply(this, args)
  } as typeof pg.Client.prototype.query
  t.teardown(() => (pg.Client.prototype.query = original as typeof pg.Client.prototype.query))
  return seen
}

await t.test('the rules find what they are for', (t) => {
  const broken: [string, Rule[]][] = [
    [`insert into actor (slot, id) values ($1, nextval('a'))`, ['sequence']],
    ['merge into actor using x on true when matched then delete', ['merge']],
    ['select pg_advisory_lock(1)', ['advisory-lock']],
    ['insert into seen (slot, key, at) values ($1, $2, $3) on conflict (slot, key) do update set at = now()', ['volatile-write']],
    ['update message set changed_at = clock_timestamp() where slot = $1', ['volatile-write']],
    ['select * from inbox where actor_id = $1', ['no-slot']],
    ['delete from timer t using due where t.name = due.name', ['no-slot']],
    ['select * from inbox where slot = $1 and actor_id = $2', []],
    ['delete from timer t using due where t.slot = due.slot and t.name = due.name', []],
    ['select * from template where name = $1', []],
    ['select o.id from outbox o where o.lane = 0 and not exists (select from outbox e where e.slot = o.slot)', ['no-slot']],
    ['update outbox o set lane = 1 from (select slot, id from outbox where lane = 0) due where o.slot = due.slot', ['no-slot']],
    ['select a.id from actor a where (a.slot, a.id) in (select r.slot, r.id from r)', []],
    ['select m.id from k cross join lateral (select id from message m where m.slot = k.slot) x', []],
  ]
  for (const [text, rules] of broken) t.strictSame(statementComplaints(text, distributed), rules, text)
  const columns = '  slot smallint not null,\n  id text not null,\n  constraint x PRIMARY KEY (id)\n'
  t.strictSame(schemaComplaints(`create table x (\n${columns})\n`), ['PRIMARY KEY of x does not begin with slot'])
  t.strictSame(schemaComplaints('create table x (\n  id bigserial references y\n)\n'), ['the schema has a references', 'x has no slot'])
  t.end()
})

await t.test('the schema has a slot in every key, and no sequence, trigger or foreign key', (t) => {
  t.ok(distributed.length > 10)
  t.strictSame(schemaComplaints(schema), [])
  t.end()
})

await t.test('distribute.sql says where every table there is goes', (t) => {
  const script = readFileSync(`${root}deploy/citus/distribute.sql`, 'utf8')
  const named = (pattern: RegExp) => [...script.matchAll(pattern)].map(([, name = '']) => name).toSorted()
  t.strictSame(named(/^select create_distributed_table\('(\w+)', 'slot'/gm), distributed.toSorted())
  t.strictSame(
    named(/^select create_reference_table\('(\w+)'/gm),
    NOT_DISTRIBUTED.filter((name) => !['migration', 'send_rate'].includes(name)),
  )
  t.end()
})

await t.test('the statements of the stories obey the rules, or are listed', async (t) => {
  const seen = record()
  const stage = await setStage({ configDir: `${root}config`, databaseUrl: null })
  let phone = 12025550100
  try {
    for (const story of STORIES) {
      const { passed, failure } = await playStory(
        stage,
        story,
        () => String((phone += 1)),
        () => undefined,
      )
      t.ok(passed, `${story.title}: ${failure ?? ''}`)
    }
    // Nobody in the stories gets another number.
    const line = `${stage.baton.url}${EMULATOR_PATH}/emulator/numbers/${stage.phoneNumberId('main')}`
    const body = JSON.stringify({ phone: '12025550199' })
    const headers = { 'content-type': 'application/json' }
    const { status } = await fetch(`${line}/customers/12025550101/number`, { method: 'POST', headers, body })
    t.equal(status, 201)
    await stage.emulator.settled()
  } finally {
    await stage.close()
  }
  const ours = [...seen].filter((text) => distributed.some((table) => new RegExp(`\\b${table}\\b`).test(text)) || text.includes('advisory'))
  // Migrations are the coordinator's, once.
  const statements = ours.filter((text) => !/create (table|index|schema)|alter table/i.test(text) && !text.includes('pg_class'))
  t.ok(statements.length > 40, `${statements.length} statements`)
  const used = new Set<(typeof ALLOWED)[number]>()
  for (const text of statements) {
    for (const rule of statementComplaints(text, distributed)) {
      const allowed = ALLOWED.find((entry) => entry.rule === rule && entry.text.test(text.replaceAll(/\s+/g, ' ')))
      if (allowed === undefined) t.fail(`${rule}: ${text.replaceAll(/\s+/g, ' ')}`)
      else used.add(allowed)
    }
  }
  t.strictSame(
    ALLOWED.filter((entry) => !used.has(entry)).map(({ text }) => String(text)),
    [],
    'nothing is listed that is not sent',
  )
})
