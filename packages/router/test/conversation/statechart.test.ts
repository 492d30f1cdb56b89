import { readFileSync } from 'node:fs'
import t from 'tap'
import { statechartPage } from '../../testing/statechart.ts'

const page = new URL('../../../../docs/statechart.md', import.meta.url)

t.test('the statechart page is the machine: run `pnpm statechart` when it is not', async (t) => {
  t.equal(readFileSync(page, 'utf8'), statechartPage())
})

t.test('the page names every state of ownership and every routing rule', async (t) => {
  const text = statechartPage()
  for (const word of ['none', 'marketing', 'service_open_inactive', 'service_error', 'external_overService']) t.match(text, word)
  for (const rule of ['consent', 'open-service-session', 'journey-reply', 'invalid-reply', 'reserved-keyword', 'unrouted'])
    t.match(text, `\`${rule}\``)
})
