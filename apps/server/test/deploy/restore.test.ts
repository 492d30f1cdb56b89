// What docs/deploying.md says of a base backup: taken while Baton works, it is restored by starting on it.
import { chmod, cp, lchown, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbedded } from '@baton/router'
import pg from 'pg'
import t from 'tap'
import { client, started, until } from '../http/running.ts'

const NUMBER = '100000000000001'

await t.test(
  'a base backup taken under load has all that was acknowledged before it, nothing half, and sends nothing without a sender',
  async (t) => {
    // Not in the directory of the test runner: PostgreSQL may have to run as another user, who could not enter it.
    const place = await mkdtemp(path.join(tmpdir(), 'baton-restore-'))
    await chmod(place, 0o755)
    t.teardown(() => rm(place, { recursive: true, force: true }))
    const directory = path.join(place, 'postgres')
    const copy = path.join(place, 'restored')
    const baton = await started(t, { database: { directory } })
    const call = client(baton)
    const list = () => call('GET', '/api/v1/conversations?limit=200')
    let customers = 0
    const say = () => baton.emulator?.say(NUMBER, `1555777${String((customers += 1)).padStart(4, '0')}`, 'is anybody there?')

    for (let n = 0; n < 20; n += 1) say()
    await until(list, ({ body }) => body.items.length === 20)
    const acknowledged = (await list()).body.items.map(({ id }) => id)
    const server = await startEmbedded({ directory })
    const admin = new pg.Client({ host: server.host, user: server.user, database: server.database })
    await admin.connect()
    // One that waits for a sender: its number is halted.
    await admin.query(
      `insert into baton.number_state (number_id, halted_at, halted_reason, updated_at) values ('main', now(), 'test', now())`,
    )
    const [first] = (await list()).body.items
    const sent = await call('POST', `/api/v1/conversations/${String(first?.['id'])}/messages`, { text: 'On its way.' })
    t.equal(sent.status, 202)

    const busy = setInterval(say, 50)
    await admin.query(`select pg_backup_start('test', fast => true)`)
    // The log comes last: what the files need to be brought to one moment was written while they were copied.
    const filter = (from: string) => !/postmaster\.(pid|opts)$|\/pg_wal\/|pg_internal\.init|pgsql_tmp/.test(from)
    await cp(directory, copy, { recursive: true, filter, preserveTimestamps: true })
    const { rows } = await admin.query<{ labelfile: string }>('select labelfile from pg_backup_stop(wait_for_archive => false)')
    await cp(path.join(directory, 'pg_wal'), path.join(copy, 'pg_wal'), { recursive: true })
    await writeFile(path.join(copy, 'backup_label'), rows[0]?.labelfile ?? '')
    clearInterval(busy)
    t.ok(customers > 20, 'it worked meanwhile')
    await own(directory, copy)
    await admin.end()
    await baton.close()

    const restored = await started(t, { database: { directory: copy }, roles: ['web', 'worker'] })
    const back = await startEmbedded({ directory: copy })
    const reader = new pg.Client({ host: back.host, user: back.user, database: back.database })
    await reader.connect()
    const { rows: kept } = await reader.query<{ id: string }>('select id from baton.actor where id = any($1)', [acknowledged])
    t.equal(kept.length, acknowledged.length, 'all that was acknowledged before it')
    const { rows: waiting } = await reader.query(
      `select payload ->> 'messageId' as id, status from baton.outbox where payload ->> 'messageId' = $1`,
      [sent.body['id']],
    )
    t.strictSame(waiting, [{ id: sent.body['id'], status: 'ready' }])
    const { rows: half } = await reader.query(
      `select a.id from baton.actor a where a.state is not null
     and not exists (select from baton.message m where m.slot = a.slot and m.actor_id = a.id) and a.kind = 'conversation'`,
    )
    t.strictSame(half, [], 'no conversation without its message')
    await reader.end()
    t.same(restored.emulator?.sends() ?? [], [], 'nothing was sent again')
  },
)

/** The copy belongs to whom the original belongs. */
async function own(original: string, copy: string): Promise<void> {
  const { uid, gid } = await stat(original)
  if (process.getuid?.() !== 0) return
  for (const name of ['', ...(await readdir(copy, { recursive: true }))]) await lchown(path.join(copy, name), uid, gid)
  await chmod(copy, 0o700)
}
