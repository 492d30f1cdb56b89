// Pure. Each guard reads the facts of a message and nothing else.
import type { MessageFacts } from './facts.ts'

/** A word that may start a journey here: allowed on the number, or marketing is the default or only app. A click on an
 * advertisement that a journey names counts as one. */
export function isReservedKeyword(facts: MessageFacts): boolean {
  const { entry } = facts
  return facts.marketingConnected && entry !== null && entry.by !== 'any' && (facts.keywordsAllowed || facts.defaultApp === 'marketing')
}

const isPaused = (f: MessageFacts) => f.reply.paused !== undefined
const isValidReply = (f: MessageFacts) => f.reply.match === 'valid' && !(f.reply.interruptible === 'always' && isReservedKeyword(f))

const READ = {
  observedOnly: (f: MessageFacts) => !f.counts,
  consentWord: (f: MessageFacts) => f.consentWord !== null,
  optOut: (f: MessageFacts) => f.consentWord === 'optOut',
  optIn: (f: MessageFacts) => f.consentWord === 'optIn',
  blocked: (f: MessageFacts) => f.blocked,
  standby: (f: MessageFacts) => f.standby,
  keywordEndsInactive: (f: MessageFacts) => f.inactiveIsTerminal && isReservedKeyword(f),
  keywordEndsBot: (f: MessageFacts) => f.keywordDuringBot && f.botHolds && isReservedKeyword(f),
  // A pressed answer says what it answers; a typed number may mean anything else first.
  surveyAnswer: (f: MessageFacts) => f.survey === 'press' || (f.survey === 'typed' && f.reply.match === 'none' && !isReservedKeyword(f)),
  pausedReply: (f: MessageFacts) => isPaused(f) && isValidReply(f),
  validReply: isValidReply,
  supportRequest: (f: MessageFacts) => f.supportPhrase && f.serviceConnected,
  keywordInterrupts: (f: MessageFacts) => isReservedKeyword(f) && f.reply.match !== 'none' && f.reply.interruptible !== 'never',
  pausedInvalidReply: (f: MessageFacts) => isPaused(f) && f.reply.match === 'invalid',
  invalidReply: (f: MessageFacts) => f.reply.match === 'invalid',
  reservedKeyword: isReservedKeyword,
  defaultService: (f: MessageFacts) => f.defaultApp === 'service',
  defaultMarketing: (f: MessageFacts) => f.defaultApp === 'marketing' && f.entry !== null,
  unmatchedToService: (f: MessageFacts) => f.defaultApp === 'marketing' && f.unmatched === 'service' && f.serviceConnected,
  unmatchedIgnored: (f: MessageFacts) => f.defaultApp === 'marketing' && f.unmatched === 'ignore',
  unmatched: (f: MessageFacts) => f.defaultApp === 'marketing',
  opensWindow: (f: MessageFacts) => f.counts && !f.late,
  templatePress: (f: MessageFacts) => f.templatePress,
}
export type GuardName = keyof typeof READ

type MaybeMessage = { type: string; facts?: MessageFacts }

/** The guards in the form the machine wants them; on any other event they are false. */
export const GUARDS = Object.fromEntries(
  Object.entries(READ).map(([name, read]) => [
    name,
    ({ event }: { event: MaybeMessage }) => event.type === 'message.received' && event.facts !== undefined && read(event.facts),
  ]),
) as Record<GuardName, (args: { event: MaybeMessage }) => boolean>
