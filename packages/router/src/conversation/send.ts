// Pure. A message that somebody wants sent: through the gate, into the transcript, towards the outbox.
import type { MessageRow } from '../contract/actor.ts'
import type { Author, Lane, OutgoingContent, Purpose } from '../contract/message.ts'
import { hold, isTalking, nextId } from './draft.ts'
import type { Draft } from './draft.ts'
import { gate } from './gate.ts'
import type { GateAnswer } from './gate.ts'
import { latestMarketingSession, latestServiceSession } from './state.ts'

export interface SendWish {
  content: OutgoingContent
  purpose: Purpose
  author: Author
  replyTo?: string
  ref?: string
  /** Only an automated send that says so opens a marketing session; journeys and campaigns always do. */
  opensMarketingSession?: boolean
}

interface SendHow {
  /** The row it already has: a held message keeps its line in the transcript. */
  messageId?: string
  /** The gate's answer, when it was asked already: what happened since, because of this message, must not change it. */
  answer?: GateAnswer
}

/** Puts a message through the gate, into the transcript and towards the outbox. */
export function requestSend(draft: Draft, wish: SendWish, how: SendHow = {}): { answer: GateAnswer; messageId: string } {
  const answer = how.answer ?? gate(wish, draft.state, draft.number, draft.settings, draft.now)
  if (answer.kind === 'refuse') {
    const row = { ...messageRow(draft, wish, 'refused', how.messageId), reason: answer.code }
    draft.messages.push(row)
    return { answer, messageId: row.id }
  }
  if (answer.kind === 'send' && opensMarketingSession(draft, wish)) draft.act.happen(draft, { type: 'marketing.sent' })
  const row = messageRow(draft, wish, answer.kind === 'hold' ? 'held' : 'queued', how.messageId)
  draft.messages.push(row)
  if (answer.kind === 'hold') {
    hold(draft, { kind: 'message', messageId: row.id, until: answer.until, draft: { ...wish } })
  } else {
    const { expiresAt, marketing } = answer
    draft.sends.push({ messageId: row.id, lane: laneOf(draft, wish), expiresAt, ...(marketing === undefined ? {} : { marketing }) })
    countMarketing(draft, wish)
  }
  return { answer, messageId: row.id }
}

/** Marketing and campaigns that no customer asked for go in the bulk lane, so that replies do not wait behind ten thousand of them. What a
 * journey sends within a talk stays in the interactive lane, in order with the rest of the talk. */
function laneOf(draft: Draft, { purpose, author }: SendWish): Lane {
  return (purpose === 'marketing' || author.kind === 'campaign') && !isTalking(draft) ? 'bulk' : 'interactive'
}

/** How much sent marketing is remembered for message caps: more messages, and a longer time, than any sensible cap counts. */
export const COUNTED = { most: 50, forMs: 31 * 86_400_000 }

function countMarketing(draft: Draft, { purpose }: SendWish): void {
  const { state, now } = draft
  if (purpose !== 'marketing' || isTalking(draft)) return
  state.marketingSent = [...(state.marketingSent ?? []).filter((at) => now - at < COUNTED.forMs), now].slice(-COUNTED.most)
}

/** Automated traffic of a number whose marketing sessions are kept apart opens one, or joins the one that is open. */
function opensMarketingSession(draft: Draft, wish: SendWish): boolean {
  if (!draft.number.marketingSessions.separate) return false
  return wish.author.kind === 'journey' || wish.author.kind === 'campaign' || wish.opensMarketingSession === true
}

/** The line of the transcript for a wish. */
export function messageRow(draft: Draft, wish: SendWish, status: string, id: string = nextId(draft, 'ms')): MessageRow {
  return {
    id,
    direction: 'out',
    content: wish.content,
    author: wish.author,
    purpose: wish.purpose,
    session: sessionOf(draft, wish),
    status,
    providerId: null,
    replyTo: wish.replyTo ?? null,
    ...(wish.ref === undefined ? {} : { ref: wish.ref }),
    at: lineTimeOfOurs(draft),
  }
}

/** Now, but never before the line it answers or our line before it: another process may have placed those by its own clock. */
function lineTimeOfOurs({ now, state }: Draft): number {
  const at = Math.max(now, state.lastLineAt ?? 0, state.lastSaidAt ?? 0)
  state.lastSaidAt = at
  return at
}

function sessionOf(draft: Draft, wish: SendWish): MessageRow['session'] {
  const marketing = latestMarketingSession(draft.state)
  if (opensMarketingSession(draft, wish) && draft.state.machine.marketingSession === 'open' && marketing !== null)
    return { kind: 'marketing', id: marketing.id }
  const service = latestServiceSession(draft.state)
  if ((wish.author.kind === 'bot' || wish.author.kind === 'agent') && service !== null) return { kind: 'service', id: service.id }
  return { kind: 'utility', id: null }
}

/** A line for the business's eyes only. */
export function addNote(draft: Draft, text: string, author: Author, data?: Record<string, unknown>): void {
  const service = latestServiceSession(draft.state)
  draft.messages.push({
    id: nextId(draft, 'ms'),
    direction: 'note',
    content: data === undefined ? { kind: 'note', text } : { kind: 'note', text, data },
    author,
    purpose: null,
    session: service !== null && service.closedAt === null ? { kind: 'service', id: service.id } : { kind: 'utility', id: null },
    status: 'noted',
    providerId: null,
    replyTo: null,
    at: lineTimeOfOurs(draft),
  })
}
