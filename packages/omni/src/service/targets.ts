// Pure. Works through the targets of a hand-off until one takes the session.
import type { EngineOutput, Target } from '@baton/router'
import type { BotSettings } from '../config/settings.ts'
import { isKnown, parts } from '../config/targets.ts'
import type { Draft } from './draft.ts'
import { conclude, proceed, tellGroupOfWork } from './draft.ts'
import { callBot } from './bot-call.ts'
import { watchPosition } from './position.ts'
import type { OmniState, Session, TurnMessage, WaitingWork } from './session.ts'
import { promisedBy } from './session.ts'

/** How often bots may hand a customer on who has not written meanwhile; after that it is somebody else's. */
const MOST_HANDED_ON = 5

export interface Arrival {
  /** What the customer wrote and nobody has answered; a bot gets it with its first turn. */
  messages: TurnMessage[]
  /** Targets that must not be tried again in this turn. */
  visited: Target[]
  /** The age of the work, epoch milliseconds; without it it begins now. */
  since?: number
  /** The queue it comes from, and the age it had there: back there it has it again. */
  home?: { queueId: string; since: number }
  /** An agent is not asked, but given it, as work of the queue it came through. */
  direct?: Direct
}
interface Direct {
  queueId: string | null
}

/** Hands the session to the first target that can take it: the remaining targets in order, then the number's entry queues.
 * False when none can; the session is unchanged then but for its used-up targets. */
function advance(draft: Draft, arrival: Arrival): boolean {
  const seen = new Set<Target>(arrival.visited)
  for (;;) {
    const target = draft.session.targets.shift() ?? entryQueue(draft, seen)
    if (target === undefined) return false
    if (seen.has(target)) continue
    seen.add(target)
    if (place(draft, target, arrival)) return true
  }
}

/** The same; with nobody to take it the session is over. */
export function onward(draft: Draft, before: Session | null, arrival: Partial<Arrival> = {}): EngineOutput<OmniState> {
  if (advance(draft, { messages: [], visited: [], ...arrival })) return proceed(draft, before)
  return conclude(draft, { kind: 'error', reason: 'no-target', next: null })
}

/** Queues of the number's entry that were not tried: the last resort, so that no customer is left without an owner. */
export function entryQueues(draft: Draft, except: ReadonlySet<Target>): Target[] {
  const { entry } = draft.context.number.serviceSessions
  return entry.filter((target) => parts(target).kind === 'queue' && !except.has(target) && isKnown(target, draft.context.config))
}

function entryQueue(draft: Draft, seen: ReadonlySet<Target>): Target | undefined {
  return entryQueues(draft, seen)[0]
}

function place(draft: Draft, target: Target, { messages, since, home, direct }: Arrival): boolean {
  const { config } = draft.context
  const { kind, id } = parts(target)
  if (!isKnown(target, config)) {
    draft.effects.push({ type: 'alarm.raise', code: 'target-unknown', detail: { target, sessionId: draft.session.id } })
    return false
  }
  const bot = kind === 'bot' ? config.bots.get(id) : undefined
  // A bot that failed this customer would fail them again, and the fallbacks would run in a circle.
  if (bot !== undefined && draft.session.failed.includes(id)) return false
  if (bot !== undefined && isPassedRound(draft, target)) return false
  if (bot !== undefined) return placeAtBot(draft, bot, messages)
  const age = since ?? (kind === 'queue' && home?.queueId === id ? home.since : undefined)
  if (kind === 'queue') requestQueue(draft, id, age === undefined ? {} : { since: age })
  else requestAgent(draft, id, since, direct)
  return true
}

/** Bots that hand the customer on to one another would do so for ever. */
function isPassedRound({ session, effects }: Draft, target: Target): boolean {
  if ((session.handedOn ?? 0) <= MOST_HANDED_ON) return false
  effects.push({ type: 'alarm.raise', code: 'bots-in-circle', detail: { target, sessionId: session.id } })
  return true
}

/** A bot writes free text, so it is of no use while the reply window is closed: its own fallback or the next target goes first. */
function placeAtBot(draft: Draft, bot: BotSettings, messages: TurnMessage[]): boolean {
  const { session, context } = draft
  if (!context.replyWindow.open) {
    if (session.targets.length === 0) session.targets = [...bot.fallback]
    return false
  }
  session.phase = { status: 'active', work: callBot(draft, bot, messages) }
  return true
}

/** Asks the routing group for an agent of the queue. `prefer`: this agent if they can. `since`: age of the work, epoch milliseconds. */
export function requestQueue(draft: Draft, queueId: string, options: { prefer?: string; since?: number }): void {
  const { session } = draft
  const target: Target = `queue:${queueId}`
  const mayDivert = options.prefer === undefined && !session.diverted.includes(queueId)
  const since = options.since ?? draft.context.now
  request(draft, target, { prefer: options.prefer ?? null, returnTo: returnTo(draft, queueId), since, mayDivert })
  session.phase = { status: 'waiting', work: { kind: 'queue', id: queueId, since, position: null, held: null } }
  watchPosition(draft, queueId)
}

/** Offers the work to this one agent. `direct`: it is given to them, without an offer. */
export function requestAgent(draft: Draft, agentId: string, since: number = draft.context.now, direct?: Direct): void {
  request(draft, `agent:${agentId}`, { prefer: null, returnTo: null, since, mayDivert: false, ...(direct === undefined ? {} : { direct }) })
  draft.session.phase = { status: 'waiting', work: { kind: 'offered', agentId, since } }
}

/** What waited for the routing group before upstream took over waits again, with the age it had. */
export function requestAgain(draft: Draft, work: WaitingWork): void {
  if (work.kind === 'queue') requestQueue(draft, work.id, { since: work.since })
  else requestAgent(draft, work.agentId, work.since)
}

interface ReturnTo {
  agentId: string
  waitMs: number
}

/** The agent of an earlier session, whom the queue prefers for some time after it. Whether they are there is for the group to see. An agent
 * who had the customer in this session has given them up. */
function returnTo({ session, lastAgent, context: { config, now } }: Draft, queueId: string): ReturnTo | null {
  const rule = config.queues.get(queueId)?.returnToAgent ?? null
  if (rule === null || lastAgent === null || lastAgent.sessionId === session.id || now - lastAgent.at > rule.withinMs) return null
  return { agentId: lastAgent.agentId, waitMs: rule.waitMs }
}

type Asked = { prefer: string | null; returnTo: ReturnTo | null; since: number; mayDivert: boolean; direct?: Direct }
function request(draft: Draft, target: Target, data: Asked): void {
  const { session, context } = draft
  // A promise goes where the session goes.
  session.callback = promisedBy(session)
  tellGroupOfWork(draft, 'work.requested', {
    target,
    ...data,
    callback: session.callback !== null,
    skills: session.skills,
    language: languageOf(context.contact.attributes),
  })
}

/** `de-AT` is German; what is no language is unknown. */
function languageOf({ language }: Record<string, unknown>): string | null {
  const primary = typeof language === 'string' ? /^[a-z]{2,3}(?=$|[-_])/i.exec(language)?.[0] : undefined
  return primary?.toLowerCase() ?? null
}
