// Pure. What the engine runs by: the newest version of every journey, and the older ones that runs are still pinned to.
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

export interface KeywordEntry {
  journey: JourneyDefinition
  keyword: Keyword
  /** The keyword in the form it is compared in; a regular expression as written. */
  form: string
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
  const entries = definitions.flatMap((journey) =>
    (journey.entry.keywords ?? []).map((keyword) => ({ journey, keyword, form: formOf(keyword) })),
  )
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

/** The form in which a keyword is compared. */
export function formOf(keyword: Keyword): string {
  return keyword.by === 'regex' ? keyword.text : wordForm(keyword.text)
}
