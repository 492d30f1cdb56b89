// The dashboard and the alert rules name only figures that exist, and every alert is explained.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { ALARMS } from '../../src/alarms.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const read = (file: string) => readFileSync(root + file, 'utf8')

interface Rule {
  alert: string
  expr: string
  labels: Record<string, string>
  annotations: Record<string, string>
}
const rules = (parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
interface Panel {
  id: number
  title: string
  targets: { expr: string }[]
}
const { panels } = JSON.parse(read('deploy/grafana/baton.json')) as { panels: Panel[] }
const queries = [...rules.map(({ expr }) => expr), ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))]

/** Every series the registry can give, by what it is called in a query, with its labels. */
async function series(): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>()
  for (const { name, type, labels } of await createMetrics().describe()) {
    names.set(name, labels)
    if (type !== 'histogram') continue
    names.set(`${name}_bucket`, [...labels, 'le'])
    for (const part of ['_sum', '_count']) names.set(name + part, labels)
  }
  return names
}

/** What Prometheus adds by itself. */
const ADDED = ['instance', 'job']

function complaints(query: string, known: Map<string, string[]>): string[] {
  const names = [...query.matchAll(/\bbaton_\w+/g)].map(([name]) => name)
  const unknown = names.filter((name) => !known.has(name)).map((name) => `${name} is no figure`)
  const labels = [
    ...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim())),
    ...[...query.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
  ]
  const without = labels.filter((label) => !ADDED.includes(label) && !names.some((name) => known.get(name)?.includes(label) === true))
  return [...unknown, ...without.map((label) => `${label} is no label of ${names.join(', ')}`)]
}

await t.test('each query names figures that exist, with labels they have', async (t) => {
  const known = await series()
  t.ok(queries.length > 30)
  for (const query of queries) t.strictSame(complaints(query, known), [], query)
  t.strictSame(complaints('sum by (lane) (rate(baton_turns_total[5m]))', known), ['lane is no label of baton_turns_total'])
  t.strictSame(complaints('baton_turns{kind="x"}', known), ['baton_turns is no figure', 'kind is no label of baton_turns'])
})

await t.test('every figure of our own is on the dashboard', async (t) => {
  const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(' ')
  const own = (await createMetrics().describe()).map(({ name }) => name).filter((name) => !/^baton_(process|nodejs)_/.test(name))
  t.strictSame(
    own.filter((name) => !shown.includes(name)),
    ['baton_event_streams', 'baton_database_up'],
    'what is not, is a matter of taste or of an alert',
  )
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
})

await t.test('every alert has a name, a severity, a summary, and its line in docs/operating.md, which has no other', async (t) => {
  const explained = [...read('docs/operating.md').matchAll(/^\| `(Baton\w+)` \|/gm)].map(([, name = '']) => name)
  t.strictSame(
    explained,
    rules.map(({ alert }) => alert),
  )
  for (const rule of rules) t.match(rule, { labels: { severity: /^(critical|warning)$/ }, annotations: { summary: /\w/ } }, rule.alert)
})

await t.test('what an alert counts is there at 0 before it happens: Prometheus sees no increase in what begins at 1', async (t) => {
  const metrics = createMetrics()
  metrics.expect('whatsapp')
  const lines = (await metrics.expose()).body.split('\n')
  const shown = (name: string, label: string) =>
    lines.some((line) => line.startsWith(`${name}{`) && line.includes(label) && line.endsWith(' 0'))
  const counted = rules.flatMap(({ expr }) => [...expr.matchAll(/increase\((\w+)(?:\{([^}]*)\})?\[/g)])
  t.ok(counted.length >= 4)
  for (const [, name = '', matchers = ''] of counted) {
    const labels = [...matchers.matchAll(/(\w+)=~?"([^"]+)"/g)].flatMap(([, label, values = '']) =>
      values.split('|').map((value) => `${label}="${value}"`),
    )
    for (const label of labels.length === 0 ? [''] : labels) t.ok(shown(name, label), `${name} ${label}`)
  }
  for (const code of Object.keys(ALARMS)) t.ok(shown('baton_alarms_total', `code="${code}"`), code)
})

await t.test('an outcome or result that a query looks for is one that is told', async (t) => {
  const sender = read('packages/router/src/outbound/sender.ts') + read('apps/server/src/http/webhooks.ts')
  for (const query of queries)
    for (const [, values = ''] of query.matchAll(/(?:outcome|result)=~?"([^"]+)"/g))
      for (const value of values.split('|')) t.ok(sender.includes(`\`${value}\``) || sender.includes(`'${value}'`), value)
})
