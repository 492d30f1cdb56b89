// docs/errors.md is made from the catalogues: `node test/architecture/errors-page.ts` writes it, errors.test.ts holds it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
export const ERRORS_PAGE = `${root}docs/errors.md`

/** Package name → code → what it means and what to do. */
export type Catalogues = Map<string, Record<string, string>>

/** The `ERRORS` of every workspace package that has a src/errors.ts. */
export async function readCatalogues(): Promise<Catalogues> {
  const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(root + parent).map((name) => `${root}${parent}/${name}`))
  const found: Catalogues = new Map()
  for (const folder of folders.toSorted()) {
    const file = `${folder}/src/errors.ts`
    if (!existsSync(file)) continue
    const module = (await import(pathToFileURL(file).href)) as { ERRORS?: Record<string, string> }
    if (module.ERRORS === undefined) throw new Error(`${file} exports no ERRORS`)
    const { name } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { name: string }
    found.set(name, module.ERRORS)
  }
  return found
}

export function renderErrorsPage(catalogues: Catalogues): string {
  const sections = [...catalogues].map(([name, errors]) => {
    const rows = Object.entries(errors).map(([code, meaning]) => `| \`${code}\` | ${cell(meaning)} |`)
    return [`## ${name}`, '', '| code | meaning, and what to do |', '|---|---|', ...rows].join('\n')
  })
  return [HEAD, ...sections].join('\n\n') + '\n'
}

const HEAD = `# Error codes

Every code Baton answers with: in the \`code\` of a problem document, the reason of a refused message, an alarm, or a finding.
Codes are stable. This page is made from the \`ERRORS\` catalogue of each package (\`src/errors.ts\`) by
\`node test/architecture/errors-page.ts\`; a test holds it against them.`

/** What a page says, read back: package name → code → meaning. */
function parseErrorsPage(page: string): Catalogues {
  const found: Catalogues = new Map()
  let section: Record<string, string> = {}
  for (const line of page.split('\n')) {
    const heading = /^## (.+)$/.exec(line)
    const row = /^\| `([a-z0-9-]+)` \| (.*) \|$/.exec(line)
    if (heading !== null) found.set(heading[1] ?? '', (section = {}))
    else if (row !== null) section[row[1] ?? ''] = row[2] ?? ''
  }
  return found
}

/** Differences between the page and the catalogues, both ways; empty when they agree. */
export function compareErrorsPage(page: string, catalogues: Catalogues): string[] {
  const written = parseErrorsPage(page)
  const missing = [...catalogues].flatMap(([name, errors]) =>
    Object.entries(errors).flatMap(([code, meaning]) => {
      const said = written.get(name)?.[code]
      if (said === undefined) return [`${name}: ${code} is not on the page`]
      return said === cell(meaning) ? [] : [`${name}: ${code} has another meaning on the page`]
    }),
  )
  const left = [...written].flatMap(([name, errors]) =>
    Object.keys(errors).flatMap((code) => (catalogues.get(name)?.[code] === undefined ? [`${name}: ${code} is in no catalogue`] : [])),
  )
  return [...missing, ...left]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

if (import.meta.main) writeFileSync(ERRORS_PAGE, renderErrorsPage(await readCatalogues()))
