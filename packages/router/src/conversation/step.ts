// Pure. One event applied to one conversation: the state after it, everything that is to be stored and sent, and why.
import type { ActorLogic, DecisionRow, MessageRow, ReadRow, Turn } from '../contract/actor.ts'
import { readConversationKey } from '../contract/conversation-key.ts'
import type { Engine } from '../contract/engine.ts'
import type { ConversationEvent, InboxEvent } from '../contract/event.ts'
import type { Side } from '../contract/owner.ts'
import type { Rule } from '../contract/rules.ts'
import type { LiveRun } from '../contract/run.ts'
import { numberSettings } from '../contract/settings.ts'
import type { NumberSettings } from '../contract/settings.ts'
import { disconnect, failService, happen, tellEngine } from './act.ts'
import { ownerOf, ownershipPath } from './advance.ts'
import { counterfactuals } from './counterfactual.ts'
import { newDraft, nextId, participantOf, recordedFirst } from './draft.ts'
import type { Act, Draft } from './draft.ts'
import { compactFacts } from './facts.ts'
import { recallBetween } from './gate.ts'
import { bringWhatIsLeft, handlers } from './handlers.ts'
import { keepForMarketingOnly } from './held-replies.ts'
import { passOn } from './merge.ts'
import { loadState } from './snapshot.ts'
import { initialState, latestServiceSession } from './state.ts'
import type { ConversationState } from './state.ts'

const ACT: Act = { happen, tell: tellEngine }

/** The logic of a conversation, with the engines that may own one. An engine that no number names is never asked. */
export function createConversationLogic({ engines }: { engines: Engine[] }): ActorLogic {
  const byName = new Map(engines.map((engine) => [engine.name, engine]))
  return {
    kind: 'conversation',
    step(stored, inbox, now, settings) {
      const number = settings.numbers.get(stored.numberId ?? '') ?? disconnected(stored.numberId ?? 'unknown')
      const draft = newDraft({
        act: ACT,
        stored,
        inbox: inbox as InboxEvent,
        now,
        settings,
        number,
        engines: { marketing: engineOf(number, 'marketing', byName), service: engineOf(number, 'service', byName) },
        state: stored.state === null ? firstState(stored.key) : loadState(stored.state),
      })
      if (draft.state.mergedInto !== null) return afterMerge(draft, draft.state.mergedInto)
      passTime(draft)
      letGoOfMissingService(draft, engines)
      const { event } = draft.inbox
      recordedFirst(draft, () => (handlers[event.type] as (draft: Draft, event: ConversationEvent) => void)(draft, event))
      bringWhatIsLeft(draft)
      keepForMarketingOnly(draft)
      return finish(draft)
    },
  }
}

/** A conversation knows from the start by whose name it was made. */
function firstState(key: string): ConversationState {
  return { ...initialState(), identity: readConversationKey(key)?.identity ?? {} }
}

/** A number that left the configuration keeps its conversations: nothing is connected, so what arrives is kept as unrouted. */
function disconnected(id: string): NumberSettings {
  return numberSettings.parse({ id: id.replaceAll(/[^a-z0-9-]/g, '-'), displayNumber: '', provider: 'none' })
}

function engineOf(number: NumberSettings, side: Side, engines: Map<string, Engine>): Engine | null {
  const engine = engines.get(number.apps[side] ?? '')
  return engine !== undefined && engine.side === side ? engine : null
}

/** Closes the reply window and the marketing session if their time passed before this event: their timers may fire late. */
function passTime(draft: Draft): void {
  const { state, now } = draft
  if (state.machine.replyWindow === 'open' && (state.replyWindowClosesAt ?? 0) <= now) happen(draft, { type: 'window.closed' })
  if (state.machine.marketingSession === 'open' && (state.marketingSessions.at(-1)?.closesAt ?? 0) <= now)
    happen(draft, { type: 'marketingSession.expired' })
}

/** A number may lose its service app, or leave the configuration, while a session is open: nobody would ever act on it again. */
function letGoOfMissingService(draft: Draft, engines: readonly Engine[]): void {
  const path = ownershipPath(draft.state.machine)
  if (draft.engines.service !== null || !(path.startsWith('service.open') || path === 'external.overService')) return
  for (const engine of engines) if (engine.side === 'service' && draft.state.engines[engine.name] !== undefined) disconnect(draft, engine)
  failService(draft, { kind: 'error', reason: 'service-not-connected', next: null })
}

function finish(draft: Draft): Turn {
  const { state } = draft
  const owner = ownerOf(state.machine)
  const session = latestServiceSession(state)
  const recall = recallBetween(draft.before.machine, state.machine)
  // A first request that was refused leaves a decision, but no conversation in the listings.
  const isNothing = draft.stored.state === null && draft.outcome.kind === 'refused' && draft.messages.length === 0 && owner === 'none'
  return {
    state: isNothing ? null : state,
    summary: {
      numberId: draft.stored.numberId ?? '',
      owner,
      participant:
        owner === 'external'
          ? { kind: 'app', id: 'upstream', name: state.upstream?.by ?? 'upstream' }
          : owner === 'none'
            ? null
            : participantOf(draft, owner),
      serviceStatus: session?.status ?? null,
      runs: runsOf(draft),
      contact: { phone: state.identity.phone ?? null, userId: state.identity.userId ?? null, name: state.identity.name ?? null },
      lastMessageAt: state.lastMessageAt,
    },
    messages: draft.messageRow === null ? draft.messages : [labelled(draft, draft.messageRow), ...draft.messages],
    sends: draft.sends,
    ...(recall === null ? {} : { recall }),
    ...(draft.readdress ? { readdress: true as const } : {}),
    calls: draft.calls,
    reads: readsOf(draft),
    commands: draft.commands,
    timers: { set: [...draft.timersSet].map(([name, at]) => ({ name, at })), cancel: [...draft.timersCancelled] },
    decision: decisionOf(draft, owner),
    legs: draft.legs,
    scores: draft.scores,
    alarms: draft.alarms,
    outcome: draft.outcome,
  }
}

/** Journey runs under way; whoever goes on with a merged conversation has its runs. */
function runsOf({ engines: { marketing }, state }: Draft): LiveRun[] {
  const known = marketing === null || state.mergedInto !== null ? undefined : state.engines[marketing.name]
  return known === undefined ? [] : (marketing?.runs?.(known) ?? [])
}

/** A bot that is asked and an agent who answers have read what the customer wrote; a bot shows as typing until it answers. */
function readsOf(draft: Draft): ReadRow[] {
  const { state, inbox } = draft
  const byBot = draft.calls.length > 0
  const byAgent = inbox.event.type === 'send.requested' && inbox.event.by.kind === 'agent' && draft.outcome.kind === 'done'
  if (state.unread === null || draft.number.readReceipts === 'never' || (!byBot && !byAgent)) return []
  const providerId = state.unread
  state.unread = null
  return [{ providerId, typing: byBot }]
}

/** The customer's message belongs to the session it was decided into. */
function labelled(draft: Draft, row: MessageRow): MessageRow {
  const owner = ownerOf(draft.state.machine)
  const service = latestServiceSession(draft.state)
  if ((owner === 'service' || draft.before.owner === 'service') && service !== null)
    return { ...row, session: { kind: 'service', id: service.id } }
  const marketing = draft.state.marketingSessions.at(-1)
  if ((owner === 'marketing' || draft.before.owner === 'marketing') && marketing !== undefined)
    return { ...row, session: { kind: 'marketing', id: marketing.id } }
  return row
}

const RULE_WITHOUT_ACTION: Partial<Record<ConversationEvent['type'], Rule>> = {
  'message.received': 'observed',
  'echo.received': 'observed',
  'send.requested': 'send',
  'timer.fired': 'timer',
  'send.failed': 'journey-went-on',
  'run.changeRequested': 'journey-changed',
}

function ruleWithoutAction(event: ConversationEvent): Rule {
  if (event.type === 'engine.event') return event.side === 'service' ? 'service-answered' : 'journey-went-on'
  return RULE_WITHOUT_ACTION[event.type] ?? 'observed'
}

/** One record for every event that was decided, spoke to the customer, changed the owner, or moved a journey run. */
function decisionOf(draft: Draft, owner: DecisionRow['ownerAfter']): DecisionRow | null {
  const { event } = draft.inbox
  const spoke = draft.messages.some(({ direction }) => direction !== 'note')
  const recorded =
    spoke || event.type === 'message.received' || event.type === 'send.requested' || owner !== draft.before.owner || draft.trail.length > 0
  const rule = draft.rules[0] ?? (recorded ? ruleWithoutAction(event) : null)
  if (rule === null) return null
  const session = latestServiceSession(draft.state)
  const { facts } = draft
  return {
    id: nextId(draft, 'de'),
    event: { id: draft.inbox.id, type: event.type, ...(draft.messageRow === null ? {} : { messageId: draft.messageRow.id }) },
    rule,
    ownerBefore: draft.before.owner,
    ownerAfter: owner,
    inputs: {
      ownership: draft.before.path,
      ...(facts === null ? {} : { facts: compactFacts(facts) }),
      ...(draft.rules.length > 1 ? { also: draft.rules.slice(1) } : {}),
      ...(session === null ? {} : { serviceSession: session.id }),
      ...draft.inputs,
    },
    // The blocked keyword is what people ask about, so its answer is stored; the others are worked out when asked for.
    counterfactual:
      rule === 'open-service-session' && facts?.entry != null
        ? (counterfactuals(facts, draft.before.path, session?.id ?? null)[0] ?? null)
        : null,
    ...(draft.trail.length === 0 ? {} : { trail: draft.trail }),
    configVersion: draft.settings.version,
    at: draft.now,
  }
}

/** It decides nothing any more. */
function afterMerge(draft: Draft, into: string): Turn {
  passOn(draft, into)
  const turn = finish(draft)
  return draft.rules.length === 0 ? { ...turn, decision: null } : turn
}
