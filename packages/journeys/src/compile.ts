// Pure. What the engine runs by: the newest version of every journey, and the older ones that runs are still pinned to.
import { RE2JS } from 're2js'
import type { JourneyDefinition, Keyword } from './definition/journey.ts'
import { wordForm } from './words.ts'

/** The engine's published configuration. */
export interface JourneysConfig {
  /** The current version of each journey, by id. */
  journeys: ReadonlyMap<string, JourneyDefinition>
  /** Every version there may be runs of, by content hash; the current ones too. */
  versions: ReadonlyMap<string, JourneyDefinition>
  keywords: KeywordIndex
}

/** A keyword as it is compared. */
export interface Matcher {
  keyword: Keyword
  /** The form it is compared in; a regular expression as written. */
  form: string
  /** The regular expression, compiled once. RE2: its time grows with the length of the message and no faster. */
  pattern: RE2JS | null
}
export interface KeywordEntry extends Matcher {
  journey: JourneyDefinition
}

export interface KeywordIndex {
  exact: ReadonlyMap<string, readonly KeywordEntry[]>
  others: readonly KeywordEntry[]
}

/** `definitions`: one per journey. `previousVersions`: what was published earlier; a run started under one of them finishes under it,
 * as long as its journey still exists. */
export function compileJourneys(
  definitions: readonly JourneyDefinition[],
  previousVersions: readonly JourneyDefinition[] = [],
): JourneysConfig {
  const entries = definitions.flatMap((journey) => (journey.entry.keywords ?? []).map((keyword) => ({ journey, ...matcherOf(keyword) })))
  const exact = Map.groupBy(
    entries.filter((entry) => entry.keyword.by === 'exact'),
    (entry) => entry.form,
  )
  return {
    journeys: new Map(definitions.map((journey) => [journey.journey, journey])),
    versions: new Map([...previousVersions, ...definitions].map((journey) => [journey.version, journey])),
    keywords: { exact, others: entries.filter((entry) => entry.keyword.by !== 'exact') },
  }
}

export function matcherOf(keyword: Keyword): Matcher {
  if (keyword.by !== 'regex') return { keyword, form: wordForm(keyword.text), pattern: null }
  return { keyword, form: keyword.text, pattern: RE2JS.compile(keyword.text, RE2JS.CASE_INSENSITIVE) }
}
