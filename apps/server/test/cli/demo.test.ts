// `baton demo` as a process; the stories themselves are played by test/stories.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

await t.test('a demonstration that cannot be set up ends', async (t) => {
  const env = { PATH: process.env['PATH'] ?? '', BATON_CONFIG_DIR: `${t.testdir({})}/nowhere` }
  const child = spawn(process.execPath, [main, 'demo'], { env, stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  t.same(await once(child, 'exit'), [1, null])
})
