import { readFileSync } from 'node:fs'
import t from 'tap'
import { compareErrorsPage, ERRORS_PAGE, readCatalogues, renderErrorsPage } from './errors-page.ts'

await t.test('docs/errors.md lists every code of every catalogue, and no other', async (t) => {
  const catalogues = await readCatalogues()
  t.ok(catalogues.size >= 3, `catalogues of ${[...catalogues.keys()].join(', ')}`)
  t.same(compareErrorsPage(readFileSync(ERRORS_PAGE, 'utf8'), catalogues), [], 'run: node test/architecture/errors-page.ts')
})

await t.test('codes are kebab-case and say what they mean', async (t) => {
  for (const [name, errors] of await readCatalogues()) {
    for (const [code, meaning] of Object.entries(errors)) {
      t.match(code, /^[a-z]+(-[a-z0-9]+)*$/, `${name}: ${code}`)
      t.ok(meaning.length >= 10, `${name}: ${code} is explained`)
    }
  }
})

await t.test('a code that is missing, left over or changed on the page is noticed', async (t) => {
  const catalogues = new Map([['@baton/a', { 'one-thing': 'the first | thing', 'other-thing': 'the second thing' }]])
  const page = renderErrorsPage(catalogues)
  t.same(compareErrorsPage(page, catalogues), [])
  t.same(compareErrorsPage(page.replace('| `one-thing`', '| `gone-thing`'), catalogues), [
    '@baton/a: one-thing is not on the page',
    '@baton/a: gone-thing is in no catalogue',
  ])
  t.same(compareErrorsPage(page.replace('second', 'last'), catalogues), ['@baton/a: other-thing has another meaning on the page'])
  t.same(compareErrorsPage(page.replace('## @baton/a', '## @baton/b'), catalogues).length, 4)
})
