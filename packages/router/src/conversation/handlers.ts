// Pure. What each kind of event means, before and after the machine is asked.
import { NOTHING_RECOGNISED } from '../contract/engine.ts'
import type { Recognition } from '../contract/engine.ts'
import type { ConversationEvent } from '../contract/event.ts'
import type { Identity, InboundMessage } from '../contract/message.ts'
import type { MessageRow } from '../contract/actor.ts'
import { happen, reportEvent, tellEngine } from './act.ts'
import { openServiceStatus, ownerOf } from './advance.ts'
import { isClosingTimer, slideWindow, watchClosings } from './closings.ts'
import { contextFor, engineState, nextId, participantOf, recordedFirst, setTimer, wholly } from './draft.ts'
import type { Draft } from './draft.ts'
import { readFacts } from './facts.ts'
import type { MessageFacts } from './facts.ts'
import { gate, GATE_ERRORS } from './gate.ts'
import { expireHeld, waitsForService } from './held.ts'
import { bringHeldReplies, keepsTooMany } from './held-replies.ts'
import { mergeInto, takeUp } from './merge.ts'
import { requestSend } from './send.ts'

type Handlers = { [T in ConversationEvent['type']]: (draft: Draft, event: Extract<ConversationEvent, { type: T }>) => void }

export const handlers: Handlers = {
  'message.received'(draft, { message, from, standby }) {
    learn(draft, from)
    let recognition = recogniseMarketing(draft, message)
    if (recognition?.outdated !== undefined) {
      catchUp(draft, recognition.outdated)
      recognition = recogniseMarketing(draft, message)
    }
    const facts = factsOf(draft, message, keepsTooMany(draft) ? withoutReply(recognition) : recognition, standby === true)
    draft.messageRow = inboundRow(draft, message, 'in', 'received')
    if (facts.counts) {
      draft.state.lastMessageAt = Math.max(draft.state.lastMessageAt ?? 0, message.at)
      draft.state.unread = message.providerId
      slideWindow(draft, message)
    }
    if (facts.consentWord === 'optIn' || facts.consentWord === 'optOut') {
      const text = message.content.kind === 'text' ? message.content.text : message.content.kind === 'reply' ? message.content.title : null
      draft.state.consentProof = { at: message.at, source: 'message', text, messageId: draft.messageRow.id }
    }
    if (draft.state.machine.marketingSession === 'none' && facts.templatePress) draft.inputs['marketingSession'] = 'none'
    recordedFirst(draft, () => happen(draft, { type: 'message.received', facts }))
  },

  /** Written in the phone app or by another responder: part of the transcript, and a sign of who holds the thread. */
  'echo.received'(draft, { message, to, source }) {
    learn(draft, to)
    draft.messageRow = { ...inboundRow(draft, message, 'out', 'sent'), author: { kind: 'external', id: source } }
    draft.upstreamBy = source
    happen(draft, { type: 'upstream.taken' })
  },

  'upstream.taken'(draft, { by }) {
    draft.upstreamBy = by
    happen(draft, { type: 'upstream.taken' })
  },

  'upstream.released'(draft, { by }) {
    releaseUpstream(draft, by)
  },

  /** The customer's switch in WhatsApp and what they typed to us are two records, and both must allow: an opt-out they typed
   * stands until they type an opt-in. */
  'preference.changed'(draft, { marketing, at, source }) {
    draft.rules.push('consent')
    draft.inputs['preference'] = marketing
    if (draft.state.machine.consent === 'out' && draft.state.consentProof?.source === 'message') {
      draft.inputs['kept'] = 'opt-out by message'
      return
    }
    draft.state.consentProof = { at, source, text: null, messageId: null }
    happen(draft, { type: marketing === 'out' ? 'consent.withdrawn' : 'consent.given' })
  },

  'contact.identified'(draft, { identity, previous, joined }) {
    // A user id changes when the phone number does. If the new number is unknown, drop the old one: it may belong to somebody else now.
    const { phone } = draft.state.identity
    if (previous !== undefined) draft.state.identity = withoutPhone(draft.state.identity)
    learn(draft, identity)
    if (phone !== undefined && draft.state.identity.phone !== phone && previous !== undefined) draft.readdress = true
    if (previous !== undefined) draft.inputs['previous'] = previous
    if (joined === undefined) draft.rules.push('observed')
    else takeUp(draft, joined)
  },

  'conversation.merged'(draft, { into }) {
    mergeInto(draft, into)
  },

  'free-entry.opened'(draft, { until }) {
    draft.state.freeEntryUntil = Math.max(draft.state.freeEntryUntil ?? 0, until)
  },

  'contact.blocked'(draft) {
    draft.rules.push('blocked')
    happen(draft, { type: 'contact.blocked' })
  },

  'contact.unblocked'(draft) {
    draft.rules.push('blocked')
    happen(draft, { type: 'contact.unblocked' })
  },

  'timer.fired'(draft, { name, due }) {
    const side = /^(marketing|service):(.*)$/s.exec(name)
    if (side !== null) {
      tellEngine(draft, side[1] as 'marketing' | 'service', { kind: 'timer', name: side[2] as string, due })
      return
    }
    const { state, now, number } = draft
    if (isClosingTimer(name)) watchClosings(draft)
    if (name === 'held') expireHeld(draft)
    if (name === 'upstream-inactive' && state.upstream !== null) {
      const until = state.upstream.lastActivityAt + number.upstreamInactiveAfter
      if (until > now) setTimer(draft, name, until)
      else releaseUpstream(draft, 'inactivity')
    }
  },

  'send.requested'(draft, event) {
    const { by, campaign } = event
    if (by.kind === 'agent' && !agentMayWrite(draft, by.id)) return
    const wish = {
      content: event.content,
      purpose: event.purpose,
      author: campaign === undefined ? by : { kind: 'campaign' as const, id: campaign },
      ...(event.replyTo === undefined ? {} : { replyTo: event.replyTo }),
      ...(event.opensMarketingSession === undefined ? {} : { opensMarketingSession: event.opensMarketingSession }),
    }
    const answer = gate(wish, draft.state, draft.number, draft.settings, draft.now)
    draft.inputs['gate'] = answer
    if (campaign !== undefined) draft.inputs['asked'] = { campaign, by }
    if (answer.kind === 'refuse') {
      draft.outcome = { kind: 'refused', code: answer.code, message: answer.message }
      return
    }
    if (by.kind === 'agent') openForAgent(draft, by.id)
    const { messageId } = requestSend(draft, wish, { answer })
    draft.rules.push('send')
    draft.outcome = { kind: 'done', data: { messageId, status: answer.kind === 'hold' ? 'held' : 'queued' } }
  },

  'send.failed'(draft, { messageId, author, ref, code, reason, triedAt }) {
    // The provider's clock decides. But a send that was tried before the customer's last message says nothing about the window that this
    // message opened. Without `triedAt` the event is from a sender of an earlier release, which also reports recalled sends like this.
    if (code === 'window-closed' && triedAt !== undefined && triedAt >= (draft.state.lastMessageAt ?? 0)) {
      draft.state.replyWindowClosesAt = Math.min(draft.state.replyWindowClosesAt ?? draft.now, draft.now)
      happen(draft, { type: 'window.closed' })
    }
    if (ref === undefined) return
    const side = author.kind === 'journey' || author.kind === 'campaign' ? 'marketing' : 'service'
    tellEngine(draft, side, { kind: 'sendFailed', ref, messageId, code, reason })
  },

  'journey.requested'(draft, { endsSession, ...event }) {
    if (endsSession !== true) return requestJourney(draft, event)
    wholly(draft, (attempt) => {
      handlers['engine.event'](attempt, { type: 'engine.event', side: 'service', name: 'session.end', data: {}, by: event.by })
      if (attempt.outcome.kind !== 'refused') requestJourney(attempt, event)
    })
  },

  'run.changeRequested'(draft, { run, change, by }) {
    if (draft.engines.marketing === null) {
      draft.outcome = { kind: 'refused', code: 'marketing-not-connected', message: 'No marketing app is connected to this number.' }
      return
    }
    tellEngine(draft, 'marketing', { kind: 'change', run, change, by })
  },

  'engine.event'(draft, { side, name, data, by }) {
    if (draft.engines[side] === null) {
      draft.outcome = { kind: 'refused', code: `${side}-not-connected`, message: `No ${side} app is connected to this number.` }
      return
    }
    // Record who asked only for agents and API keys; for bots and Baton's own parts the event itself says it.
    if (by?.kind === 'agent' || by?.kind === 'api') draft.inputs['asked'] = { name, by }
    const input = { kind: 'event', name, data, ...(by === undefined ? {} : { by }) } as const
    if (side === 'marketing') reportEvent(draft, input)
    else tellEngine(draft, side, input)
  },
}

function requestJourney(
  draft: Draft,
  { journey, by, input }: Omit<Extract<ConversationEvent, { type: 'journey.requested' }>, 'endsSession'>,
): void {
  if (draft.engines.marketing === null) {
    draft.outcome = { kind: 'refused', code: 'marketing-not-connected', message: 'No marketing app is connected to this number.' }
    return
  }
  if (draft.state.machine.contact === 'blocked') {
    draft.outcome = { kind: 'refused', code: 'contact-blocked', message: GATE_ERRORS['contact-blocked'] }
    return
  }
  // The engine decides whether consent is needed: an appointment reminder is not marketing. The gate still checks each message.
  draft.start = { entry: journey, by, ...(input === undefined ? {} : { input }) }
  happen(draft, { type: 'marketing.requested', held: waitsForService(draft, journey) })
}

/** What marketing makes of a message; null when it is not connected. */
function recogniseMarketing(draft: Draft, message: InboundMessage): Recognition | null {
  const { marketing } = draft.engines
  return marketing === null ? null : marketing.recognise(engineState(draft, marketing), message, contextFor(draft, marketing))
}

/** A publication that marketing was not told of yet comes before the message, and so does what was kept until then. */
function catchUp(draft: Draft, outdated: string[]): void {
  draft.inputs['outdated'] = outdated
  tellEngine(draft, 'marketing', { kind: 'refresh' })
  recordedFirst(draft, () => bringHeld(draft))
}

function bringHeld(draft: Draft): void {
  bringHeldReplies(
    draft,
    (message) => recogniseNow(draft, message) ?? NOTHING_RECOGNISED,
    ({ message }, recognition) => {
      // The press of a template's button closed its marketing session when it came; another may be open by now.
      draft.facts = { ...factsOf(draft, message, recognition, false), templatePress: false }
      happen(draft, { type: 'message.received', facts: draft.facts })
    },
  )
}

function recogniseNow(draft: Draft, message: InboundMessage): Recognition | null {
  const recognition = recogniseMarketing(draft, message)
  if (recognition?.outdated === undefined) return recognition
  tellEngine(draft, 'marketing', { kind: 'refresh' })
  return recogniseMarketing(draft, message)
}

/** If this event ended the run or let the journey go on, the replies kept for it are decided after the event itself. If the event is a
 * customer message, the decision record stays about that message. */
export function bringWhatIsLeft(draft: Draft): void {
  if (draft.state.heldReplies === undefined) return
  const { message, messageRow, recognition, facts, outcome } = draft
  draft.messageRow = null
  if (message === null) recordedFirst(draft, () => bringHeld(draft))
  else bringHeld(draft)
  Object.assign(draft, { messageRow, outcome }, message === null ? {} : { message, recognition, facts })
}

/** Reads what the rules look at, and remembers what is being decided. */
function factsOf(draft: Draft, message: InboundMessage, recognition: Recognition | null, standby: boolean): MessageFacts {
  const { marketing, service } = draft.engines
  draft.message = message
  draft.recognition = recognition
  draft.facts = readFacts({
    message,
    standby,
    blocked: draft.state.machine.contact === 'blocked',
    now: draft.now,
    number: draft.number,
    consent: draft.settings.consent,
    connected: { marketing: marketing !== null, service: service !== null },
    recognition,
    survey: surveyIn(draft, message),
    participantKind: ownerOf(draft.state.machine) === 'service' ? (participantOf(draft, 'service')?.kind ?? null) : null,
    lastServiceEnd: draft.state.serviceSessions.at(-1)?.closedAt ?? null,
  })
  return draft.facts
}

/** Whether it answers what service asked after a session; there was none where service has no state. */
function surveyIn(draft: Draft, message: InboundMessage): MessageFacts['survey'] {
  const { service } = draft.engines
  if (service === null || draft.state.engines[service.name] === undefined) return null
  return service.recognise(engineState(draft, service), message, contextFor(draft, service)).survey ?? null
}

function withoutReply(recognition: Recognition | null): Recognition | null {
  return recognition === null ? null : { ...recognition, reply: { match: 'none' } }
}

/** New facts about who the customer is; what is known already stays. */
function learn(draft: Draft, identity: Identity): void {
  draft.state.identity = { ...draft.state.identity, ...identity }
}

function withoutPhone({ phone: _phone, ...rest }: Identity): Identity {
  return rest
}

function inboundRow(draft: Draft, message: InboundMessage, direction: 'in' | 'out', status: string): MessageRow {
  return {
    id: nextId(draft, 'ms'),
    direction,
    content: message.content,
    author: { kind: 'customer', id: draft.state.identity.userId ?? draft.state.identity.phone ?? draft.stored.id },
    purpose: null,
    session: { kind: 'utility', id: null },
    status,
    providerId: message.providerId,
    replyTo: message.replyTo ?? null,
    at: lineTime(draft, message),
    ...(message.raw === undefined ? {} : { raw: message.raw }),
  }
}

/** Where a line stands in the transcript. The provider's times are in whole seconds, ours in milliseconds: a message that arrives within ten
 * seconds is placed by its arrival, so that a question and its answer never swap; a later one is placed by when it was written. */
const IN_TIME_MS = 10_000
function lineTime(draft: Draft, message: InboundMessage): number {
  const { receivedAt } = draft.inbox
  const delay = receivedAt - message.at
  const at = delay < IN_TIME_MS ? receivedAt : message.at
  // A message that is not older than the newest known one is placed below it, whatever the arrival times and clocks say; an older one
  // was overtaken on its way, and is placed above.
  const inOrder = message.at >= (draft.state.lastMessageAt ?? 0)
  const newest = draft.state.lastLineAt ?? at - 1
  const line = inOrder ? Math.max(at, newest + 1) : Math.min(at, newest - 1)
  // Our answer to it must stand below our earlier lines, even when its id does not sort after theirs.
  if (draft.state.lastSaidAt !== undefined && (at <= newest || !inOrder)) draft.state.lastSaidAt += 1
  draft.state.lastLineAt = Math.max(line, draft.state.lastLineAt ?? 0)
  return line
}

function releaseUpstream(draft: Draft, by: string): void {
  if (ownerOf(draft.state.machine) !== 'external') {
    draft.outcome = { kind: 'refused', code: 'not-upstream', message: 'The thread is not held upstream.' }
    return
  }
  draft.inputs['released'] = by
  happen(draft, { type: 'upstream.released' })
  draft.state.upstream = null
}

/** An agent may write in their own session, or when none is open (which opens one). Writing never takes over another agent's session. */
function agentMayWrite(draft: Draft, agentId: string): boolean {
  if (openServiceStatus(draft.state.machine) === null) return true
  const holder = participantOf(draft, 'service')
  if (holder?.kind === 'agent' && holder.id === agentId) return true
  const who = holder === null ? 'service' : `${holder.kind} ${holder.name}`
  draft.outcome = {
    kind: 'refused',
    code: 'session-in-progress',
    message: `The customer is in a service session with ${who}. Ask for a transfer instead.`,
  }
  return false
}

/** Writing opens an agent-initiated session where none is open, and is activity where one is. */
function openForAgent(draft: Draft, agentId: string): void {
  if (draft.engines.service === null) return
  if (openServiceStatus(draft.state.machine) === null) {
    draft.handOff = { targets: [`agent:${agentId}`], reason: 'agent-initiated' }
    happen(draft, { type: 'service.requested' })
  }
  tellEngine(draft, 'service', { kind: 'event', name: 'agent.sent', data: { agentId }, by: { kind: 'agent', id: agentId } })
}
