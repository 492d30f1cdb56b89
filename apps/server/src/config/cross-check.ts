// Pure. What no single file can know: numbers against engines, targets against queues and bots, words against words.
import { keywordMatches, type Keyword } from '@baton/journeys'
import { normaliseText, type ConsentSettings, type NumberSettings } from '@baton/router'
import { isTarget, targetsIn } from './targets.ts'
import type { Problem } from './problem.ts'
import { didYouMean } from './suggest.ts'
import { valueAt } from './issues.ts'
import type { YamlDocument } from './yaml-document.ts'

/** Which engine serves which side. */
const CONNECTABLE = { marketing: ['journeys'], service: ['omni'] } as const

export interface NumberAccountEntry {
  settings: NumberSettings
  /** The provider's name for the number. */
  account: string
}

/** `document` is numbers.yaml, and `entries` its numbers in the order written. */
export function checkNumbers(document: YamlDocument, entries: readonly NumberAccountEntry[]): Problem[] {
  return [
    ...twice(document, entries, (entry) => entry.settings.id, ['id'], 'another number has the id'),
    ...twice(document, entries, (entry) => entry.account, ['whatsapp', 'phoneNumberId'], 'another number has the phone number id'),
    ...twice(document, entries, (entry) => entry.settings.displayNumber, ['displayNumber'], 'another number has the display number'),
    ...entries.flatMap(({ settings }, index) => [...checkApps(document, settings, index), ...checkIncoming(document, settings, index)]),
  ]
}

function twice<E>(document: YamlDocument, entries: readonly E[], keyOf: (entry: E) => string, path: string[], message: string): Problem[] {
  const first = new Map<string, number>()
  return entries.flatMap((entry, index) => {
    const key = keyOf(entry)
    const before = first.get(key)
    if (before === undefined) {
      first.set(key, index)
      return []
    }
    return [document.problem(['numbers', index, ...path], `${message} "${key}": numbers[${before}]`, 'give every number its own')]
  })
}

function checkApps(document: YamlDocument, { apps }: NumberSettings, index: number): Problem[] {
  const at = (side: string) => ['numbers', index, 'apps', side]
  const problems = (['marketing', 'service'] as const).flatMap((side) => {
    const name = apps[side]
    const known: readonly string[] = CONNECTABLE[side]
    if (name === undefined || known.includes(name)) return []
    return [document.problem(at(side), `no app named "${name}" can be connected as ${side}`, didYouMean(name, known))]
  })
  if (apps.marketing === undefined && apps.service === undefined) {
    const message = 'no app is connected: every message would wait in the unrouted inbox'
    problems.push(document.problem(['numbers', index, 'apps'], message, 'connect apps: { marketing: journeys, service: omni }', WARNING))
  }
  return problems
}

const WARNING = { severity: 'warning' } as const
const WARNING_AT_KEY = { severity: 'warning', key: true } as const

function checkIncoming(document: YamlDocument, { apps, incoming, serviceSessions }: NumberSettings, index: number): Problem[] {
  const base = ['numbers', index, 'incoming']
  const written = (key: string) => valueAt(document.value, [...base, key]) !== undefined
  const problems: Problem[] = []
  const only = apps.service === undefined ? 'marketing' : 'service'
  const one = (apps.service === undefined) !== (apps.marketing === undefined)

  if (one && written('defaultApp') && incoming.defaultApp !== only) {
    const message = `without effect: only ${only} is connected, so it is the default`
    problems.push(document.problem([...base, 'defaultApp'], message, `write ${only}, or connect the other app`, WARNING))
  }
  if (apps.marketing === undefined && apps.service !== undefined) {
    for (const key of ['allowReservedKeywords', 'keywordDuringBot', 'supportPhrases']) {
      if (!written(key)) continue
      const message = 'without effect: only service is connected, so no keyword starts a journey'
      problems.push(document.problem([...base, key], message, 'remove it, or connect a marketing app', WARNING_AT_KEY))
    }
  }
  if (apps.service === undefined && incoming.unmatched === 'service') {
    problems.push(
      document.problem([...base, 'unmatched'], 'service is not connected', 'write autoReply or ignore, or connect apps.service'),
    )
  }
  if (apps.service === undefined && incoming.supportPhrases.length > 0) {
    const message = 'without effect: service is not connected, so a request for support has nowhere to go'
    problems.push(document.problem([...base, 'supportPhrases'], message, 'connect apps.service', WARNING_AT_KEY))
  }
  if (apps.service !== undefined && serviceSessions.entry.length === 0) {
    const message = 'service is connected, but serviceSessions.entry names no queue or bot to begin with: nobody would answer'
    problems.push(document.problem(['numbers', index, 'serviceSessions', 'entry'], message, 'write entry: [queue:<id>]', WARNING))
  }
  return problems
}

/** Numbers that presence statuses are bound to, in queues.yaml. */
export function checkStatusNumbers(
  document: YamlDocument,
  statuses: readonly { numbers?: readonly string[] | undefined }[],
  known: readonly string[],
): Problem[] {
  return statuses.flatMap(({ numbers = [] }, index) =>
    numbers.flatMap((id, at) =>
      known.includes(id)
        ? []
        : [document.problem(['presence', 'statuses', index, 'numbers', at], `no number has the id "${id}"`, didYouMean(id, known))],
    ),
  )
}

export type TargetIds = Readonly<Record<'queue' | 'bot' | 'agent', readonly string[]>>

/** Every target named in a document (hand-offs, entries, fallbacks) must exist. */
export function checkTargets(document: YamlDocument, ids: TargetIds): Problem[] {
  return targetsIn(document.value).flatMap(({ path, target }) => {
    if (!isTarget(target)) return [] // its form is the schema's business
    const colon = target.indexOf(':')
    const [kind, id] = [target.slice(0, colon), target.slice(colon + 1)]
    const known = ids[kind as keyof TargetIds]
    return known.includes(id) ? [] : [document.problem(path, `no ${kind} has the id "${id}"`, didYouMean(id, known))]
  })
}

interface Word {
  text: string
  document: YamlDocument
  path: (string | number)[]
  what: string
}

/** Consent words, support phrases and keywords are compared after normalisation; whichever comes first in the order of
 * rules would silently win, so two meanings for one word are refused. */
export function checkWords(
  consent: { document: YamlDocument | null; settings: ConsentSettings },
  numbers: { document: YamlDocument; settings: readonly NumberSettings[] },
  journeys: readonly { document: YamlDocument; journey: string; keywords: readonly { keyword: Keyword; path: (string | number)[] }[] }[],
): Problem[] {
  const meaning = new Map<string, string>()
  const problems: Problem[] = []
  const lists = [
    ['optOut', 'an opt-out word'],
    ['optIn', 'an opt-in word'],
    ['help', 'a help word'],
  ] as const
  for (const [list, what] of lists) {
    for (const [language, words] of Object.entries(consent.settings[list].words)) {
      for (const [index, text] of words.entries()) {
        const key = normaliseText(text)
        const taken = meaning.get(key)
        if (taken !== undefined && taken !== what && consent.document !== null) {
          const path = ['consent', list, 'words', language, index]
          problems.push(consent.document.problem(path, `"${text}" is ${taken} already`, 'one word, one meaning: remove one of them'))
        } else meaning.set(key, what)
      }
    }
  }
  const phrases: Word[] = numbers.settings.flatMap((number, index) =>
    number.incoming.supportPhrases.map((text, at) => ({
      text,
      document: numbers.document,
      path: ['numbers', index, 'incoming', 'supportPhrases', at],
      what: `a support phrase of number ${number.id}`,
    })),
  )
  const keywords = journeys.flatMap(({ document, journey, keywords: words }) =>
    words.map(({ keyword, path }) => ({ keyword, text: keyword.text, path, document, what: `a keyword of journey ${journey}` })),
  )
  for (const word of [...phrases, ...keywords.filter(({ keyword }) => keyword.by !== 'regex')]) {
    const taken = meaning.get(normaliseText(word.text))
    if (taken === undefined) continue
    problems.push(
      word.document.problem(word.path, `"${word.text}" is ${taken}, which comes first: it would never act`, 'choose another word'),
    )
  }
  for (const { keyword, text, document, path } of keywords) {
    const phrase = phrases.find((each) => keywordMatches(keyword, each.text))
    if (phrase === undefined) continue
    const same = normaliseText(phrase.text) === normaliseText(text)
    const message = same ? `"${text}" is ${phrase.what} too` : `"${text}" (${keyword.by}) also takes "${phrase.text}", ${phrase.what}`
    problems.push(document.problem(path, message, 'choose another word'))
  }
  return problems
}
