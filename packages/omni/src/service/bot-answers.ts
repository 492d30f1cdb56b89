// Pure. A bot has answered, or failed to: its words go out, and the session stays, moves on, ends or fails.
import type { EngineOutput, HandOff, OutgoingContent, Target } from '@baton/router'
import { botDeferral, botFailure, botPosting, botReply } from '../bots/answer.ts'
import type { BotReply } from '../bots/answer.ts'
import { isKnown } from '../config/targets.ts'
import type { ErrorCode } from '../errors.ts'
import { callBot } from './bot-call.ts'
import { answered } from './agent-work.ts'
import type { Draft } from './draft.ts'
import { addNote, conclude, learn, proceed, refuse, release, TIMERS, unchanged } from './draft.ts'
import type { BotWork, OmniState, Session, TurnMessage } from './session.ts'
import { promisedBy, unansweredBy } from './session.ts'
import { entryQueues, onward } from './targets.ts'

/** `bot.replied`. A bot that answers after somebody else took over, or a call that was given up, is not heard any more. */
export function botReplied(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> {
  const work = turnInFlight(draft, data)
  if (work === null) return unchanged(before)
  const parsed = botReply.safeParse(data)
  if (!parsed.success) return failBot(draft, work, 'bot-malformed')
  const reply = parsed.data
  say(draft, work, reply)
  keepWaiting(draft, before, work, reply)
  const idle: BotWork = { ...work, call: null, pending: [], lastCallId: reply.callId, lastMessages: work.call?.messages ?? [] }
  draft.session.phase = { status: 'active', work: idle }
  if (reply.handOff !== undefined) return handOff(draft, before, work, reply.handOff)
  if (reply.end === true) return conclude(draft, { kind: 'ended', outcome: 'bot-ended', by: `bot:${work.id}` })
  if (work.pending.length > 0) return nextTurn(draft, before, idle, work)
  draft.effects.push({ type: 'timer.cancel', name: TIMERS.botAnswer })
  return proceed(draft, before)
}

/** `bot.posted {botId, sessionId, callId, …}`: what was promised with `bot.deferred`. Whoever comes too late is told so. */
export function botPosted(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> {
  const { session } = draft
  const parsed = botPosting.safeParse(data)
  const work = turnInFlight(draft, data)
  const isTheirs = parsed.success && work?.id === parsed.data.botId && session.id === parsed.data.sessionId
  return isTheirs ? botReplied(draft, before, data) : refuse(before, 'turn-over')
}

/** `bot.deferred`: the turn stays in flight until the bot posts its reply, or the time it has for that is over. */
export function botDeferred(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> {
  const work = turnInFlight(draft, data)
  if (work === null) return unchanged(before)
  const parsed = botDeferral.safeParse(data)
  const bot = draft.context.config.bots.get(work.id)
  const replyWithinMs = bot?.protocol === 'baton' ? bot.replyWithinMs : null
  // A newer configuration may have removed the bot, or its permission to reply later.
  if (!parsed.success || replyWithinMs === null) return failBot(draft, work, 'bot-malformed')
  const { callId, messages } = parsed.data
  // The customer goes on waiting for the answer.
  sayAll(draft, work, `bot/${callId}/interim`, messages)
  const deadline = draft.context.now + replyWithinMs
  draft.effects.push({ type: 'timer.set', name: TIMERS.botAnswer, at: deadline })
  draft.session.phase = { status: 'active', work: { ...work, call: { ...work.call, id: callId, deadline } } }
  return proceed(draft, before)
}

/** `bot.failed`. */
export function botFailed(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> {
  const work = turnInFlight(draft, data)
  if (work === null) return unchanged(before)
  const parsed = botFailure.safeParse(data)
  return failBot(draft, work, parsed.success ? parsed.data.reason : 'bot-malformed')
}

/** The session fails; the fallback takes over at once in a new one, so the customer is never left without an owner. */
export function failBot(
  draft: Draft,
  work: BotWork,
  reason: ErrorCode | (string & {}),
  messages: TurnMessage[] = unansweredBy(work),
): EngineOutput<OmniState> {
  const { session, context, effects } = draft
  effects.push({ type: 'alarm.raise', code: 'bot-failed', detail: { bot: work.id, reason, sessionId: session.id } })
  const targets = fallbackOf(draft, work.id)
  const failed = [...new Set([...session.failed, work.id])]
  // Set even when the bot had answered: its message may not have reached the customer.
  const waitingSince = session.waitingSince ?? context.now
  const asked = messages.length === 0 ? {} : { messages }
  const next: HandOff = { targets, reason: 'bot-failed', failed, waitingSince, ...luggage(session), ...asked }
  if (context.config.bots.has(work.id)) addNote(draft, `The bot ${work.id} failed (${reason}).`)
  return conclude(draft, { kind: 'error', reason: `bot-failed: ${reason}`, next: targets.length === 0 ? null : next })
}

/** A message of the bot did not go out: the customer did not get the answer, which is the bot failing as the customer sees it. */
export function botSendFailed(draft: Draft, before: Session, ref: string): EngineOutput<OmniState> {
  const { work } = draft.session.phase
  const isLatest = work.kind === 'bot' && draft.session.phase.status === 'active' && ref.startsWith(`bot/${work.lastCallId}/`)
  if (!isLatest) return unchanged(before)
  return failBot(draft, work, 'bot-send-failed', [...(work.lastMessages ?? []), ...unansweredBy(work)])
}

function turnInFlight(draft: Draft, data: Record<string, unknown>): BotWork | null {
  const { phase } = draft.session
  if (phase.status !== 'active' || phase.work.kind !== 'bot') return null
  return phase.work.call !== null && phase.work.call.id === data['callId'] ? phase.work : null
}

function say(draft: Draft, work: BotWork, reply: BotReply): void {
  sayAll(draft, work, `bot/${reply.callId}`, reply.messages)
  if (reply.messages.length > 0) answered(draft)
  if (reply.attributes !== undefined) learnFrom(draft, work, reply.attributes)
}

/** Only what the bot is configured to learn, whatever its protocol: behind each may be a model that a customer has talked round. The rest
 * of the answer counts: nobody is left waiting for an attribute. */
function learnFrom(draft: Draft, work: BotWork, attributes: Record<string, unknown>): void {
  const learns = draft.context.config.bots.get(work.id)?.learns ?? []
  const kept = Object.entries(attributes).filter(([name]) => learns.includes(name))
  if (kept.length > 0) learn(draft, Object.fromEntries(kept))
  const ignored = Object.keys(attributes).filter((name) => !learns.includes(name))
  if (ignored.length === 0) return
  const names = ignored.slice(0, 10).map((name) => name.slice(0, 100))
  draft.effects.push({ type: 'alarm.raise', code: 'bot-attributes-ignored', detail: { bot: work.id, names, sessionId: draft.session.id } })
}

/** A customer whom the bot hands off waits for somebody else, even if it said something last; and what they wrote during the turn is
 * unanswered. */
function keepWaiting({ session, context }: Draft, before: Session, work: BotWork, reply: BotReply): void {
  if (reply.handOff !== undefined) session.waitingSince = before.waitingSince ?? context.now
  else if (work.pending.length > 0) session.waitingSince ??= context.now
}

/** `refs`: what the refs of these messages begin with. */
function sayAll(draft: Draft, work: BotWork, refs: string, messages: readonly OutgoingContent[]): void {
  messages.forEach((content, index) => {
    const author = { kind: 'bot', id: work.id } as const
    draft.effects.push({ type: 'message.send', ref: `${refs}/${index}`, content, purpose: 'service', author })
  })
}

/** The bot hands off: to whom it names, else to the targets that remain, else to its own fallback. Whatever it said last, what the customer
 * asked is unanswered: a bot that takes over begins with it. */
function handOff(draft: Draft, before: Session, work: BotWork, order: NonNullable<BotReply['handOff']>): EngineOutput<OmniState> {
  const { session } = draft
  const text = [order.summary, order.note].filter((part) => part !== undefined && part !== '').join('\n')
  if (text !== '') addNote(draft, text, { kind: 'bot', id: work.id })
  if (order.note !== undefined || order.summary !== undefined)
    Object.assign(session, { note: text, noteFor: 'anybody' } satisfies Partial<Session>)
  if (order.skills !== undefined) session.skills = order.skills
  const here: Target = `bot:${work.id}`
  const chosen = order.targets ?? []
  session.targets = [...chosen, ...session.targets.filter((target) => !chosen.includes(target))]
  if (session.targets.length === 0) session.targets = [...(draft.context.config.bots.get(work.id)?.fallback ?? [])]
  session.handedOn = (session.handedOn ?? 0) + 1
  draft.effects.push({ type: 'timer.cancel', name: TIMERS.botAnswer })
  return onward(draft, before, { messages: unansweredBy(work), visited: [here] })
}

/** What the customer wrote during the turn becomes the next turn, unless the reply window has closed meanwhile. */
function nextTurn(draft: Draft, before: Session, idle: BotWork, { pending }: BotWork): EngineOutput<OmniState> {
  const bot = draft.context.config.bots.get(idle.id)
  if (bot === undefined) return failBot(draft, { ...idle, pending }, 'bot-unknown')
  if (!draft.context.replyWindow.open) {
    draft.effects.push({ type: 'timer.cancel', name: TIMERS.botAnswer })
    return passOver(draft, before, idle, pending)
  }
  draft.session.phase = { status: 'active', work: callBot(draft, bot, pending, idle) }
  return proceed(draft, before)
}

/** The bot could not answer these in free text: a human decides. */
export function passOver(draft: Draft, before: Session, work: BotWork, messages: TurnMessage[]): EngineOutput<OmniState> {
  const { session, context } = draft
  release(draft)
  if (session.targets.length === 0) session.targets = [...(context.config.bots.get(work.id)?.fallback ?? [])]
  return onward(draft, before, { messages })
}

/** The bot's own fallback, else the targets that remain, else the number's entry queues; never a bot that failed already. */
function fallbackOf(draft: Draft, botId: string): Target[] {
  const here: Target = `bot:${botId}`
  const without = new Set([here, ...draft.session.failed.map((id): Target => `bot:${id}`)])
  const usable = (targets: readonly Target[]) => targets.filter((target) => !without.has(target) && isKnown(target, draft.context.config))
  const own = usable(draft.context.config.bots.get(botId)?.fallback ?? [])
  if (own.length > 0) return own
  const rest = usable(draft.session.targets)
  return rest.length > 0 ? rest : entryQueues(draft, without)
}

/** What was meant for agents is in the transcript, and travels no further: the next may be a bot. */
export function luggage(session: Session): Omit<HandOff, 'targets' | 'reason'> {
  const { note, noteFor, answers, skills, journey } = session
  const callback = promisedBy(session)
  return {
    ...(callback === null ? {} : { callback }),
    ...(note === null || noteFor === 'agents' ? {} : { note }),
    ...(skills.length === 0 ? {} : { skills }),
    ...(answers === null ? {} : { answers }),
    ...(journey === null ? {} : { journey }),
  }
}
