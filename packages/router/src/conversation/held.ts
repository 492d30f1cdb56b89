// Pure. What waits until service (or upstream) has let go of the conversation: marketing messages and journeys.
import { cancelTimer, hold, raise, setTimer } from './draft.ts'
import type { Draft } from './draft.ts'
import { gate, mustWaitForService } from './gate.ts'
import { messageRow, requestSend } from './send.ts'
import type { SendWish } from './send.ts'
import type { Held } from './state.ts'

/** Whether a journey has to wait until service has let go; only marketing does. */
export function waitsForService({ engines: { marketing }, settings, state, number }: Draft, entry: string): boolean {
  const purpose = marketing?.purposeOf?.(entry, settings.engines[marketing.name]) ?? 'marketing'
  return purpose === 'marketing' && mustWaitForService(state, number)
}

/** Keeps the journey that was asked for, at most as long as the number allows. */
export function holdJourney(draft: Draft): void {
  const { start } = draft
  if (start === null) return
  draft.start = null
  const until = draft.now + draft.number.marketingHeldAtMost
  hold(draft, { kind: 'journey', journey: start.entry, until, by: start.by, ...(start.input === undefined ? {} : { input: start.input }) })
  draft.outcome = { kind: 'done', data: { held: true, until } }
}

/** What waited is put to the gate again, and journeys that waited start, unless they are too old. Messages first: a journey looks at how many
 * the customer has got before it sends one more. */
export function releaseHeld(draft: Draft): void {
  const { state, message, recognition } = draft
  const { held } = state
  if (held.length === 0) return
  state.held = []
  cancelTimer(draft, 'held')
  // Even when a customer message caused the release, what is released is not an answer to that message.
  Object.assign(draft, { message: null, recognition: null })
  for (const item of held.toSorted((a, b) => Number(a.kind === 'journey') - Number(b.kind === 'journey'))) {
    if (item.until <= draft.now) expire(draft, item)
    else if (item.kind === 'message') resend(draft, item)
    // An item released before this one may have handed the customer to service again.
    else if (waitsForService(draft, item.journey)) hold(draft, item)
    else {
      draft.start = { entry: item.journey, by: item.by, ...(item.input === undefined ? {} : { input: item.input }) }
      const { outcome } = draft
      draft.act.happen(draft, { type: 'marketing.requested', held: false })
      if (draft.outcome.kind === 'refused') notStarted(draft, item.journey, outcome)
    }
  }
  Object.assign(draft, { message, recognition })
}

/** The journey may not start any more: an alarm, but no refusal of the request that ended the session. */
function notStarted(draft: Draft, journey: string, outcome: Draft['outcome']): void {
  if (draft.outcome.kind === 'refused') raise(draft, 'journey-not-started', { journey, code: draft.outcome.code })
  draft.outcome = outcome
}

/** Fails what has been held too long, and sets the timer for the next. */
export function expireHeld(draft: Draft): void {
  const old = draft.state.held.filter((item) => item.until <= draft.now)
  draft.state.held = draft.state.held.filter((item) => item.until > draft.now)
  for (const item of old) expire(draft, item)
  if (draft.state.held.length > 0) setTimer(draft, 'held', Math.min(...draft.state.held.map((held) => held.until)))
}

type HeldMessage = Extract<Held, { kind: 'message' }>

function resend(draft: Draft, item: HeldMessage): void {
  const wish = wishOf(item)
  const answer = gate(wish, draft.state, draft.number, draft.settings, draft.now)
  // Service still has the customer, or has them again: hold it again, until the same time as before.
  if (answer.kind === 'hold') return hold(draft, item)
  requestSend(draft, wish, { answer, messageId: item.messageId })
  if (answer.kind !== 'refuse' || wish.ref === undefined) return
  raise(draft, 'send-refused', { messageId: item.messageId, code: answer.code, author: wish.author })
  reportFailed(draft, item, answer)
}

function expire(draft: Draft, item: Held): void {
  if (item.kind === 'journey') return raise(draft, 'journey-held-too-long', { journey: item.journey })
  draft.messages.push({ ...messageRow(draft, wishOf(item), 'failed', item.messageId), reason: 'held-too-long' })
  raise(draft, 'message-held-too-long', { messageId: item.messageId })
  reportFailed(draft, item, { code: 'held-too-long', message: 'It waited too long for the service session to end.' })
}

/** Tells the engine that a message it takes for sent failed: otherwise a journey would wait for the answer to a question that never left. */
function reportFailed(draft: Draft, item: HeldMessage, { code, message }: { code: string; message: string }): void {
  const { author, ref } = wishOf(item)
  if (ref === undefined) return
  draft.act.tell(draft, author.kind === 'journey' ? 'marketing' : 'service', {
    kind: 'sendFailed',
    ref,
    messageId: item.messageId,
    code,
    reason: message,
  })
}

/** The stored wish. `requestSend` made it, and it has only been through JSON since, so the cast holds. */
export function wishOf(item: HeldMessage): SendWish {
  return item.draft as unknown as SendWish
}
