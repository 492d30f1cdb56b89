// Pure. The machine decides, the engines act, and each tells the other what came of it, until nothing is left to say.
import { NOTHING_RECOGNISED } from '../contract/engine.ts'
import type { Engine, EngineEffect, EngineInput, Verdict } from '../contract/engine.ts'
import type { OpenServiceStatus, Side } from '../contract/owner.ts'
import type { RunTrail } from '../contract/run.ts'
import { advance, openServiceStatus, ownerOf } from './advance.ts'
import { watchClosings } from './closings.ts'
import { holdJourney, releaseHeld, waitsForService } from './held.ts'
import { forgetHeldReplies, keepReply } from './held-replies.ts'
import { addNote, requestSend } from './send.ts'
import type { SendWish } from './send.ts'
import { cancelTimer, contextFor, engineState, nextId, participantOf, raise, setAttributes, setTimer } from './draft.ts'
import type { Draft } from './draft.ts'
import { consentReply } from './words.ts'
import type { ServiceSession } from './state.ts'
import type { ActionParams, MachineAction, MachineEvent } from './machine.ts'

/** Machine and engines settle within a handful of rounds; more means that two of them chase each other. */
const MAX_ROUNDS = 200
const SYSTEM = { kind: 'system', id: 'baton' } as const
const REMEMBERED_SESSIONS = 100

/** Gives the machine an event and carries out what it orders, before returning. */
export function happen(draft: Draft, event: MachineEvent): void {
  draft.rounds += 1
  if (draft.rounds > MAX_ROUNDS) throw new Error(`the step of ${draft.inbox.id} does not settle`)
  const { value, actions } = advance(draft.state.machine, event)
  draft.state.machine = value
  for (const action of actions) perform(draft, action)
}

function perform(draft: Draft, action: MachineAction): void {
  switch (action.type) {
    case 'decide':
      draft.rules.push(action.params.rule)
      return
    case 'tell':
      return tellSide(draft, action.params)
    case 'tellToYield':
      return tellToYield(draft, action.params)
    case 'startJourney':
      return startJourney(draft, action.params.supersede)
    case 'openServiceSession':
      return openServiceSession(draft, action.params.reason)
    case 'closeServiceSession':
      return closeServiceSession(draft, action.params)
    case 'setServiceStatus':
      return patchServiceSession(draft, { status: action.params.status })
    case 'openMarketingSession':
      return openMarketingSession(draft)
    case 'closeMarketingSession':
      draft.state.marketingSessions = draft.state.marketingSessions.map((session, index, all) =>
        index === all.length - 1 ? { ...session, closedAt: draft.now, closedBy: action.params.by } : session,
      )
      return
    case 'confirmConsent':
      return confirmConsent(draft)
    case 'noteConsent':
      return addNote(draft, consentNote(draft), SYSTEM)
    case 'reportOptIn':
      return reportEvent(draft, { kind: 'event', name: 'consent.given', data: {} })
    case 'autoReply':
      return autoReply(draft)
    case 'raiseAlarm':
      return raise(draft, action.params.code, draft.messageRow === null ? {} : { messageId: draft.messageRow.id })
    case 'holdUpstream':
      draft.state.upstream = { by: draft.state.upstream?.by ?? draft.upstreamBy, lastActivityAt: draft.now }
      setTimer(draft, 'upstream-inactive', draft.now + draft.number.upstreamInactiveAfter)
      return
    case 'releaseHeld':
      return releaseHeld(draft)
    case 'holdJourney':
      return holdJourney(draft)
    case 'holdReply':
      return holdReply(draft)
  }
}

/** Tells one side's engine something, carries out its effects and passes its verdict to the machine. */
export function tellEngine(draft: Draft, side: Side, input: EngineInput): Verdict | null {
  const verdict = ask(draft, side, input)
  if (verdict !== null) takeVerdict(draft, side, verdict)
  return verdict
}

/** The same without the machine: what the verdict means is up to the caller. */
function ask(draft: Draft, side: Side, input: EngineInput): Verdict | null {
  const engine = draft.engines[side]
  if (engine === null) return null
  const output = engine.receive(engineState(draft, engine), input, contextFor(draft, engine))
  draft.state.engines[engine.name] = output.state
  if (output.because !== undefined) {
    draft.rules.push(output.because.rule)
    draft.inputs[side] = output.because.inputs
  }
  if (output.trail !== undefined) draft.trail.push(...output.trail)
  if (output.legs !== undefined) draft.legs.push(...output.legs)
  if (output.score !== undefined) draft.scores.push(output.score)
  applyEffects(draft, side, output.effects)
  if (side === 'marketing' && output.trail !== undefined && output.trail.length > 0) noteTrail(draft, output.trail)
  return output.verdict
}

/** Service follows surveys that it asked marketing to send. Its verdict on them changes nothing for the machine. */
function noteTrail(draft: Draft, trail: RunTrail[]): void {
  const { service } = draft.engines
  if (service !== null && draft.state.engines[service.name] !== undefined) ask(draft, 'service', { kind: 'noted', trail })
}

function applyEffects(draft: Draft, side: Side, effects: EngineEffect[]): void {
  for (const effect of effects) {
    switch (effect.type) {
      case 'message.send':
        sendForEngine(draft, side, effect)
        break
      case 'timer.set':
        setTimer(draft, `${side}:${effect.name}`, effect.at)
        break
      case 'timer.cancel':
        cancelTimer(draft, `${side}:${effect.name}`)
        break
      case 'participant.call':
        draft.calls.push({
          callId: effect.callId,
          kind: effect.kind,
          side,
          target: effect.target,
          data: effect.data,
          timeoutMs: effect.timeoutMs,
        })
        break
      case 'command.send':
        draft.commands.push({
          to: effect.to,
          event: { type: 'engine.event', side, name: effect.name, data: effect.data },
          dedupe: effect.dedupe,
        })
        break
      case 'journey.request':
        draft.commands.push({
          to: { id: draft.stored.id },
          event: { type: 'journey.requested', journey: effect.journey, by: SYSTEM, input: effect.input },
          dedupe: effect.dedupe,
        })
        break
      case 'contact.set':
        setAttributes(draft, side, effect.attributes)
        draft.state.tags = [...new Set([...draft.state.tags, ...(effect.addTags ?? [])])].filter((tag) => !effect.removeTags?.includes(tag))
        break
      case 'alarm.raise':
        raise(draft, effect.code, effect.detail)
        break
      case 'note.add':
        addNote(draft, effect.text, effect.author, effect.data)
        break
    }
  }
}

function sendForEngine(draft: Draft, side: Side, effect: Extract<EngineEffect, { type: 'message.send' }>): void {
  const wish: SendWish = {
    content: effect.content,
    purpose: effect.purpose,
    author: effect.author,
    ref: effect.ref,
    ...(effect.replyTo === undefined ? {} : { replyTo: effect.replyTo }),
  }
  const { answer, messageId } = requestSend(draft, wish)
  if (answer.kind !== 'refuse') return
  raise(draft, 'send-refused', { messageId, code: answer.code, author: effect.author })
  tellEngine(draft, side, { kind: 'sendFailed', ref: effect.ref, messageId, code: answer.code, reason: answer.message })
}

const STATUS_EVENT = {
  waiting: 'service.queued',
  active: 'service.accepted',
  paused: 'service.paused',
  inactive: 'service.inactivated',
} as const satisfies Partial<Record<OpenServiceStatus, MachineEvent['type']>>

function takeVerdict(draft: Draft, side: Side, verdict: Verdict): void {
  switch (verdict.kind) {
    case 'handled':
      return
    case 'status':
      if (verdict.status !== 'new' && openServiceStatus(draft.state.machine) !== verdict.status)
        happen(draft, { type: STATUS_EVENT[verdict.status] })
      return
    case 'handOff':
      if (draft.engines.service === null) {
        raise(draft, 'hand-off-without-service', { targets: verdict.handOff.targets })
        if (participantOf(draft, 'marketing') === null) happen(draft, { type: 'marketing.ended' })
        return
      }
      draft.handOff = verdict.handOff
      happen(draft, { type: 'marketing.handedOff' })
      return
    case 'ended':
      if (side === 'marketing') return happen(draft, { type: 'marketing.ended' })
      draft.ending = { by: verdict.by, reason: verdict.outcome }
      return happen(draft, { type: 'service.ended' })
    case 'error':
      return side === 'marketing' ? failMarketing(draft, verdict.reason) : failService(draft, verdict)
    case 'start':
      if (verdict.handOff !== undefined) takeVerdict(draft, side, { kind: 'handOff', handOff: verdict.handOff })
      return
    case 'refused':
      draft.outcome = { kind: 'refused', code: verdict.code, message: verdict.message }
  }
}

function failMarketing(draft: Draft, reason: string): void {
  raise(draft, 'journey-failed', { reason })
  if (participantOf(draft, 'marketing') === null) happen(draft, { type: 'marketing.ended' })
}

/** The session is over with an error; the customer goes to the fallback at once, or an alarm says that nobody has them. */
export function failService(draft: Draft, verdict: Extract<Verdict, { kind: 'error' }>): void {
  draft.ending = { by: 'error', reason: verdict.reason }
  happen(draft, { type: 'service.failed' })
  if (ownerOf(draft.state.machine) !== 'none') return
  if (verdict.next === null) {
    raise(draft, 'service-error-unowned', { reason: verdict.reason })
    // Only once a step: a journey that hands off again as soon as it resumes, to a service that fails at once, would loop.
    if (draft.unowned) return
    draft.unowned = true
    tellSide(draft, { side: 'marketing', what: 'resume' })
    releaseHeld(draft)
    return
  }
  draft.handOff = verdict.next
  happen(draft, { type: 'service.requested' })
}

/** Keeps the message being decided for the journey it answers. */
function holdReply(draft: Draft): void {
  const { message, recognition, messageRow } = draft
  const paused = recognition?.reply.paused
  if (message === null || recognition === null || messageRow === null || paused === undefined) return
  keepReply(draft, message, messageRow.id, recognition.reply.holder ?? '', paused.ref)
  tellEngine(draft, 'marketing', { kind: 'hold', message, recognition })
}

/** The engine of a side that is not connected any more gives back what it holds; its verdict decides nothing. */
export function disconnect(draft: Draft, engine: Engine): void {
  draft.engines[engine.side] = engine
  ask(draft, engine.side, { kind: 'yield', reason: 'disconnected' })
  draft.engines[engine.side] = null
}

function tellSide(draft: Draft, { side, what }: ActionParams['tell']): void {
  const { message } = draft
  const recognition = draft.recognition ?? NOTHING_RECOGNISED
  const engine = draft.engines[side]
  const isKnown = engine !== null && draft.state.engines[engine.name] !== undefined
  switch (what) {
    case 'message':
      if (message !== null) tellEngine(draft, side, { kind: 'message', message, recognition })
      return
    case 'notice':
      if (isKnown && message !== null) tellEngine(draft, side, { kind: 'notice', message, recognition })
      return
    case 'withdraw':
      if (!isKnown) return
      forgetHeldReplies(draft)
      tellEngine(draft, side, { kind: 'withdraw' })
      return
    case 'resume':
      if (isKnown) resume(draft, side)
  }
}

/** An event may start journeys, once the machine has seen who owns the conversation. */
export function reportEvent(draft: Draft, input: Extract<EngineInput, { kind: 'event' }>): void {
  const verdict = tellEngine(draft, 'marketing', input)
  if (verdict?.kind !== 'start') return
  for (const entry of draft.state.machine.contact === 'blocked' ? [] : verdict.entries) {
    draft.start = { entry, by: input.by ?? SYSTEM, input: input.data }
    happen(draft, { type: 'marketing.requested', held: waitsForService(draft, entry) })
  }
  // The event may have ended the last run without starting another.
  if (ownerOf(draft.state.machine) === 'marketing' && participantOf(draft, 'marketing') === null) happen(draft, { type: 'marketing.ended' })
}

/** What service or upstream interrupted goes on, or exits. A run that ends on resume does not end marketing's ownership, except after upstream. */
function resume(draft: Draft, side: Side): void {
  const upstream = draft.before.owner === 'external'
  const verdict = ask(draft, side, { kind: 'resume', after: upstream ? 'upstream' : 'service' })
  if (verdict !== null && (verdict.kind !== 'ended' || upstream)) takeVerdict(draft, side, verdict)
  if (side === 'marketing' && participantOf(draft, 'marketing') !== null) happen(draft, { type: 'marketing.continued' })
}

function consentNote(draft: Draft): string {
  const word = draft.facts?.consentWord
  if (word === 'optOut') return 'The customer opted out of marketing messages.'
  return word === 'optIn' ? 'The customer opted in to marketing messages.' : 'The customer asked for help with marketing messages.'
}

/** A side that loses the conversation says what should travel along; the answer completes the hand-off under way. */
function tellToYield(draft: Draft, { side, reason }: ActionParams['tellToYield']): void {
  const engine = draft.engines[side]
  if (engine === null || draft.state.engines[engine.name] === undefined) return
  const verdict = ask(draft, side, { kind: 'yield', reason })
  // The side that takes over decides the targets; from the side that loses it only notes and answers are used.
  if (verdict?.kind === 'handOff') draft.handOff = { ...verdict.handOff, targets: [], reason }
  if (verdict?.kind === 'status' && verdict.status !== 'new') patchServiceSession(draft, { status: verdict.status })
}

function startJourney(draft: Draft, supersede: boolean): void {
  const entry = draft.start?.entry ?? draft.recognition?.entry?.id
  if (entry === undefined) return
  if (supersede) forgetHeldReplies(draft)
  const verdict = tellEngine(draft, 'marketing', {
    kind: 'start',
    entry,
    by: draft.start?.by ?? { kind: 'customer', id: draft.stored.id },
    supersede,
    ...(draft.message === null ? {} : { message: draft.message }),
    ...(draft.recognition === null ? {} : { recognition: draft.recognition }),
    ...(draft.start?.input === undefined ? {} : { input: draft.start.input }),
  })
  draft.start = null
  if (verdict?.kind === 'refused' && participantOf(draft, 'marketing') === null) {
    if (draft.message !== null) raise(draft, 'journey-not-started', { journey: entry, code: verdict.code })
    happen(draft, { type: 'marketing.ended' })
  }
}

function openServiceSession(draft: Draft, reason: string): void {
  const given = draft.handOff
  draft.handOff = null
  const targets = given === null || given.targets.length === 0 ? draft.number.serviceSessions.entry : given.targets
  const handOff = { ...given, targets, reason: given?.reason ?? reason }
  const { messages: _messages, ...kept } = handOff
  draft.state.serviceSessions = [
    ...draft.state.serviceSessions,
    {
      id: nextId(draft, 'se'),
      status: 'new' as const,
      openedAt: draft.now,
      openedBy: handOff.reason,
      closedAt: null,
      endedBy: null,
      reason: null,
      handOff: kept,
    },
  ].slice(-REMEMBERED_SESSIONS)
  const { message } = draft
  tellEngine(draft, 'service', { kind: 'take', handOff, ...(message === null ? {} : { message }) })
}

function closeServiceSession(draft: Draft, { status, by }: ActionParams['closeServiceSession']): void {
  if (by === 'keyword') tellToYield(draft, { side: 'service', reason: 'superseded' })
  patchServiceSession(draft, {
    status,
    closedAt: draft.now,
    endedBy: by ?? draft.ending?.by ?? 'system',
    reason: draft.ending?.reason ?? null,
  })
}

function patchServiceSession(draft: Draft, patch: Partial<ServiceSession>): void {
  draft.state.serviceSessions = draft.state.serviceSessions.map((session, index, all) =>
    index === all.length - 1 ? { ...session, ...patch } : session,
  )
}

function openMarketingSession(draft: Draft): void {
  const closesAt = draft.now + draft.number.marketingSessions.validFor
  const session = { id: nextId(draft, 'ma'), openedAt: draft.now, closesAt, closedAt: null, closedBy: null }
  draft.state.marketingSessions = [...draft.state.marketingSessions, session].slice(-REMEMBERED_SESSIONS)
  watchClosings(draft)
}

/** Nobody else will answer this customer, so a refusal raises an alarm. */
function autoReply(draft: Draft): void {
  const content = { kind: 'text', text: draft.number.incoming.autoReply } as const
  const { answer, messageId } = requestSend(draft, { content, purpose: 'service', author: SYSTEM })
  if (answer.kind === 'refuse') raise(draft, 'send-refused', { messageId, code: answer.code, author: SYSTEM })
}

function confirmConsent(draft: Draft): void {
  const word = draft.facts?.consentWord
  if (draft.message === null || word === null || word === undefined) return
  const text = consentReply(draft.message, word, draft.settings.consent)
  if (text !== null) requestSend(draft, { content: { kind: 'text', text }, purpose: 'service', author: SYSTEM })
}
