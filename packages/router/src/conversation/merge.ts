// Pure. Two conversations of one contact become one. The one that ends gives back what it holds and tells the other, once, what
// outlives it; the other takes it up.
import { withAttributes } from '../contract/attributes.ts'
import type { Verdict } from '../contract/engine.ts'
import type { ConversationEvent, Joined, JoinedHeld } from '../contract/event.ts'
import type { Side } from '../contract/owner.ts'
import { happen, tellEngine } from './act.ts'
import { openServiceStatus, ownerOf } from './advance.ts'
import { watchClosings } from './closings.ts'
import { cancelTimer, hold, raise } from './draft.ts'
import type { Draft } from './draft.ts'
import { mustWaitForService } from './gate.ts'
import { releaseHeld, wishOf } from './held.ts'
import { forgetHeldReplies } from './held-replies.ts'
import { addNote, COUNTED, messageRow } from './send.ts'
import type { Held, HeldReply } from './state.ts'

const SYSTEM = { kind: 'system', id: 'baton' } as const
const TIMERS = ['reply-window', 'marketing-session', 'held', 'upstream-inactive']

/** Ends this conversation in favour of the other. Nobody owns it afterwards, nothing waits in it, and no clock of it runs. */
export function mergeInto(draft: Draft, into: string): void {
  const { state, stored } = draft
  state.mergedInto = into
  draft.rules.push('merged')
  draft.inputs['mergedInto'] = into
  const known = joinedOf(draft)
  const replies = state.heldReplies ?? []
  forgetHeldReplies(draft)
  giveUpHeld(draft)
  draft.ending = { by: 'router:merged', reason: 'merged' }
  // Marketing first, so that it has no runs left to resume when the service session ends.
  giveUp(draft, 'marketing')
  const verdict = giveUp(draft, 'service')
  for (const type of ['service.ended', 'marketing.ended', 'upstream.released'] as const) happen(draft, { type })
  state.upstream = null
  for (const name of TIMERS) cancelTimer(draft, name)
  // Nothing was ever known here.
  if (stored.state === null) return
  const joined = { ...known, handOff: verdict?.kind === 'ended' ? (verdict.next ?? null) : null }
  command(draft, into, { type: 'contact.identified', identity: {}, joined }, `merged:${stored.id}`)
  for (const reply of replies) command(draft, into, messageOf(reply), `merged:${reply.messageId}`)
}

/** What arrives for a conversation that is merged. Timers are its own, and whoever waits for an answer is told where to ask. */
export function passOn(draft: Draft, into: string): void {
  const { event, id } = draft.inbox
  if (event.type === 'conversation.merged') return
  if (event.type === 'timer.fired') {
    // An earlier release merged conversations without giving back what they held.
    if (ownerOf(draft.state.machine) !== 'none' || draft.state.held.length > 0) mergeInto(draft, into)
    return
  }
  if (isAsked(event)) {
    const message = `This conversation was merged into ${into}. Ask there.`
    draft.outcome = { kind: 'refused', code: 'conversation-merged', message, mergedInto: into }
    return
  }
  command(draft, into, event, `forwarded:${id}`)
}

/** Takes up what another conversation of the contact has left. */
export function takeUp(draft: Draft, joined: Joined): void {
  const { state, now } = draft
  draft.rules.push('merged')
  draft.inputs['merged'] = joined.from
  // Our own values win over the other's, which may be older.
  state.identity = { ...joined.identity, ...state.identity }
  takeUpAttributes(draft, joined)
  state.tags = [...new Set([...state.tags, ...joined.tags])]
  if ((joined.lastMessageAt ?? 0) > (state.lastMessageAt ?? 0)) state.unread = joined.unread
  state.lastMessageAt = later(state.lastMessageAt, joined.lastMessageAt)
  state.freeEntryUntil = later(state.freeEntryUntil, joined.freeEntryUntil)
  const sent = [...(state.marketingSent ?? []), ...joined.marketingSent].toSorted((a, b) => a - b).slice(-COUNTED.most)
  if (sent.length > 0) state.marketingSent = sent
  state.replyWindowClosesAt = later(state.replyWindowClosesAt, joined.replyWindowClosesAt)
  if (state.machine.replyWindow === 'closed' && (state.replyWindowClosesAt ?? 0) > now) {
    // The machine opens the window only on a customer message, so it is opened by hand.
    state.machine = { ...state.machine, replyWindow: 'open' }
    watchClosings(draft)
  }
  takeUpConsent(draft, joined)
  if (joined.blocked) happen(draft, { type: 'contact.blocked' })
  takeUpSession(draft, joined)
  if (joined.upstream !== null && ownerOf(state.machine) !== 'external') {
    draft.upstreamBy = joined.upstream
    happen(draft, { type: 'upstream.taken' })
  }
  takeUpHeld(draft, joined.held)
}

/** What both together have too much of is left out name by name: a single change would be refused as a whole. */
function takeUpAttributes(draft: Draft, { from, attributes }: Joined): void {
  const { state } = draft
  const names: string[] = []
  const reasons = new Set<string>()
  for (const [name, value] of Object.entries(attributes)) {
    if (Object.hasOwn(state.attributes, name)) continue
    const { attributes: more, refused } = withAttributes(state.attributes, { [name]: value })
    state.attributes = more
    if (refused === null) continue
    names.push(name)
    reasons.add(refused)
  }
  if (names.length === 0) return
  raise(draft, 'attributes-refused', { by: 'merge', from, reason: [...reasons].join(', '), names: names.slice(0, 20) })
}

/** An opt-out wins, whichever was later: somebody who wants no marketing is not to get it because we took them for two people. */
function takeUpConsent(draft: Draft, { consent, consentProof }: Joined): void {
  const { state } = draft
  const own = state.machine.consent
  const isNewer = (consentProof?.at ?? 0) > (state.consentProof?.at ?? 0)
  if (consent === 'out' && own === 'out') {
    // What was typed stands against the switch in WhatsApp, so it is the better proof.
    const [theirs, ours] = [consentProof?.source === 'message', state.consentProof?.source === 'message']
    if (theirs === ours ? isNewer : theirs) state.consentProof = consentProof
  } else if (consent === 'out') {
    state.consentProof = consentProof
    happen(draft, { type: 'consent.withdrawn' })
  } else if (consent === 'in' && own !== 'out') {
    // Not through the machine: consent was given earlier, and must not start a journey a second time.
    state.machine = { ...state.machine, consent: 'in' }
    if (own === 'unknown' || isNewer) state.consentProof = consentProof
  }
}

/** The customer who was with service there is with service here; whoever has them finds what was said. */
function takeUpSession(draft: Draft, { from, handOff, consent, lastMessageAt }: Joined): void {
  const { machine } = draft.state
  const mayAct = ownerOf(machine) !== 'external' && machine.contact !== 'blocked' && draft.engines.service !== null
  if (handOff !== null && mayAct && openServiceStatus(machine) !== null) tellEngine(draft, 'service', { kind: 'joined', handOff })
  else if (handOff !== null && mayAct) {
    draft.handOff = handOff
    happen(draft, { type: 'service.requested' })
  }
  if (handOff === null && lastMessageAt === null) return
  const optedOut = consent === 'out' ? ' There they opted out of marketing messages.' : ''
  const text = `The conversation ${from} is of the same customer and was merged into this one: what was said there is read there.${optedOut}`
  addNote(draft, text, SYSTEM, { mergedFrom: from })
}

/** Held here until the same time as there, or released at once when nothing here requires waiting. */
function takeUpHeld(draft: Draft, held: readonly JoinedHeld[]): void {
  for (const item of held) {
    if (item.kind === 'journey') hold(draft, item)
    else {
      const row = messageRow(draft, item.wish, 'held')
      draft.messages.push(row)
      hold(draft, { kind: 'message', messageId: row.id, until: item.until, draft: { ...item.wish } })
    }
  }
  const isKept = mustWaitForService(draft.state, draft.number) || ownerOf(draft.state.machine) === 'external'
  if (held.length > 0 && !isKept) releaseHeld(draft)
}

function joinedOf(draft: Draft): Omit<Joined, 'handOff'> {
  const { state, stored } = draft
  return {
    from: stored.id,
    identity: state.identity,
    attributes: state.attributes,
    tags: state.tags,
    consent: state.machine.consent,
    consentProof: state.consentProof,
    blocked: state.machine.contact === 'blocked',
    upstream: ownerOf(state.machine) === 'external' ? (state.upstream?.by ?? 'upstream') : null,
    replyWindowClosesAt: state.replyWindowClosesAt,
    freeEntryUntil: state.freeEntryUntil,
    lastMessageAt: state.lastMessageAt,
    unread: state.unread,
    marketingSent: state.marketingSent ?? [],
    held: state.held.flatMap(heldOver),
  }
}

/** A held message of a journey is dropped: its run has ended. */
function heldOver(item: Held): JoinedHeld[] {
  if (item.kind === 'journey') {
    const { journey, until, by, input } = item
    return [{ kind: 'journey', journey, until, by, ...(input === undefined ? {} : { input }) }]
  }
  const { ref: _ref, ...wish } = wishOf(item)
  return wish.author.kind === 'journey' ? [] : [{ kind: 'message', until: item.until, wish }]
}

function giveUpHeld(draft: Draft): void {
  for (const item of draft.state.held) {
    if (item.kind !== 'message') continue
    draft.messages.push({ ...messageRow(draft, wishOf(item), 'failed', item.messageId), reason: 'conversation-merged' })
  }
  draft.state.held = []
}

function giveUp(draft: Draft, side: Side): Verdict | null {
  const engine = draft.engines[side]
  if (engine === null || draft.state.engines[engine.name] === undefined) return null
  return tellEngine(draft, side, { kind: 'yield', reason: 'merged' })
}

/** A message that a paused journey was to get is decided where the contact goes on; there it answers no question. */
function messageOf({ message: { replyTo: _replyTo, ...message } }: HeldReply): ConversationEvent {
  return { type: 'message.received', message, from: {} }
}

/** Somebody waits for the outcome. */
function isAsked(event: ConversationEvent): boolean {
  const by = 'by' in event ? event.by : undefined
  return typeof by === 'object' && (by.kind === 'agent' || by.kind === 'api')
}

function command(draft: Draft, into: string, event: ConversationEvent, dedupe: string): void {
  draft.commands.push({ to: { id: into }, event, dedupe })
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}
