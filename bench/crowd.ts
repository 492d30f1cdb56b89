// The routing group with everybody there: agents come online while thousands wait, and take one after the other, at two processes on one
// PostgreSQL, of which one is killed when half is done.
import { setTimeout as pause } from 'node:timers/promises'
import { createRoutingGroup, groupParts } from '@baton/omni'
import { formatId, migrate, newUuid, openDatabase, slotOf } from '@baton/router'
import type { Database, InboxEvent, StoredActor } from '@baton/router'
import { startChild } from './child.ts'
import type { CrowdPlan, Handled } from './crowd-process.ts'
import { spread } from './figures.ts'
import type { Spread } from './figures.ts'
import { GROUP_KEY, groupSettings, requestOf } from './group.ts'
import type { Postgres } from './postgres.ts'

export interface Crowd {
  agents: number
  items: number
  handlingMs: number
  leaseMs: number
  sweepMs: number
}
export const CROWD: Crowd = { agents: 2_000, items: 10_000, handlingMs: 5_000, leaseMs: 30_000, sweepMs: 5_000 }

export interface CrowdFigures {
  items: number
  lost: number
  doubled: number
  /** Agents who had two at once, where one is all they may have. */
  overloaded: number
  /** Assignments a second while both ran, and while one did. */
  both: number
  one: number
  /** From an agent's last word with one customer to the next one being theirs, ms. */
  next: Spread
}

const LOOK_MS = 200
/** How long nothing may move before what is missing counts as lost; longer than what whoever was killed had under way is left to them. */
const SILENCE_MS = 30_000
const SILENT_LEASES = 3
const BATCH = 1_000

export async function measureCrowd(
  { host, user, create }: Pick<Postgres, 'host' | 'user' | 'create'>,
  crowd: Crowd,
): Promise<CrowdFigures> {
  const processes = [0, 1].map(() => startChild('./crowd-process.ts'))
  await create('crowd')
  const database = openDatabase({ host, user, database: 'crowd', max: 2 })
  try {
    await migrate(database)
    await storeWaiting(database, crowd)
    for (const process of processes) await process.call('start', { host, user, database: 'crowd', ...crowd } satisfies CrowdPlan)
    const ids = Array.from({ length: crowd.agents }, (_, index) => `a${index}`)
    await processes[1]?.call('online', ids)
    await progress(database, 'assigned', crowd.items / 2, crowd)
    process.kill(processes[0]?.pid ?? 0, 'SIGKILL')
    const killedAt = Date.now()
    await progress(database, 'releasedAt', crowd.items, crowd)
    return figuresOf(await handledIn(database), killedAt)
  } finally {
    await Promise.all(processes.map((each) => each.stop()))
    await database.close()
  }
}

/** Everybody asked while nobody was online. */
async function storeWaiting({ pool }: Database, { agents, items }: Crowd): Promise<void> {
  const now = Date.now()
  const logic = createRoutingGroup()
  const settings = groupSettings(agents, 1)
  const slot = slotOf(GROUP_KEY)
  const group: StoredActor = {
    slot,
    id: formatId('rg', slot, newUuid(now)),
    kind: 'routing-group',
    key: GROUP_KEY,
    numberId: null,
    state: null,
  }
  const parts = new Map<string, unknown>()
  const conversations: object[] = []
  for (let index = 0; index < items; index += 1) {
    const key = `main/phone:${index}`
    const own = slotOf(key)
    const id = formatId('cv', own, newUuid(now))
    conversations.push({ slot: own, id, key })
    const data = { ...requestOf(`se-${index}`), conversationId: id, target: `queue:q${index % 12}`, since: now - items + index }
    const event = { type: 'engine.event', side: 'service', name: 'work.requested', data }
    const inbox: InboxEvent<unknown> = { id: formatId('ev', slot, newUuid(now)), at: now, receivedAt: now, event }
    const turn = logic.step(group, inbox, now, settings)
    group.state = turn.state
    for (const { name, value } of turn.parts ?? []) parts.set(name, value)
  }
  for (let from = 0; from < items; from += BATCH)
    await pool.query(
      `insert into actor (slot, id, kind, key, number_id, created_at, updated_at)
       select slot, id, 'conversation', key, 'main', now(), now() from json_to_recordset($1) as r(slot smallint, id text, key text)`,
      [JSON.stringify(conversations.slice(from, from + BATCH))],
    )
  await pool.query(
    `insert into actor (slot, id, kind, key, state, revisions, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, now(), now())`,
    [slot, group.id, group.kind, GROUP_KEY, groupParts.head(group.state), JSON.stringify([{ id: newUuid(now), parts: [] }])],
  )
  await pool.query(
    `insert into actor_part (slot, actor_id, name, value)
     select $1, $2, name, value from json_to_recordset($3) as r(name text, value json)`,
    [slot, group.id, JSON.stringify([...parts].map(([name, value]) => ({ name, value })))],
  )
  await pool.query('analyze actor, actor_part')
}

/** Resolves when so many conversations have this, or nothing has moved for too long. */
async function progress({ pool }: Database, member: keyof Handled, count: number, { leaseMs }: Crowd): Promise<void> {
  let last = -1
  for (let still = 0; last < count && still < Math.max(SILENCE_MS, SILENT_LEASES * leaseMs); still += LOOK_MS) {
    await pause(LOOK_MS)
    const { rows } = await pool.query<{ count: string }>(
      `select count(*) from actor where kind = 'conversation' and state ->> $1 is not null`,
      [member],
    )
    const now = Number(rows[0]?.count)
    if (now !== last) still = 0
    last = now
  }
}

async function handledIn({ pool }: Database): Promise<(Handled | null)[]> {
  const { rows } = await pool.query<{ state: Handled | null }>(`select state from actor where kind = 'conversation'`)
  return rows.map(({ state }) => state)
}

export function figuresOf(handled: readonly (Handled | null)[], killedAt: number): CrowdFigures {
  const had = handled.flatMap((each) =>
    (each?.assigned ?? []).map(({ agentId, at }) => ({ agentId, at, until: each?.releasedAt ?? Infinity })),
  )
  const waits = [...Map.groupBy(had, ({ agentId }) => agentId).values()].flatMap((turns) => {
    const inOrder = turns.toSorted((a, b) => a.at - b.at)
    return inOrder.slice(1).map(({ at }, index) => at - (inOrder[index]?.until ?? 0))
  })
  const times = had.map(({ at }) => at)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const before = times.filter((at) => at <= killedAt).length
  return {
    items: handled.length,
    lost: handled.filter((each) => each === null || each.assigned.length === 0).length,
    doubled: handled.filter((each) => (each?.assigned.length ?? 0) > 1).length,
    overloaded: waits.filter((ms) => ms < 0).length,
    both: before / ((killedAt - first) / 1_000),
    one: (times.length - before) / ((last - killedAt) / 1_000),
    next: spread(waits),
  }
}
