// Pure. Words that mean something wherever the conversation stands: of consent, and for support.
import { textOf } from '../contract/message.ts'
import type { InboundMessage } from '../contract/message.ts'
import type { ConsentSettings, NumberSettings } from '../contract/settings.ts'
import { normaliseText } from '../contract/text.ts'

export type ConsentWord = 'optOut' | 'optIn' | 'help'

/** What a normalised text means for consent. Opt-out is looked for first: when a word is in two lists, the careful reading wins. */
export function consentWordOf(text: string, consent: ConsentSettings): ConsentWord | null {
  const languages = consentWords(consent)
  return (['optOut', 'optIn', 'help'] as const).find((kind) => languages[kind].has(text)) ?? null
}

/** The confirmation in the language whose list holds the word; English, else the first there is, when several do. */
export function consentReply(message: InboundMessage, kind: ConsentWord, consent: ConsentSettings): string | null {
  const language = consentWords(consent)[kind].get(normaliseText(textOf(message.content) ?? ''))
  const { reply } = consent[kind]
  return (language === undefined ? undefined : reply[language]) ?? reply['en'] ?? Object.values(reply)[0] ?? null
}

/** Whether a normalised text asks for support on the number. */
export function isSupportPhrase(text: string, number: NumberSettings): boolean {
  return supportPhrases(number).has(text)
}

/** Each word with the first language that lists it. */
const consentWords = readOnce(({ optOut, optIn, help }: ConsentSettings): Record<ConsentWord, ReadonlyMap<string, string>> => ({
  optOut: languagesOf(optOut.words),
  optIn: languagesOf(optIn.words),
  help: languagesOf(help.words),
}))

const supportPhrases = readOnce(({ incoming }: NumberSettings) => new Set(incoming.supportPhrases.map(normaliseText)))

function languagesOf(words: Record<string, string[]>): Map<string, string> {
  const languages = Object.entries(words).flatMap(([language, list]) => list.map((word) => [normaliseText(word), language] as const))
  return new Map(languages.toReversed())
}

/** Settings are published once and never change, so what is read off them is kept for as long as they are. */
function readOnce<S extends object, T>(read: (settings: S) => T): (settings: S) => T {
  const known = new WeakMap<S, T>()
  return (settings) => {
    let value = known.get(settings)
    if (value === undefined) known.set(settings, (value = read(settings)))
    return value
  }
}
