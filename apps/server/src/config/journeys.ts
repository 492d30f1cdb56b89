// Pure. The journeys of a configuration: one file each, together one engine configuration.
import { compileJourneys, lintJourneys, type JourneyDefinition, type JourneysConfig, type Keyword } from '@baton/journeys'
import type { NumberSettings } from '@baton/router'
import type { ConfigFiles } from './files.ts'
import { readJourneyText, type JourneyTexts } from './journey-texts.ts'
import type { Problem } from './problem.ts'
import { didYouMean } from './suggest.ts'
import { handOffsIn } from './targets.ts'
import { named, type YamlDocument } from './yaml-document.ts'

export interface JourneyDocument {
  document: YamlDocument
  journey: string
  definition: JourneyDefinition
  /** Of a journey that may still be entered. */
  keywords: { keyword: Keyword; path: (string | number)[] }[]
}

const JOURNEY_FILE = /^journeys\/[\w-]+\.yaml$/

export interface JourneyFilesOptions {
  /** Shown before file names: `config` makes `config/journeys/coupon.yaml`. */
  dir: string
  /** How a text is read; by default each time anew. */
  read?: JourneyTexts['read']
}

/** The journeys of these files, and what is wrong with each by itself. */
export function readJourneyFiles(
  files: ConfigFiles,
  { dir, read = readJourneyText }: JourneyFilesOptions,
): { problems: Problem[]; documents: JourneyDocument[] } {
  const problems: Problem[] = []
  const documents: JourneyDocument[] = []
  for (const name of journeyFiles(files)) {
    const { document: text, parsed } = read(files[name] ?? '')
    const document = named(text, `${dir}/${name}`)
    problems.push(...document.problems)
    if (parsed === null) continue
    if (parsed.kind === 'invalid') {
      problems.push(...parsed.problems.map(({ path, message, fix }) => document.problem(path, message, fix ?? '')))
      continue
    }
    const { definition } = parsed
    const before = documents.find(({ journey }) => journey === definition.journey)
    if (before !== undefined) {
      const message = `the journey "${definition.journey}" is in ${before.document.file} already`
      problems.push(document.problem(['journey'], message, 'give one of them another id'))
      continue
    }
    const open = definition.status === 'retired' ? [] : (definition.entry.keywords ?? [])
    const keywords = open.map((keyword, index) => ({ keyword, path: ['entry', 'keywords', index] }))
    documents.push({ document, journey: definition.journey, definition, keywords })
  }
  return { problems, documents }
}

/** `older`: what earlier publications had. */
export function compileJourneyFiles(
  files: ConfigFiles,
  { older = [], ...options }: JourneyFilesOptions & { older?: Iterable<JourneyDefinition> },
): { problems: Problem[]; documents: JourneyDocument[]; config: JourneysConfig } {
  const { problems, documents } = readJourneyFiles(files, options)
  const definitions = documents.map(({ definition }) => definition)
  for (const { journey, path, message, fix, severity, onlyPublishing = false } of lintJourneys(definitions)) {
    const found = documents.find((document) => document.journey === journey)
    if (found !== undefined) problems.push(found.document.problem(path, message, fix ?? '', { severity, onlyPublishing }))
  }
  return { problems, documents, config: compileJourneys(definitions, [...older]) }
}

/** A journey that names numbers names existing ones, and some number lets its keywords start it. */
export function checkRunsOn(documents: readonly JourneyDocument[], numbers: readonly NumberSettings[]): Problem[] {
  const known = numbers.map(({ id }) => id)
  return documents.flatMap(({ document, definition, keywords }) => {
    const unknown = (definition.numbers ?? []).flatMap((id, index) =>
      known.includes(id) ? [] : [document.problem(['numbers', index], `no number has the id "${id}"`, didYouMean(id, known))],
    )
    const runsOn = numbers.filter(({ id, apps }) => apps.marketing !== undefined && (definition.numbers?.includes(id) ?? true))
    if (unknown.length > 0 || keywords.length === 0 || runsOn.some(startsByKeyword)) return unknown
    const message = 'no number that it runs on lets a keyword start a journey: these never would'
    return [document.problem(['entry', 'keywords'], message, 'set incoming.allowReservedKeywords, or remove them', { severity: 'warning' })]
  })
}

function startsByKeyword({ apps, incoming }: NumberSettings): boolean {
  return incoming.allowReservedKeywords || apps.service === undefined || incoming.defaultApp === 'marketing'
}

/** A journey that hands over cannot run on a number without service. */
export function checkHandOffs(documents: readonly JourneyDocument[], numbers: readonly NumberSettings[]): Problem[] {
  return documents.flatMap(({ document, definition }) => {
    const runsOn = numbers.filter(({ id, apps }) => apps.marketing !== undefined && (definition.numbers?.includes(id) ?? true))
    const without = runsOn.filter(({ apps }) => apps.service === undefined).map(({ id }) => id)
    if (without.length === 0) return []
    const message = `hands over to service, which is not connected to number ${without.join(', ')}`
    const fix = 'connect apps.service to it, or keep the journey off it with numbers: […]'
    return handOffsIn(document.value).map((path) => document.problem(path, message, fix, { key: true }))
  })
}

/** The texts of their journeys. */
export function journeyTextsOf(files: ConfigFiles): string[] {
  return journeyFiles(files).map((name) => files[name] ?? '')
}

function journeyFiles(files: ConfigFiles): string[] {
  return Object.keys(files)
    .filter((name) => JOURNEY_FILE.test(name))
    .toSorted()
}
