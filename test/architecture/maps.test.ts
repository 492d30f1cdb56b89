// A folder's README has a map of it: what stands in the folder is named there.
import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What every package has: its door, and its catalogue of errors. */
const OF_ALL = ['index', 'errors', 'README.md']

for (const readme of globSync('{packages,apps}/*/{,src/**/}README.md', { cwd: root }).toSorted()) {
  await t.test(readme, async (t) => {
    const text = readFileSync(root + readme, 'utf8')
    const folder = root + readme.replace(/README\.md$/, '')
    const names = readdirSync(existsSync(`${folder}src`) ? `${folder}src` : folder).map((name) => name.replace(/\.ts$/, ''))
    t.same(
      names.filter((name) => !OF_ALL.includes(name) && !new RegExp(`[\`/ ]${RegExp.escape(name)}[\`/. ,)]`).test(text)),
      [],
    )
  })
}
