import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { playStory, STORIES } from '@baton/server'
import type { Stage } from '@baton/server'

const main = path.join(import.meta.dirname, '../../apps/server/src/main.ts')

function baton(args: string[], cwd: string): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], BATON_CONFIG_DIR: path.join(import.meta.dirname, '../../config') },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

t.test('baton demo plays every story over real HTTP, and every one is as it should be', async (t) => {
  const cwd = await mkdtemp(path.join(tmpdir(), 'baton-demo-test-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))
  const { code, out, err } = await baton(['demo', '--json'], cwd)
  t.equal(code, 0, err)
  const { stories } = JSON.parse(out) as { stories: { title: string; passed: boolean; failure: string | null }[] }
  t.equal(stories.length, STORIES.length)
  for (const story of stories) t.ok(story.passed, `${story.title}: ${story.failure ?? ''}`)
})

t.test('a story that is not as it should be fails, and says why', async (t) => {
  const stage = { botAnswers() {} } as unknown as Stage
  const lines: string[] = []
  const story = {
    title: 'wrong',
    async play({ check }: Parameters<(typeof STORIES)[number]['play']>[0]) {
      check('two is one', Number('2') === 1, 2)
    },
  }
  const result = await playStory(
    stage,
    story,
    () => '1',
    (line) => lines.push(line),
  )
  t.match(result, { passed: false, failure: 'not so: two is one; found 2' })
  t.ok(lines.some((line) => line.includes('✗ not so: two is one')))
})

t.test('a word that is in no title is misuse', async (t) => {
  const { code, err, out } = await baton(['demo', 'no such story'], tmpdir())
  t.equal(code, 2)
  t.match(`${out}${err}`, 'no story has')
})
