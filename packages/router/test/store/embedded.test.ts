import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import t from 'tap'
import { findBinaries } from '../../src/store/embedded/binaries.ts'
import { withFileLock } from '../../src/store/embedded/file-lock.ts'
import { sharedMegabytes, startEmbedded } from '../../src/store/embedded.ts'
import type { EmbeddedPostgres } from '../../src/store/embedded.ts'

await t.test('the server shares an eighth of the memory among its sessions, within bounds', async (t) => {
  const gigabyte = 2 ** 30
  t.strictSame(
    [0.5, 1, 4, 6, 64].map((memory) => sharedMegabytes(memory * gigabyte)),
    [128, 128, 512, 768, 1_024],
  )
})

type Test = { teardown(fn: () => Promise<void>): void }
const fast = { fsync: 'off', shared_buffers: '16MB' }

/** A place others may enter, unlike the directories of the test runner when the checkout is root's own. */
async function place(t: Test, mode = 0o755): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'baton-embedded-'))
  await chmod(directory, mode)
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function query(server: EmbeddedPostgres, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ host: server.host, user: server.user, database: server.database })
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(text)
  await client.end()
  return rows
}

async function postmaster(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

await t.test('it is made, started, adopted, stopped and started again, with its data', async (t) => {
  const directory = join(await place(t), 'deep', 'data')
  const first = await startEmbedded({ directory, settings: fast })
  t.teardown(() => first.stop())
  t.equal(first.adopted, false)
  await query(first, 'create table kept (x integer)')
  t.match(await query(first, `select current_setting('listen_addresses') l, current_setting('max_connections') m`), [{ l: '', m: '200' }])
  t.equal((await stat(first.host)).mode & 0o777, 0o700, 'nobody else can enter the socket’s directory')
  const second = await startEmbedded({ directory })
  t.strictSame([second.adopted, second.host], [true, first.host])
  await second.stop()
  const third = await startEmbedded({ directory, settings: fast })
  t.equal(third.adopted, false)
  t.strictSame(await query(third, 'select * from kept'), [])
  await third.stop()
  await third.stop()
})

await t.test('it is left running while somebody else uses it, and stopped by whoever leaves last', async (t) => {
  const directory = join(await place(t), 'data')
  const first = await startEmbedded({ directory, settings: fast })
  t.teardown(() => first.stop())
  const second = await startEmbedded({ directory })
  const client = new pg.Client({ host: second.host, user: second.user, database: second.database })
  await client.connect()
  t.equal(await first.leave(), false)
  t.match(await query(second, 'select 1 as one'), [{ one: 1 }], 'it still runs')
  await client.end()
  t.equal(await second.leave(), true)
  await t.rejects(query(second, 'select 1'))
  t.equal(await second.leave(), true, 'of one that has ended nothing is left')
})

await t.test('one whose program files are gone is not adopted: it is ended, and started from ours', async (t) => {
  const directory = join(await place(t), 'data')
  const first = await startEmbedded({ directory, settings: fast })
  t.teardown(() => first.stop())
  await query(first, 'create table kept (x integer)')
  const pid = await postmaster(directory)
  // What a server says of itself when it starts; nobody else reads it.
  await writeFile(join(directory, 'postmaster.opts'), `/deleted/bin/postgres "-D" "${directory}"\n`)
  const warnings: unknown[] = []
  const second = await startEmbedded({ directory, settings: fast, log: { warn: (...given: unknown[]) => warnings.push(given) } })
  t.strictSame([second.adopted, second.host, warnings.length], [false, first.host, 1])
  t.not(await postmaster(directory), pid)
  t.strictSame(await query(second, 'select * from kept'), [])
})

await t.test(
  'it starts again over what a killed one left behind, and over another program’s pid; when it cannot, it says why',
  async (t) => {
    const directory = join(await place(t), 'data')
    const first = await startEmbedded({ directory, settings: fast })
    process.kill(await postmaster(directory), 'SIGKILL')
    const second = await startEmbedded({ directory, settings: fast })
    t.equal(second.adopted, false)
    t.same(await query(second, 'select 1 as x'), [{ x: 1 }])
    await second.stop()
    await writeFile(join(directory, 'postmaster.pid'), `${process.pid}\n${directory}\n0\n5432\n${first.host}\n\n`)
    const third = await startEmbedded({ directory, settings: fast })
    t.equal(third.adopted, false)
    await third.stop()
    await t.rejects(startEmbedded({ directory, settings: { shared_buffers: 'many' } }), {
      code: 'embedded-failed',
      message: /shared_buffers/,
    })
  },
)

await t.test('one whose recovery takes longer than its start is waited for is waited for all the same, and can be reached', async (t) => {
  const directory = join(await place(t), 'data')
  await (await startEmbedded({ directory, settings: fast })).stop()
  // It recovers from an archive that takes two seconds for each file it does not have.
  await appendFile(join(directory, 'postgresql.auto.conf'), "restore_command = 'sleep 2; false'\n")
  await writeFile(join(directory, 'recovery.signal'), '')
  const warnings: unknown[] = []
  const log = { warn: (_fields: object, message?: string) => warnings.push(message) }
  const server = await startEmbedded({ directory, settings: fast, log, quietSeconds: 1 })
  t.teardown(() => server.stop())
  t.equal(server.adopted, false)
  t.match(warnings, [/recovering/])
  t.equal(warnings.length, 1)
  t.same(await query(server, 'select 1 as x'), [{ x: 1 }])
  t.equal((await startEmbedded({ directory })).adopted, true)
})

await t.test('of processes that start together one makes and starts it, the others adopt it', async (t) => {
  const directory = join(await place(t), 'data')
  const program = `
    import { sharedMegabytes, startEmbedded } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/embedded.ts'))}
    const { adopted } = await startEmbedded({ directory: ${JSON.stringify(directory)}, settings: ${JSON.stringify(fast)} })
    console.log(adopted)`
  const run = promisify(execFile)
  const started = await Promise.all([1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', program])))
  const server = await startEmbedded({ directory })
  t.teardown(() => server.stop())
  t.strictSame(started.map(({ stdout }) => stdout.trim()).toSorted(), ['false', 'true', 'true'])
})

await t.test('a directory with other files is refused, and so is one of another version', async (t) => {
  const parent = await place(t)
  const other = join(parent, 'other')
  await mkdir(other)
  await writeFile(join(other, 'letter.txt'), 'dear')
  await t.rejects(startEmbedded({ directory: other }), { code: 'embedded-not-ours' })
  t.equal(await readFile(join(other, 'letter.txt'), 'utf8'), 'dear')
  const older = join(parent, 'older')
  await mkdir(older)
  await writeFile(join(older, 'PG_VERSION'), '15\n')
  await t.rejects(startEmbedded({ directory: older }), { code: 'embedded-not-ours', message: /15/ })
})

const root = process.getuid?.() === 0
await t.test('root may keep it where no other account can enter', { skip: root ? false : 'only root changes accounts' }, async (t) => {
  const closed = join(await place(t, 0o700), 'data')
  const server = await startEmbedded({ directory: closed, settings: fast })
  t.same(await query(server, 'select 1 as x'), [{ x: 1 }])
  t.equal((await stat(join(closed, 'PG_VERSION'))).uid, 0, 'the files stay root’s')
  t.equal((await startEmbedded({ directory: closed })).adopted, true)
  await server.stop()
})

await t.test('a platform without programs is told to use its own PostgreSQL', async (t) => {
  await t.rejects(findBinaries('plan9-mips'), { code: 'embedded-unsupported', message: /DATABASE_URL/ })
})

await t.test('only one at a time holds a file lock, and a dead owner’s lock is taken over', async (t) => {
  const lock = join(await place(t), 'lock')
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((resolve) => setTimeout(resolve, 2))
    inside -= 1
  }
  await Promise.all([1, 2, 3, 4].map(() => withFileLock(lock, work)))
  t.equal(most, 1)
  for (const pid of [999999999, process.pid]) {
    await writeFile(lock, String(pid))
    await Promise.all([1, 2, 3, 4].map(() => withFileLock(lock, work)))
    t.equal(most, 1, 'its pid may be ours, of another life')
  }
  await t.rejects(
    withFileLock(lock, () => Promise.reject(new Error('inside'))),
    { message: 'inside' },
  )
  await withFileLock(lock, work)
})

await t.test('a lock whose owner lives is waited for, and who that is gets told', async (t) => {
  const lock = join(await place(t), 'lock')
  // No lock says when a foreign process began, as in an older release's.
  for (const text of [String(process.ppid), `${process.ppid} `]) {
    await writeFile(lock, text)
    const told: number[] = []
    const waiting = Promise.withResolvers<void>()
    const onWait = ({ pid }: { pid: number }) => (told.push(pid), waiting.resolve())
    let isDone = false
    const done = withFileLock(lock, () => Promise.resolve(void (isDone = true)), { onWait, quietMs: 0 })
    await waiting.promise
    t.equal(isDone, false)
    await rm(lock)
    await done
    t.strictSame(told, [process.ppid], 'once')
  }
})

const skip = process.platform === 'linux' ? false : 'only Linux says when a process began'
await t.test('a lock of a process whose pid somebody else has by now is taken over', { skip }, async (t) => {
  const lock = join(await place(t), 'lock')
  await writeFile(lock, `${process.ppid} 1`)
  await withFileLock(lock, () => Promise.resolve())
})

await t.test('the lock is where nobody else can write', async (t) => {
  const directory = join(await place(t), 'data')
  const server = await startEmbedded({ directory, settings: fast })
  t.teardown(() => server.stop())
  await writeFile(join(directory, 'baton.lock'), String(process.ppid))
  const told = Promise.withResolvers<object>()
  const second = startEmbedded({ directory, log: { warn: (fields: object) => told.resolve(fields) } })
  t.strictSame(await told.promise, { lock: join(directory, 'baton.lock'), pid: process.ppid })
  t.equal((await stat(directory)).mode & 0o077, 0)
  await rm(join(directory, 'baton.lock'))
  t.equal((await second).adopted, true)
})

await t.test('a file lock that cannot be read is told of, and not waited for', async (t) => {
  const lock = join(await place(t), 'lock')
  await symlink(lock, lock)
  await t.rejects(
    withFileLock(lock, () => Promise.resolve()),
    { code: 'ELOOP', path: lock },
  )
})
