// Pure. Which journey a message starts.
import { normaliseText, textOf } from '@baton/router'
import type { InboundMessage } from '@baton/router'
import { matcherOf } from './compile.ts'
import type { JourneysConfig, KeywordEntry, Matcher } from './compile.ts'
import type { JourneyDefinition, Keyword } from './definition/journey.ts'
import { wordForm } from './words.ts'

const ORDER: readonly Keyword['by'][] = ['exact', 'startsWith', 'contains', 'regex']

/** The entry a message would start among the journeys that may start: keyword, then advertisement, then catch-all. */
export function findEntry(
  config: JourneysConfig,
  message: InboundMessage,
  language: string | null,
  startable: (journey: JourneyDefinition) => boolean,
): { id: string; by: 'keyword' | 'referral' | 'any'; keyword?: string } | null {
  for (const text of wordsOf(message)) {
    const best = matching(config, text)
      .filter((entry) => startable(entry.journey))
      .toSorted((a, b) => compareKeywords(a, b, language))[0]
    if (best !== undefined) return { id: best.journey.journey, by: 'keyword', keyword: best.keyword.text }
  }
  const journeys = [...config.journeys.values()].filter(startable).toSorted(compareEntries)
  const advertised = journeys.filter((journey) => fitsReferral(journey, message)).toSorted((a, b) => specificity(b) - specificity(a))[0]
  if (advertised !== undefined) return { id: advertised.journey, by: 'referral' }
  const catchAll = journeys.find((journey) => journey.entry.any === true)
  return catchAll === undefined ? null : { id: catchAll.journey, by: 'any' }
}

// A pressed button says two things: its title, and what its maker meant by it.
function wordsOf(message: InboundMessage): string[] {
  const text = textOf(message.content)
  const said = message.content.kind === 'reply' ? [text, message.content.id] : [text]
  return said
    .filter((word) => word !== null)
    .map(normaliseText)
    .filter((word) => word !== '')
}

function matching(config: JourneysConfig, text: string): KeywordEntry[] {
  return [...(config.keywords.exact.get(wordForm(text)) ?? []), ...config.keywords.others.filter((entry) => matches(entry, text))]
}

/** Whether a message of this text, as the router compares texts, is what the keyword is for. */
function matches({ keyword, form, pattern }: Matcher, text: string): boolean {
  if (pattern !== null) return pattern.matcher(text).find()
  // A keyword of nothing but white space would be everywhere, and be looked for without end.
  if (form === '') return false
  const word = wordForm(text)
  if (keyword.by === 'contains') return containsWord(word, form)
  return word === form || (keyword.by === 'startsWith' && word.startsWith(form) && !isWordCharacter(word, form.length))
}

/** The same of a keyword as it is written. */
export function keywordMatches(keyword: Keyword, text: string): boolean {
  return matches(matcherOf(keyword), normaliseText(text))
}

/** `form` is not empty: nothing is found at every place, also behind the last. */
function containsWord(text: string, form: string): boolean {
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
    if (!isWordCharacter(text, at - 1) && !isWordCharacter(text, at + form.length)) return true
  }
  return false
}

// Whole words only, so that `ten` is not found in "often". Scripts without spaces between words are searched as they are.
function isWordCharacter(text: string, at: number): boolean {
  const character = text.charAt(at)
  return (
    /[\p{L}\p{N}]/u.test(character) &&
    !/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u.test(character)
  )
}

function compareKeywords(a: KeywordEntry, b: KeywordEntry, language: string | null): number {
  return (
    ORDER.indexOf(a.keyword.by) - ORDER.indexOf(b.keyword.by) ||
    b.keyword.priority - a.keyword.priority ||
    speaks(b.keyword, language) - speaks(a.keyword, language) ||
    b.form.length - a.form.length ||
    byId(a.journey, b.journey)
  )
}

// The contact's own language first, then keywords of no language.
function speaks(keyword: Keyword, language: string | null): number {
  if (keyword.language === undefined) return 1
  return keyword.language === language ? 2 : 0
}

function compareEntries(a: JourneyDefinition, b: JourneyDefinition): number {
  return b.entry.priority - a.entry.priority || byId(a, b)
}

function byId(a: JourneyDefinition, b: JourneyDefinition): number {
  return a.journey < b.journey ? -1 : a.journey > b.journey ? 1 : 0
}

function fitsReferral(journey: JourneyDefinition, message: InboundMessage): boolean {
  const { referral } = journey.entry
  if (message.referral === undefined || referral === undefined) return false
  return referral === true || referral.sourceId === message.referral.sourceId
}

function specificity(journey: JourneyDefinition): number {
  return journey.entry.referral === true ? 0 : 1
}
