// Pure: everything a rule may look at, read once before the machine decides. The same facts are stored in the decision
// record, so what a decision rested on can be read, and decided again with one fact changed.
import { normaliseText } from '../contract/text.ts'
import { countsAsMessage, textOf } from '../contract/message.ts'
import type { InboundMessage } from '../contract/message.ts'
import type { Side } from '../contract/owner.ts'
import { NOTHING_RECOGNISED } from '../contract/engine.ts'
import type { Recognition } from '../contract/engine.ts'
import type { ConsentSettings, NumberSettings } from '../contract/settings.ts'
import { consentWordOf, isSupportPhrase } from './words.ts'
import type { ConsentWord } from './words.ts'

/** What the routing rules look at for one customer message. */
export interface MessageFacts {
  /** False for reactions, edits, deletions and notices: they change nothing. */
  counts: boolean
  consentWord: ConsentWord | null
  /** The contact is blocked. */
  blocked: boolean
  /** The thread is held upstream, so the provider says. */
  standby: boolean
  serviceConnected: boolean
  marketingConnected: boolean
  /** The number's default, or the only app connected. */
  defaultApp: Side | null
  keywordsAllowed: boolean
  keywordDuringBot: boolean
  inactiveIsTerminal: boolean
  /** What happens when marketing is the default and no journey takes the message. */
  unmatched: 'service' | 'autoReply' | 'ignore'
  supportPhrase: boolean
  entry: Recognition['entry']
  /** The entry that was meant and may not start now. */
  withheld: NonNullable<Recognition['withheld']> | null
  reply: Recognition['reply']
  /** How it answers the survey after a service session. */
  survey: NonNullable<Recognition['survey']> | null
  /** A bot holds the open service session. */
  botHolds: boolean
  /** Came so late that its reply window is closed already. */
  late: boolean
  /** Sent before the last service session ended, arrived after. */
  straggler: boolean
  stale: boolean
  /** The press of a template's button: it closes the marketing session. */
  templatePress: boolean
}

export interface FactSources {
  message: InboundMessage
  standby: boolean
  blocked: boolean
  now: number
  number: NumberSettings
  consent: ConsentSettings
  connected: { marketing: boolean; service: boolean }
  recognition: Recognition | null
  survey: MessageFacts['survey']
  participantKind: string | null
  lastServiceEnd: number | null
}

/** Reads the facts of a message. */
export function readFacts(from: FactSources): MessageFacts {
  const { message, number, connected } = from
  const recognition = from.recognition ?? NOTHING_RECOGNISED
  const text = textOf(message.content)
  const word = message.content.kind === 'text' || message.content.kind === 'reply' ? normaliseText(text ?? '') : null
  const { incoming } = number
  return {
    counts: countsAsMessage(message.content),
    consentWord: word === null ? null : consentWordOf(word, from.consent),
    blocked: from.blocked,
    standby: from.standby,
    serviceConnected: connected.service,
    marketingConnected: connected.marketing,
    defaultApp: defaultAppOf(number, connected),
    keywordsAllowed: incoming.allowReservedKeywords,
    keywordDuringBot: incoming.keywordDuringBot,
    inactiveIsTerminal: incoming.terminalStatuses.includes('inactive'),
    unmatched: incoming.unmatched ?? (connected.service ? 'service' : 'autoReply'),
    supportPhrase: word !== null && isSupportPhrase(word, number),
    entry: recognition.entry,
    withheld: recognition.withheld ?? null,
    reply: recognition.reply,
    survey: from.survey,
    botHolds: from.participantKind === 'bot',
    late: from.now >= message.at + REPLY_WINDOW_MS,
    straggler: from.lastServiceEnd !== null && message.at < from.lastServiceEnd,
    stale: recognition.stale === true,
    templatePress: message.content.kind === 'reply' && message.content.via === 'template',
  }
}

/** The customer's last message opens free-form messaging for so long. */
export const REPLY_WINDOW_MS = 24 * 3_600_000

function defaultAppOf(number: NumberSettings, connected: { marketing: boolean; service: boolean }): Side | null {
  if (connected.marketing && connected.service) return number.incoming.defaultApp
  if (connected.service) return 'service'
  return connected.marketing ? 'marketing' : null
}

/** Facts as they are stored: what is false, null or empty is left out. */
export function compactFacts(facts: MessageFacts): Partial<MessageFacts> {
  const compact: Partial<Record<keyof MessageFacts, unknown>> = {}
  for (const name in facts) {
    const value = facts[name as keyof MessageFacts]
    if (value !== false && value !== null) compact[name as keyof MessageFacts] = value
  }
  return compact as Partial<MessageFacts>
}

/** Stored facts as the machine takes them. */
export function expandFacts(stored: Partial<MessageFacts>): MessageFacts {
  return { ...NO_FACTS, ...stored }
}

const NO_FACTS: MessageFacts = {
  counts: false,
  consentWord: null,
  blocked: false,
  standby: false,
  serviceConnected: false,
  marketingConnected: false,
  defaultApp: null,
  keywordsAllowed: false,
  keywordDuringBot: false,
  inactiveIsTerminal: false,
  unmatched: 'autoReply',
  supportPhrase: false,
  entry: null,
  withheld: null,
  reply: { match: 'none' },
  survey: null,
  botHolds: false,
  late: false,
  straggler: false,
  stale: false,
  templatePress: false,
}
