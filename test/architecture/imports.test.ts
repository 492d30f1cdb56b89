// The rules of .dependency-cruiser.cjs hold, and would be noticed if they did not.
import { spawnSync } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Cruise {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] }
}

function cruise(cwd: string, ...folders: string[]): Cruise {
  const command = `${root}node_modules/.bin/depcruise`
  const ran = spawnSync(command, ['--output-type', 'json', ...folders], { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (ran.stdout === '') throw new Error(`dependency-cruiser said nothing: ${ran.stderr}`)
  return JSON.parse(ran.stdout) as Cruise
}

await t.test('imports follow the direction of the packages', async (t) => {
  const { summary } = cruise(root, 'packages', 'apps', 'test')
  t.ok(summary.totalCruised > 20, `${summary.totalCruised} modules were read`)
  t.same(
    summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    [],
  )
})

/** What each rule must find: a file that imports what it may not. */
const PLANTED: Record<string, { folder: string; imports: string }> = {
  'sibling-journeys': { folder: 'packages/journeys/src', imports: '../../omni/src/index.ts' },
  'sibling-router': { folder: 'packages/router/src', imports: '../../omni/src/index.ts' },
  'apps-are-roots': { folder: 'packages/omni/src', imports: '../../../apps/server/src/index.ts' },
  'one-door': { folder: 'apps/server/src', imports: '../../../packages/router/src/store/inner.ts' },
  'testing-in-tests': { folder: 'packages/router/src/inbound', imports: '../../testing/index.ts' },
  'router-store': { folder: 'packages/router/src/store', imports: '../conversation/inner.ts' },
  'router-conversation': { folder: 'packages/router/src/conversation', imports: '../store/inner.ts' },
  'router-contract': { folder: 'packages/router/src/contract', imports: '../conversation/inner.ts' },
  'router-inbound': { folder: 'packages/router/src/inbound', imports: '../conversation/inner.ts' },
  'router-outbound': { folder: 'packages/router/src/outbound', imports: '../conversation/inner.ts' },
  'contract-knows-zod-only': { folder: 'packages/router/src/contract', imports: 'kysely' },
  'store-without-http': { folder: 'apps/server/src/store', imports: '../http/inner.ts' },
  'sql-in-store': { folder: 'packages/router/src/inbound', imports: 'kysely' },
  'xstate-in-conversation': { folder: 'packages/router/src/store', imports: 'xstate' },
  'not-resolvable': { folder: 'packages/omni/src', imports: './nowhere.ts' },
  'no-cycle': { folder: 'packages/omni/src', imports: './planted-no-cycle-back.ts' },
}

await t.test('a planted import against a rule is found', async (t) => {
  const file = 'export const a = 1\n'
  const library = (name: string) => ({ 'package.json': JSON.stringify({ name, main: 'index.js' }), 'index.js': file })
  const dir = t.testdir({
    'package.json': JSON.stringify({ name: 'planted', type: 'module', dependencies: { kysely: '*', xstate: '*' } }),
    node_modules: { kysely: library('kysely'), xstate: library('xstate') },
    packages: {
      journeys: { src: { 'index.ts': file } },
      omni: { src: { 'index.ts': file } },
      router: {
        src: {
          'index.ts': file,
          contract: { 'inner.ts': file },
          conversation: { 'inner.ts': file },
          store: { 'inner.ts': file },
          inbound: {},
          outbound: {},
        },
        testing: { 'index.ts': file },
      },
    },
    apps: { server: { src: { 'index.ts': file, http: { 'inner.ts': file }, store: {} } } },
  })
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'tsconfig.base.json']) cpSync(root + name, `${dir}/${name}`)
  t.same(cruise(dir, 'packages', 'apps').summary.violations, [], 'nothing is wrong before the imports are planted')

  for (const [rule, { folder, imports }] of Object.entries(PLANTED)) {
    writeFileSync(`${dir}/${folder}/planted-${rule}.ts`, `import * as planted from '${imports}'\nexport const used = planted\n`)
  }
  writeFileSync(`${dir}/packages/omni/src/planted-no-cycle-back.ts`, "export * from './planted-no-cycle.ts'\n")
  const { violations } = cruise(dir, 'packages', 'apps').summary
  for (const rule of Object.keys(PLANTED)) {
    const found = violations.filter(({ from }) => from.includes(`/planted-${rule}`)).map((violation) => violation.rule.name)
    t.ok(found.includes(rule), `${rule}: found ${found.join(', ') || 'nothing'}`)
  }
})
