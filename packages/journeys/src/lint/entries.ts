// Pure. Whether it can be told which journey a message starts, and whether an entry can start its journey at all.
import { matcherOf } from '../compile.ts'
import { keywordMatches } from '../keywords.ts'
import type { Matcher } from '../compile.ts'
import type { JourneyDefinition } from '../definition/journey.ts'
import { nodesOf, reporter, shareNumber } from './finding.ts'
import type { Finding } from './finding.ts'

/** A keyword of which nothing is left in the form that messages are compared in. */
export function lintEmptyKeywords(definitions: readonly JourneyDefinition[]): Finding[] {
  return definitions.flatMap((journey) =>
    (journey.entry.keywords ?? []).flatMap((keyword, at) =>
      matcherOf(keyword).form === ''
        ? [
            reporter(journey)(
              'keyword-empty',
              ['entry', 'keywords', at],
              'a keyword of nothing but white space',
              'write a word, or remove it',
            ),
          ]
        : [],
    ),
  )
}

export function lintKeywords(definitions: readonly JourneyDefinition[]): Finding[] {
  const entries = definitions.flatMap((journey) =>
    (journey.entry.keywords ?? []).map((keyword, at) => ({ journey, at, ...matcherOf(keyword) })),
  )
  return entries.flatMap((entry, index) => {
    const { journey, keyword } = entry
    const rivals = entries
      .slice(0, index)
      .filter(
        (other) =>
          other.journey.journey !== journey.journey &&
          shareNumber(other.journey, journey) &&
          other.keyword.by === keyword.by &&
          other.keyword.priority === keyword.priority &&
          (other.form === entry.form || keyword.by === 'regex' || mayTie(other, entry)),
      )
    return rivals.map((rival): Finding => {
      const byLanguage = rival.keyword.language !== keyword.language
      const same =
        keyword.by === 'regex'
          ? 'regular expressions of the same priority may both match:'
          : rival.form === entry.form
            ? 'the same keyword as'
            : 'as long, and a message may contain both this and'
      return {
        journey: journey.journey,
        severity: byLanguage ? 'warning' : 'error',
        code: byLanguage ? 'keyword-language-tie' : 'keyword-collision',
        path: ['entry', 'keywords', entry.at],
        message: `${keyword.text}: ${same} ${rival.keyword.text} of ${rival.journey.journey}`,
        fix: 'give one of them a priority',
      }
    })
  })
}

// Of two that a message contains the longer one wins.
function mayTie(a: Matcher, b: Matcher): boolean {
  return a.keyword.by === 'contains' && a.form.length === b.form.length && a.keyword.language === b.keyword.language
}

export function lintEntries(definitions: readonly JourneyDefinition[]): Finding[] {
  return definitions.flatMap((journey, index) => {
    const { entry } = journey
    const base = { journey: journey.journey, severity: 'error' as const }
    const others = definitions.slice(0, index).filter((other) => shareNumber(other, journey) && other.entry.priority === entry.priority)
    const rival = (name: 'any' | 'referral'): Finding[] =>
      others
        .filter((other) => entry[name] !== undefined && JSON.stringify(other.entry[name]) === JSON.stringify(entry[name]))
        .map((other) => ({
          ...base,
          code: 'entry-collision',
          path: ['entry', name],
          message: `${other.journey} takes the same messages`,
          fix: 'give one of them a priority',
        }))
    const byMessage = entry.keywords !== undefined || entry.referral !== undefined || entry.any === true
    const impossible: Finding[] =
      journey.input.length > 0 && byMessage
        ? [
            {
              ...base,
              code: 'entry-impossible',
              path: ['input'],
              message: 'a customer message gives no input',
              fix: 'remove the entry, or the input',
            },
          ]
        : []
    const caps = [...(entry.cap === undefined ? [] : [['entry', 'cap']]), ...(journey.messageCap === undefined ? [] : [['messageCap']])]
    const capped = (journey.purpose === 'utility' ? caps : []).map((path): Finding => {
      return { ...base, code: 'cap-of-utility', path, message: 'utility journeys are not capped', fix: 'remove the cap' }
    })
    return [...rival('any'), ...rival('referral'), ...impossible, ...capped]
  })
}

/** Where a question may always be interrupted, another journey's keyword beats an answer of the same words: it could never be given. */
export function lintShadowedOptions(definitions: readonly JourneyDefinition[]): Finding[] {
  return definitions.flatMap((journey) =>
    [...nodesOf(journey).values()].flatMap((node) =>
      (node.kind.answers?.(node.step) ?? []).flatMap(({ title, path }) => {
        const taker = definitions.find(
          (other) =>
            shareNumber(other, journey) &&
            other.journey !== journey.journey &&
            (other.entry.keywords ?? []).some((keyword) => keywordMatches(keyword, title)),
        )
        if (taker === undefined) return []
        const message = `${title}: the question may always be interrupted, and this starts ${taker.journey} instead of answering it`
        return [
          reporter(journey)(
            'option-is-keyword',
            ['steps', node.name, ...path],
            message,
            'name the option otherwise, or leave interruptible out',
          ),
        ]
      }),
    ),
  )
}
