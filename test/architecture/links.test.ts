import { existsSync, readFileSync, globSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

await t.test('every relative link in the documentation leads to a file', async (t) => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'packages/*/src/**/*.md', 'apps/*/*.md', 'config/*.md'], { cwd: root })
  t.ok(pages.includes('README.md'))
  for (const page of pages) {
    const text = readFileSync(path.join(root, page), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      t.ok(existsSync(path.join(root, path.dirname(page), link)), `${page}: ${link}`)
    }
  }
})
