// The process: `main.ts start` against a real database, from the outside.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { DatabaseAddress } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import t, { type Test } from 'tap'
import { VALID } from '../config/fixtures/valid.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

interface Process {
  child: ChildProcess
  /** Everything on standard output up to the line that says it is ready, or up to the end. */
  lines: Promise<string[]>
  ended: Promise<unknown[]>
  /** Everything on standard error. */
  log: Promise<string>
}

function start(t: Test, env: Record<string, string>, code = ''): Process {
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(code)}`, main, 'start'], {
    env: { PATH: process.env['PATH'] ?? '', BATON_DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = text(child.stderr)
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  const lines = new Promise<string[]>((resolve) => {
    const seen: string[] = []
    const reader = createInterface({ input: child.stdout })
    reader.on('line', (line) => {
      seen.push(line)
      if (line.startsWith('Baton is ready')) resolve(seen)
    })
    reader.on('close', () => resolve(seen))
  })
  return { child, lines, ended, log }
}

function urlOf({ url, user = 'postgres', database = 'postgres', host = '' }: DatabaseAddress): string {
  return url ?? `postgres://${user}@/${database}?host=${encodeURIComponent(host)}`
}

function configDir(t: Test, files: Readonly<Record<string, string>>): string {
  const { 'journeys/coupon.yaml': coupon = '', ...flat } = files
  return t.testdir({ ...flat, journeys: { 'coupon.yaml': coupon } })
}

await t.test('start', async (t) => {
  const url = urlOf((await testDatabase(t)).address)

  await t.test('does not start with a broken configuration, and says where it is broken', async (t) => {
    const dir = configDir(t, { ...VALID, 'bots.yaml': 'bots: 7\n' })
    const { lines, ended } = start(t, { DATABASE_URL: url, PORT: '0', BATON_CONFIG_DIR: dir })
    t.same(await ended, [1, null])
    t.ok((await lines).some((line) => line.startsWith(`${dir}/bots.yaml:1:7 bots: expected a list, got 7`)))
  })

  await t.test(
    'publishes the files, prints the administrator key once, says when it is ready and where, and ends well when told to',
    async (t) => {
      const dir = configDir(t, VALID)
      const first = start(t, { DATABASE_URL: url, PORT: '0', BATON_CONFIG_DIR: dir })
      const lines = await first.lines
      const ready = /^Baton is ready at (http:\/\/127\.0\.0\.1:\d+) \(configuration version 1\)$/.exec(lines.at(-1) ?? '')
      t.ok(ready, lines.join('\n'))
      const key = /^Administrator API key, shown this once: (\S+)$/.exec(lines.find((line) => line.includes('key')) ?? '')?.[1]
      t.ok(key)
      t.equal((await fetch(`${ready?.[1]}/healthz`)).status, 200)
      const listed = await fetch(`${ready?.[1]}/api/v1/conversations`, { headers: { authorization: `Bearer ${key}` } })
      t.equal(listed.status, 200, 'the key works')
      first.child.kill('SIGTERM')
      t.same(await first.ended, [0, null])

      const second = start(t, { DATABASE_URL: url, PORT: '0', BATON_CONFIG_DIR: dir })
      t.notOk(
        (await second.lines).some((line) => line.includes('key')),
        'no key on the second start',
      )
      second.child.kill('SIGTERM')
      t.same(await second.ended, [0, null])
      t.notOk((await second.lines).some((line) => line.includes('differs')))

      writeFileSync(`${dir}/consent.yaml`, `${VALID['consent.yaml']}# a thought\n`)
      const third = start(t, { DATABASE_URL: url, PORT: '0', BATON_CONFIG_DIR: dir })
      const said = await third.lines
      t.ok(
        said.includes(`${dir}/ differs from published version 1 in consent.yaml: run baton config apply`),
        'changed files are not in force, and the start says so',
      )
      t.match(said.at(-1), /configuration version 1\)$/)
      third.child.kill('SIGTERM')
      t.same(await third.ended, [0, null])
    },
  )
})

await t.test('a start that fails makes no administrator key that nobody would see', async (t) => {
  const DATABASE_URL = urlOf((await testDatabase(t)).address)
  const BATON_CONFIG_DIR = configDir(t, VALID)
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const first = start(t, { DATABASE_URL, BATON_CONFIG_DIR, PORT: String((other.address() as AddressInfo).port) })
  t.same(await first.ended, [1, null])
  t.match(await first.log, /EADDRINUSE/)
  const second = start(t, { DATABASE_URL, BATON_CONFIG_DIR, PORT: '0' })
  t.match((await second.lines).join('\n'), /^Administrator API key, shown this once: \S+$/m)
  second.child.kill('SIGTERM')
  t.same(await second.ended, [0, null])
})

await t.test('an error that nobody caught is logged and ends the process', async (t) => {
  const DATABASE_URL = urlOf((await testDatabase(t)).address)
  const fault = 'process.on("SIGWINCH", () => { throw new Error("nobody caught this") })'
  const { child, lines, ended, log } = start(t, { DATABASE_URL, BATON_CONFIG_DIR: configDir(t, VALID), PORT: '0' }, fault)
  t.match((await lines).at(-1), /^Baton is ready/)
  child.kill('SIGWINCH')
  t.same(await ended, [1, null])
  t.match(await log, /^\{"level":60,.*nobody caught this/m)
})

await t.test('told to end while it starts, the process ends in order and has not begun', async (t) => {
  const { address, pool } = await testDatabase(t)
  const holder = await pool.connect()
  await holder.query('select pg_advisory_lock(7204101)') // who makes tables and keys of schema auth waits for it
  const { child, lines, ended } = start(t, { DATABASE_URL: urlOf(address), BATON_CONFIG_DIR: configDir(t, VALID), PORT: '0' })
  const waiting = `select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`
  while (child.exitCode === null && (await pool.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  child.kill('SIGTERM')
  holder.release(true)
  t.same(await ended, [0, null])
  t.strictSame(await lines, [])
  t.equal((await pool.query('select from auth.apikey')).rowCount, 0)
})

await t.test('a published demonstration starts without the files it was published from', async (t) => {
  const { address } = await testDatabase(t)
  const DATABASE_URL = urlOf(address)
  const shipped = fileURLToPath(new URL('../../../../config', import.meta.url))
  const first = start(t, { DATABASE_URL, PORT: '0', BATON_CONFIG_DIR: shipped })
  t.match((await first.lines).at(-1), /^Baton is ready/)
  first.child.kill('SIGTERM')
  await first.ended

  const second = start(t, { DATABASE_URL, PORT: '0', BATON_CONFIG_DIR: t.testdir({}) })
  const lines = await second.lines
  t.match(lines[0], /^Demonstration: the WhatsApp emulator is served here too; values were made up for WHATSAPP_BASE_URL/)
  t.match(lines.at(-1), /^Baton is ready at .* \(configuration version 1\)$/)
  second.child.kill('SIGTERM')
  await second.ended

  const third = start(t, { DATABASE_URL, PORT: '0', HOST: '0.0.0.0', BATON_CONFIG_DIR: t.testdir({}) })
  t.same(await third.ended, [1, null])
  t.match((await third.lines).join('\n'), /WHATSAPP_BASE_URL is not set, .*not served on 0\.0\.0\.0/)
})
