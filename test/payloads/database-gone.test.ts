// The database goes away and comes back: what was acknowledged is there, what could not be stored was not acknowledged, and
// nobody has to restart anything.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startEmbedded } from '@baton/router'
import t from 'tap'
import { edited, readSample, sign, signatureOf } from './samples.ts'
import { startScene } from './scene.ts'
import type { Answer, Scene } from './scene.ts'

/** The machine does not crash here, only the server: its commits have to be written out, and need not reach the disk. */
const QUICK = { fsync: 'off', full_page_writes: 'off' }

t.test('while the database is gone a webhook is answered 503 with a time to come back, and afterwards 200', async (t) => {
  const parent = await mkdtemp(path.join(tmpdir(), 'baton-gone-'))
  t.teardown(() => rm(parent, { recursive: true, force: true }))
  const directory = path.join(parent, 'postgresql')
  let server = await startEmbedded({ directory, settings: QUICK })
  t.teardown(() => server.stop())
  const { host, user, database } = server
  const scene = await startScene(t, { database: { host, user, database } })
  await scene.post('message-text.json')

  await server.stop()
  for (const file of ['message-image.json', 'status-sent.json', 'security.json', 'malformed-truncated.json']) {
    const answer = await scene.postBytes(readSample(file), signatureOf(file))
    t.match(answer, { status: 503, body: { code: 'database-unavailable' } }, file)
    t.equal(answer.headers.get('retry-after'), '2')
  }
  t.equal((await scene.postBytes(readSample('message-image.json'))).status, 401, 'who is not the provider learns nothing of it')
  t.equal((await fetch(`${scene.baton.url}/healthz`)).status, 200, 'the process is well')
  t.equal((await fetch(`${scene.baton.url}/readyz`)).status, 503, 'and not ready')

  server = await startEmbedded({ directory, settings: QUICK })
  await acknowledged(scene, 'message-image.json')
  await scene.settle()
  t.equal((await fetch(`${scene.baton.url}/readyz`)).status, 200)
  t.strictSame(await kinds(scene), ['image', 'text'], 'what was refused is there once, because it was repeated')
  t.strictSame(await scene.sql('select from parked_status union all select from quarantine'), [], 'and what was not repeated is not')

  // Acknowledged, not worked yet, and the server dies without a word.
  t.equal((await scene.postBytes(readSample('message-voice.json'), signatureOf('message-voice.json'))).status, 200)
  const [pid] = (await readFile(path.join(directory, 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  server = await startEmbedded({ directory, settings: QUICK })
  await acknowledged(scene, 'message-voice.json')
  await scene.settle()
  t.strictSame(await kinds(scene), ['audio', 'image', 'text'])
  t.match(await scene.conversations(), [{ owner: 'service' }])
  t.equal(scene.graph.sends().length, 1, 'and the customer was told once to wait')
})

t.test('sessions that are cut off again and again lose and double nothing that was acknowledged', async (t) => {
  const scene = await startScene(t)
  const people = Array.from({ length: 60 }, (_, index) => `1202555${String(1_000 + index)}`)
  const waiting = [...people]
  let cuts = 0
  let done = false
  const deliver = async (): Promise<void> => {
    for (let phone = waiting.shift(); phone !== undefined; phone = waiting.shift()) {
      const id = `US.${phone}`
      const body = edited('message-text.json', ['12025550123', phone], ['US.10000000000000000123', id], ['wamid.', `wamid.${phone}.`])
      for (let answer = await scene.postBytes(body, sign(body)); answer.status !== 200; answer = await scene.postBytes(body, sign(body))) {
        t.equal(answer.status, 503, 'it is either stored or to be repeated')
      }
    }
  }
  const cutting = (async () => {
    while (!done) {
      const cut = await scene.sql(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name not like 'baton-test%'`)
      cuts += cut.length
      await pause(25)
    }
  })()
  await Promise.all(Array.from({ length: 6 }, deliver))
  done = true
  await cutting
  await scene.settle()

  t.ok(cuts > 0, 'sessions were cut off')
  const lines = await scene.sql(`select a.phone from message m join actor a on a.id = m.actor_id where m.direction = 'in' order by 1`)
  t.strictSame(
    lines.map(({ phone }) => phone),
    people,
    'every message is there, once',
  )
  const answered = scene.graph.sends().map(({ to }) => String(to).slice(1))
  t.strictSame(answered.toSorted(), people, 'and every customer was answered, once')
  t.strictSame(await scene.sql('select from quarantine'), [])
})

/** Repeats a sample as a provider does until it is acknowledged. */
async function acknowledged(scene: Scene, file: string): Promise<Answer> {
  for (;;) {
    const answer = await scene.postBytes(readSample(file), signatureOf(file))
    if (answer.status === 200) return answer
    await pause(50)
  }
}

async function kinds(scene: Scene): Promise<unknown[]> {
  const rows = await scene.sql(`select content ->> 'kind' as kind from message where direction = 'in' order by 1`)
  return rows.map(({ kind }) => kind)
}
