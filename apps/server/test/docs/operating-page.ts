// The tables of docs/operating.md are made from the code: `node apps/server/test/docs/operating-page.ts` writes them,
// operating.test.ts holds them.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ALARMS } from '../../src/alarms.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
export const OPERATING_PAGE = `${root}docs/operating.md`

/** The page with its tables as they should be. */
export async function withTables(page: string): Promise<string> {
  const alarms = Object.entries(ALARMS).map(([code, { meaning, action }]) => `| \`${code}\` | ${meaning} | ${action} |`)
  const metrics = (await ownMetrics()).map(({ name, help }) => `| \`${name}\` | ${help} |`)
  const tables: Record<string, string[]> = {
    alarms: ['| alarm | what has happened | what to do |', '|---|---|---|', ...alarms],
    metrics: ['| metric | |', '|---|---|', ...metrics],
  }
  return page.replace(
    /(<!-- (\w+): made from the code -->\n)[^]*?(\n<!-- end -->)/g,
    (_whole, start: string, name: string, end: string) => {
      return `${start}\n${(tables[name] ?? []).join('\n')}\n${end}`
    },
  )
}

/** Without those of the process and of Node, which Prometheus knows by themselves. */
async function ownMetrics(): Promise<{ name: string; help: string }[]> {
  const all = await createMetrics().describe()
  return all.filter(({ name }) => !/^baton_(process|nodejs)_/.test(name))
}

/** Where the code of an alarm stands in the sources. */
const RAISED = [
  /\balarm\('([a-z-]+)'/g,
  /\braise\(draft, '([a-z-]+)'/g,
  /\braiseAlarm\(work, run, '([a-z-]+)'/g,
  /type: 'alarm\.raise', code: '([a-z-]+)'/g,
  /kind: 'fail', code: '([a-z-]+)'/g,
  /alarms\.push\(\{ code: '([a-z-]+)'/g,
  /actorId(?:: \S+)?,\s*code: '([a-z-]+)',\s*detail/g,
  /step\.code === '([a-z-]+)' \? \[lost\]/g,
  /kind: 'notice',\s*code: update\.halt === true \? '([a-z-]+)' : '[a-z-]+'/g,
  /kind: 'notice',\s*code: update\.halt === true \? '[a-z-]+' : '([a-z-]+)'/g,
]

/** The codes of every alarm that the packages raise. */
export function raisedAlarms(): Set<string> {
  const files = globSync('packages/{router,omni,journeys}/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('journey-tests/telephone.ts'),
  )
  const found = new Set<string>()
  for (const file of files) {
    const text = readFileSync(root + file, 'utf8')
    for (const pattern of RAISED) for (const [, code = ''] of text.matchAll(pattern)) found.add(code)
  }
  return found
}

if (import.meta.main) writeFileSync(OPERATING_PAGE, await withTables(readFileSync(OPERATING_PAGE, 'utf8')))
