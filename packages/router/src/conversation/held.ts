// Pure. What waits until service (or upstream) has let go of the conversation: marketing messages and journeys.
import { cancelTimer, hold, raise, setTimer } from './draft.ts'
import type { Draft } from './draft.ts'
import type { MachineEvent } from './machine.ts'
import { messageRow, requestSend } from './send.ts'
import type { SendWish } from './send.ts'
import type { Held } from './state.ts'

type Happen = (draft: Draft, event: MachineEvent) => void

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
export function releaseHeld(draft: Draft, happen: Happen): void {
  const { held } = draft.state
  if (held.length === 0) return
  draft.state.held = []
  cancelTimer(draft, 'held')
  for (const item of held.toSorted((a, b) => Number(a.kind === 'journey') - Number(b.kind === 'journey'))) {
    if (item.until <= draft.now) expire(draft, item)
    else if (item.kind === 'message') resend(draft, item, happen)
    else {
      draft.start = { entry: item.journey, by: item.by, ...(item.input === undefined ? {} : { input: item.input }) }
      const { outcome } = draft
      happen(draft, { type: 'marketing.requested', held: false })
      if (draft.outcome.kind === 'refused') notStarted(draft, item.journey, outcome)
    }
  }
}

/** That it may not start any more is nothing to whoever ended the session. */
function notStarted(draft: Draft, journey: string, outcome: Draft['outcome']): void {
  if (draft.outcome.kind === 'refused') raise(draft, 'journey-not-started', { journey, code: draft.outcome.code })
  draft.outcome = outcome
}

/** Lets go of what is too old, and looks again when the next is. */
export function expireHeld(draft: Draft): void {
  const old = draft.state.held.filter((item) => item.until <= draft.now)
  draft.state.held = draft.state.held.filter((item) => item.until > draft.now)
  for (const item of old) expire(draft, item)
  if (draft.state.held.length > 0) setTimer(draft, 'held', Math.min(...draft.state.held.map((held) => held.until)))
}

function resend(draft: Draft, item: Extract<Held, { kind: 'message' }>, happen: Happen): void {
  requestSend(draft, wishOf(item), {
    onMarketing: () => happen(draft, { type: 'marketing.sent' }),
    messageId: item.messageId,
    heldUntil: item.until,
  })
}

function expire(draft: Draft, item: Held): void {
  if (item.kind === 'journey') return raise(draft, 'journey-held-too-long', { journey: item.journey })
  draft.messages.push({ ...messageRow(draft, wishOf(item), 'failed', item.messageId), reason: 'held-too-long' })
  raise(draft, 'message-held-too-long', { messageId: item.messageId })
}

/** The wish as it was stored: it is ours, made by `requestSend`, and only JSON lies between. */
export function wishOf(item: Extract<Held, { kind: 'message' }>): SendWish {
  return item.draft as unknown as SendWish
}
