// Pure. What the evidence proves: which promise was broken, where.
import { ROUND } from './configuration.ts'
import type { Evidence, Story } from './evidence.ts'

export interface Verdict {
  /** Customers' messages that were acknowledged, and messages that customers heard. */
  messages: { acknowledged: number; heard: number; timersFired: number }
  lost: string[]
  /** Stored or decided twice. */
  doubledInside: string[]
  /** Accepted twice by the provider although that is not excused. */
  doubledOutside: string[]
  outOfOrder: string[]
  timers: string[]
  /** Anything else that is not as promised. */
  other: string[]
  /** Sends that were under way when something was done. */
  underWay: number
  /** Not broken promises. `unconfirmed`: marketing that was under way, of which nobody knows whether the provider accepted it, and that
   * an alarm tells of. `repeated`: other sends that were under way, and were accepted twice. */
  unconfirmed: number
  repeated: number
}

export function judge(evidence: Evidence): Verdict {
  const verdict: Verdict = {
    messages: { acknowledged: 0, heard: 0, timersFired: 0 },
    lost: [],
    doubledInside: [],
    doubledOutside: [],
    outOfOrder: [],
    timers: [],
    other: [],
    underWay: evidence.underWay.size,
    unconfirmed: 0,
    repeated: 0,
  }
  for (const story of evidence.stories) {
    verdict.messages.acknowledged += story.said.length
    verdict.messages.heard += story.heard.length
    judgeTranscript(story, verdict)
    judgeDecisions(story, verdict)
    judgeSends(story, evidence, verdict)
    judgeTimers(story, verdict)
  }
  const { inbox, outbox, quarantine, runTimers } = evidence.left
  if (evidence.strangers !== 0) verdict.other.push(`${evidence.strangers} conversations more than customers`)
  if (inbox > 0) verdict.lost.push(`${inbox} events wait in the inbox for ever`)
  if (outbox > 0) verdict.lost.push(`${outbox} sends wait in the outbox for ever`)
  if (quarantine > 0) verdict.other.push(`${quarantine} items were set aside`)
  if (runTimers > 0) verdict.timers.push(`${runTimers} timers of runs that are over`)
  if (evidence.otherAlarms.length > 0) verdict.other.push(`alarms: ${evidence.otherAlarms.join(', ')}`)
  return verdict
}

/** Every acknowledged message is in the transcript, once, in order; so is every answer. A message that was overtaken has its place in the
 * transcript; what was decided when it came stays as it was, so it may be answered after the one that overtook it. */
function judgeTranscript({ phone, said, inbound, outbound, ...story }: Story, verdict: Verdict): void {
  const asked = said.map(({ wamid }) => wamid)
  const kept = inbound.map(({ wamid }) => wamid)
  compare(phone, 'in the transcript', asked, kept, verdict)
  const answers = numbered(outbound.map(({ text }) => text))
  compare(phone, 'answered', inEitherOrder(numbered(answersTo(said, story.rounds)), said, answers), answers, verdict)
}

/** The answers as expected, those to two messages that changed places as they were found. */
function inEitherOrder(answers: string[], said: Story['said'], found: string[]): string[] {
  const expected = [...answers]
  for (const [at, { overtaken }] of said.entries()) {
    const pair = expected.slice(at, at + 2)
    const [first = -1, second = -1] = pair.map((each) => found.indexOf(each))
    if (overtaken === true && second < first) expected.splice(at, 2, ...pair.toReversed())
  }
  return expected
}

/** Same things, each once, in the same order. */
function compare(phone: string, what: string, expected: string[], found: string[], verdict: Verdict): void {
  const missing = expected.filter((each) => !found.includes(each))
  const extra = found.filter((each, at) => !expected.includes(each) || found.indexOf(each) < at)
  verdict.lost.push(...missing.map((each) => `${phone}: ${each} not ${what}`))
  verdict.doubledInside.push(...extra.map((each) => `${phone}: ${each} ${what} once too often`))
  if (missing.length + extra.length === 0 && expected.some((each, at) => found[at] !== each))
    verdict.outOfOrder.push(`${phone}: ${what} in the order ${found.join(', ')}`)
}

/** The texts of every round are the same: the n-th of a kind gets its number. */
function numbered(texts: string[]): string[] {
  const seen = new Map<string, number>()
  return texts.map((text) => {
    const count = (seen.get(text) ?? 0) + 1
    seen.set(text, count)
    return `"${text}" ${count}`
  })
}

function answersTo(said: Story['said'], rounds: number): string[] {
  const answers = said.map(({ text }) => (text === ROUND.opens ? ROUND.hearsFirst : text === ROUND.closes ? ROUND.hearsLast : text))
  return answers.filter((text) => text === ROUND.hearsLast).length === rounds ? answers : [...answers, 'a conversation that ends']
}

/** One decision a message, and no change of owner without one. */
function judgeDecisions({ phone, inbound, decisions }: Story, verdict: Verdict): void {
  const decided = decisions.flatMap(({ eventType, messageId }) => (eventType === 'message.received' ? [messageId] : []))
  for (const { id } of inbound) {
    const times = decided.filter((messageId) => messageId === id).length
    if (times !== 1) verdict.other.push(`${phone}: ${times} decisions about ${id}`)
  }
  if (decided.length > inbound.length) verdict.other.push(`${phone}: ${decided.length - inbound.length} decisions about no message`)
  let owner = 'none'
  for (const { ownerBefore, ownerAfter } of decisions) {
    if (ownerBefore !== owner) verdict.other.push(`${phone}: decided for ${ownerBefore} while ${owner} owned`)
    owner = ownerAfter
  }
}

/** Every answer was accepted by the provider, once, in order. */
function judgeSends({ phone, policy, outbound, heard }: Story, { underWay, unconfirmed }: Evidence, verdict: Verdict): void {
  const times = new Map<string, number>()
  for (const { messageId } of heard) times.set(messageId, (times.get(messageId) ?? 0) + 1)
  for (const { id, text, status } of outbound) {
    const accepted = times.get(id) ?? 0
    times.delete(id)
    const where = `${phone}: "${text}" (${id})`
    const excused = policy === 'never-repeated' && status === 'maybe-sent' && underWay.has(id) && unconfirmed.includes(id)
    if (excused) verdict.unconfirmed += 1
    else if (accepted > 0 && !['accepted', 'sent', 'delivered', 'read'].includes(status))
      verdict.other.push(`${where} was accepted, and is ${status}`)
    if (accepted === 0) {
      if (!excused) verdict.lost.push(`${where} was never accepted, and is ${status}`)
    } else if (accepted > 1) {
      if (policy === 'repeated' && underWay.has(id)) verdict.repeated += 1
      else verdict.doubledOutside.push(`${where} was accepted ${accepted} times`)
    }
  }
  for (const id of times.keys()) verdict.other.push(`${phone}: ${id} was accepted and is in no transcript`)
  const first = [...new Set(heard.map(({ messageId }) => messageId))]
  const decided = outbound.map(({ id }) => id).filter((id) => first.includes(id))
  if (first.length === decided.length && first.some((id, at) => decided[at] !== id))
    verdict.outOfOrder.push(`${phone}: heard ${heard.map(({ text }) => text).join(', ')}`)
}

/** One timer a round, which spoke once. */
function judgeTimers({ phone, rounds, decisions }: Story, verdict: Verdict): void {
  const fired = decisions.filter(({ eventType }) => eventType === 'timer.fired').length
  verdict.messages.timersFired += fired
  if (fired !== rounds) verdict.timers.push(`${phone}: ${fired} timers fired, not ${rounds}`)
}
