// Pure. Watches a service session from outside: compares it before and after each input, notes its legs, and says when a queue does not
// keep what it is to keep. What becomes of the customer never depends on what is noted here.
// R1 each leg is told once, when it is over, by the turn that ends it. R2 legs of a session follow each other without overlapping.
import type { EngineContext, EngineEffect, EngineInput, EngineOutput, LegOutcome, ServiceLeg } from '@baton/router'
import type { OmniConfig, QueueSettings } from '../config/settings.ts'
import { openTime } from '../hours/open-time.ts'
import { TIMERS } from '../service/draft.ts'
import type { OmniState, Past, Phase, Session } from '../service/session.ts'
import type { Leg, Tally } from './leg.ts'
import { newTally } from './leg.ts'
import { askSurvey } from './survey.ts'
import { isKept, look, nextLook, objectivesOf } from './objectives.ts'

/** A session that begins so soon after the end of the one before is re-opened. */
const REOPENED_WITHIN_MS = 24 * 3_600_000
const TIMER = TIMERS.objective

type Output = EngineOutput<OmniState>

/** One input, what came of it, and what is noted. */
interface Watch {
  input: EngineInput
  output: Output
  context: EngineContext<OmniConfig>
  legs: ServiceLeg[]
  effects: EngineEffect[]
  because: Output['because']
}

/** The output of the engine, with what is noted of it. */
export function followed(before: OmniState, input: EngineInput, output: Output, context: EngineContext<OmniConfig>): Output {
  if (output.verdict.kind === 'refused') return { ...output, state: before }
  const watch: Watch = { input, output, context, legs: [], effects: [], because: output.because }
  const was = before.session
  const is = output.state.session
  const goesOn = was !== null && was.id === is?.id
  let past = before.past
  if (was !== null && !goesOn) past = endSession(watch, was)
  if (is === null && input.kind === 'take') past = failToBegin(watch) ?? past
  const tally = goesOn ? was.tally : newTally(past !== undefined && context.now < past.endedAt + REOPENED_WITHIN_MS)
  const session = is === null ? null : { ...is, tally: withTimer(watch, goOn(watch, goesOn ? was : null, is, tally)) }
  const { legs, effects, because } = watch
  return {
    ...output,
    state: { ...output.state, session, ...(past === undefined ? {} : { past }) },
    effects: effects.length === 0 ? output.effects : [...output.effects, ...effects],
    ...(legs.length === 0 ? {} : { legs }),
    ...(because === undefined ? {} : { because }),
  }
}

/** The tally of a session that is open after this input. */
function goOn(watch: Watch, was: Session | null, is: Session, before: Tally): Tally {
  const place = placeOf(is.phase)
  let tally = before
  if (tally.leg !== null && (place === null || !isThere(tally.leg, place))) {
    endLeg(watch, is, tally.leg, outcomeOf(watch, was, is), null)
    tally = { ...tally, leg: null }
  }
  if (place === null) return tally
  tally = { ...tally, bot: tally.bot || place.botId !== null, people: tally.people || place.botId === null }
  const leg = tally.leg ?? begin(watch, place, tally.legs + 1, is)
  const { leg: looked } = look(worked(watch, leg, is), watch.context.now)
  tell(watch, is, looked, leg)
  return { ...tally, legs: looked.n, leg: looked }
}

/** Where a session is; `waits`: for an agent to take it. */
interface Place {
  queueId: string | null
  agentId: string | null
  botId: string | null
  waits: boolean
}

/** Null: upstream keeps it out of its queue. */
function placeOf(phase: Phase): Place | null {
  const { work } = phase
  switch (work.kind) {
    case 'bot':
      return { queueId: null, agentId: null, botId: work.id, waits: false }
    case 'agent':
      return { queueId: work.queueId, agentId: work.id, botId: null, waits: false }
    case 'queue':
      return phase.status === 'paused' ? null : { queueId: work.id, agentId: null, botId: null, waits: true }
    case 'offered':
      return phase.status === 'paused' ? null : { queueId: null, agentId: work.agentId, botId: null, waits: true }
  }
}

/** Whether this place still belongs to the leg. Within one leg an agent may take work that waited, but work that was taken does not wait
 * again. */
function isThere(leg: Leg, place: Place): boolean {
  if (leg.queueId !== place.queueId || leg.botId !== place.botId || (place.waits && leg.takenAt !== null)) return false
  return leg.agentId === place.agentId || (leg.agentId === null && leg.takenAt === null)
}

function begin({ context: { now, config } }: Watch, { queueId, agentId, botId }: Place, n: number, session: Session): Leg {
  const queue = queueId === null || session.agentInitiated ? undefined : config.queues.get(queueId)
  const clear = { takenAt: null, firstResponseAt: null, busySince: null, handleMs: 0 }
  return { n, queueId, agentId, botId, beganAt: now, ...clear, ...objectivesOf(queue, now) }
}

/** The leg after what this input did in it. */
function worked({ input, output, context: { now } }: Watch, leg: Leg, { phase }: Session): Leg {
  const agentId = phase.work.kind === 'agent' ? phase.work.id : leg.agentId
  const isBusy = phase.status === 'active'
  const answered = leg.botId === null ? isAnswerOf(agentId, input) : output.effects.some(isWordOfBot)
  return {
    ...leg,
    agentId,
    takenAt: phase.work.kind === 'agent' ? (leg.takenAt ?? now) : null,
    firstResponseAt: leg.firstResponseAt ?? (answered ? now : null),
    busySince: isBusy ? (leg.busySince ?? now) : null,
    handleMs: isBusy ? leg.handleMs : handledUntil(leg, now),
  }
}

function isAnswerOf(agentId: string | null, input: EngineInput): boolean {
  return input.kind === 'event' && input.name === 'agent.sent' && input.by?.kind === 'agent' && input.by.id === agentId
}

function isWordOfBot(effect: EngineEffect): boolean {
  return effect.type === 'message.send' && effect.author.kind === 'bot'
}

function handledUntil({ busySince, handleMs }: Leg, now: number): number {
  return busySince === null ? handleMs : handleMs + now - busySince
}

/** Says what there is to say of the objectives of a leg. `before`: what was said already. */
function tell(watch: Watch, { id }: Session, leg: Leg, before: Leg): void {
  const inputs: Record<string, unknown> = {}
  for (const name of ['wait', 'response'] as const) {
    const objective = leg[name]
    if (objective === null || objective.told === 'nothing' || objective.told === before[name]?.told) continue
    inputs[name] = objective.told
    const detail = { queue: leg.queueId, objective: name, sessionId: id, dueAt: new Date(objective.dueAt).toISOString() }
    const missed = objective.told === 'miss'
    watch.effects.push(
      missed
        ? { type: 'alarm.raise', code: 'service-level-missed', detail }
        : { type: 'alarm.raise', code: 'service-level-at-risk', detail },
    )
  }
  if (Object.keys(inputs).length === 0) return
  watch.because ??= { rule: 'service-level', inputs: { queue: leg.queueId, leg: leg.n, ...inputs } }
}

/** R1 */
function endLeg(watch: Watch, session: Session, ended: Leg, outcome: LegOutcome, summary: ServiceLeg['session']): void {
  const { now } = watch.context
  // A bot says what it has to say and hands over, or ends, in one answer.
  const answered = ended.botId !== null && watch.output.effects.some(isWordOfBot)
  const { leg } = look({ ...ended, firstResponseAt: ended.firstResponseAt ?? (answered ? now : null) }, now)
  tell(watch, session, leg, ended)
  const { n, queueId, agentId, botId, beganAt, takenAt, firstResponseAt } = leg
  const hours = hoursOf(watch, queueId)
  const byAgent = session.agentInitiated
  watch.legs.push({
    sessionId: session.id,
    n,
    queueId,
    agentId: takenAt === null ? null : agentId,
    botId,
    beganAt,
    takenAt,
    endedAt: now,
    waitMs: botId === null && !byAgent ? openTime(hours, beganAt, takenAt ?? now) : 0,
    waitMet: isKept(leg, 'wait', now),
    responseMs: firstResponseAt === null || byAgent ? null : openTime(hours, beganAt, firstResponseAt),
    responseMet: isKept(leg, 'response', now),
    handleMs: handledUntil(leg, now),
    outcome,
    byAgent,
    session: summary,
  })
}

function hoursOf({ context }: Watch, queueId: string | null): QueueSettings['hours'] {
  return queueId === null ? null : (context.config.queues.get(queueId)?.hours ?? null)
}

function endSession(watch: Watch, session: Session): Past {
  const { now } = watch.context
  const { leg, reopened, bot, people } = session.tally
  const asked = isOver(watch) && leg !== null ? askSurvey(session, leg, watch.context) : null
  if (asked !== null) watch.effects.push(asked.effect)
  const summary = { reopened, bot, people, asked: asked !== null && asked.open.journey === null }
  // What upstream kept out of its queue ends there, where nobody waits.
  const last = leg ?? begin(watch, NOWHERE, session.tally.legs + 1, session)
  const outcome = watch.output.verdict.kind === 'error' ? 'failed' : leg !== null && waitsFor(leg) ? 'abandoned' : 'ended'
  endLeg(watch, session, last, outcome, summary)
  return { sessionId: session.id, endedAt: now, ...(asked === null ? {} : { survey: asked.open }) }
}

/** The session is done, and was not interrupted: a customer who went on to a journey is not asked about the session it cut short. */
function isOver({ input, output: { verdict } }: Watch): boolean {
  return verdict.kind === 'ended' && input.kind !== 'yield'
}

const NOWHERE: Place = { queueId: null, agentId: null, botId: null, waits: false }

function waitsFor({ takenAt, botId }: Leg): boolean {
  return takenAt === null && botId === null
}

/** Nobody could take the session at all. */
function failToBegin(watch: Watch): Past | null {
  const { now, serviceSession } = watch.context
  if (serviceSession === null) return null
  const times = { beganAt: now, takenAt: null, endedAt: now, waitMs: 0, responseMs: null, handleMs: 0 }
  const nobody = { queueId: null, agentId: null, botId: null, waitMet: null, responseMet: null }
  const summary = { reopened: false, bot: false, people: false, asked: false }
  watch.legs.push({ sessionId: serviceSession.id, n: 1, ...nobody, ...times, outcome: 'failed', byAgent: false, session: summary })
  return { sessionId: serviceSession.id, endedAt: now }
}

const OUTCOMES: Readonly<Record<string, LegOutcome>> = {
  'session.transfer': 'transferred',
  'work.diverted': 'diverted',
  'bot.replied': 'handed-off',
  'bot.posted': 'handed-off',
}

/** Why a leg is over although the session goes on. */
function outcomeOf({ input }: Watch, was: Session | null, { phase }: Session): LegOutcome {
  if (phase.status === 'paused') return 'upstream'
  if (input.kind === 'event') return OUTCOMES[input.name] ?? 'requeued'
  if (was?.phase.work.kind === 'bot') return 'handed-off'
  return was?.phase.status === 'inactive' ? 'resumed' : 'requeued'
}

/** Sees to it that the session is looked at when there may be something to say. Lazy: a timer that comes too early sets the next one. */
function withTimer({ input, effects }: Watch, tally: Tally): Tally {
  const wanted = tally.leg === null ? null : nextLook(tally.leg)
  const set = input.kind === 'timer' && input.name === TIMER ? null : tally.lookAt
  if (wanted === set || (wanted !== null && set !== null && set <= wanted)) return { ...tally, lookAt: set }
  effects.push(wanted === null ? { type: 'timer.cancel', name: TIMER } : { type: 'timer.set', name: TIMER, at: wanted })
  return { ...tally, lookAt: wanted }
}
