// Pure. The survey after a service session: one question, and its answer wherever it comes in. It holds nobody up: the session is over,
// marketing goes on, and whatever is no answer is decided as if there had been no question.
import { normaliseText } from '@baton/router'
import type { EngineContext, EngineEffect, EngineInput, EngineOutput, InboundMessage, OutgoingContent, Recognition } from '@baton/router'
import type { OmniConfig, QueueSettings } from '../config/settings.ts'
import type { OmniState, Session } from '../service/session.ts'
import type { Leg } from './leg.ts'

type Survey = NonNullable<QueueSettings['survey']>
type Open = NonNullable<NonNullable<OmniState['past']>['survey']>

const SYSTEM = { kind: 'system', id: 'omni' } as const
const SCORES = [1, 2, 3, 4, 5] as const

/** What is sent after a session whose last leg this is, and what is remembered of it; null: nothing is asked. */
export function askSurvey(session: Session, leg: Leg, context: EngineContext<OmniConfig>): { effect: EngineEffect; open: Open } | null {
  const survey = leg.queueId === null || leg.takenAt === null ? null : (context.config.queues.get(leg.queueId)?.survey ?? null)
  if (survey === null) return null
  const effect =
    survey.journey === null ? questionOf(survey, session.id, context.replyWindow.open) : journeyOf(survey.journey, session, leg)
  if (effect === null) return null
  return { effect, open: { journey: survey.journey, until: context.now + survey.withinMs, answered: false, thanks: survey.thanks } }
}

function questionOf({ question, button, labels, template }: Survey, sessionId: string, windowOpen: boolean): EngineEffect | null {
  const ref = `survey/${sessionId}`
  const send = (content: OutgoingContent, purpose: 'service' | 'utility'): EngineEffect => {
    return { type: 'message.send', ref, content, purpose, author: SYSTEM }
  }
  if (!windowOpen) return template === null ? null : send({ kind: 'template', ...template }, 'utility')
  if (question === null) return null
  const rows = SCORES.toReversed().map((score) => ({ id: `survey/${sessionId}/${score}`, title: labels?.[score - 1] ?? String(score) }))
  return send({ kind: 'list', body: question, button, sections: [{ rows }] }, 'service')
}

function journeyOf(journey: string, { id }: Session, { queueId, agentId }: Leg): EngineEffect {
  return { type: 'journey.request', journey, input: { session: id, queue: queueId, agent: agentId }, dedupe: `survey/${id}` }
}

interface Answer {
  sessionId: string
  /** Null: the question was asked. */
  score: number | null
  by: NonNullable<Recognition['survey']>
}

/** What a message means to the survey: the press of one of its answers at any time, or a number that is typed while it is open and nothing was
 * answered yet. */
export function recogniseSurvey(state: OmniState, message: InboundMessage, now: number): NonNullable<Recognition['survey']> | null {
  return answerIn(state, message, now)?.by ?? null
}

function answerIn({ past }: OmniState, { content, replyTo }: InboundMessage, now: number): Answer | null {
  const pressed = content.kind === 'reply' ? /^survey\/(.+)\/([1-5])$/.exec(content.id) : null
  if (pressed !== null) return { sessionId: String(pressed[1]), score: Number(pressed[2]), by: 'press' }
  const survey = past?.survey
  if (past === undefined || survey === undefined || now >= survey.until || survey.journey !== null) return null
  const text = content.kind === 'text' ? content.text : content.kind === 'reply' ? content.title : ''
  const score = Number(/^[1-5](?=$|\D)/.exec(normaliseText(text))?.[0] ?? Number.NaN)
  if (Number.isNaN(score)) return null
  if (replyTo === `ref:survey/${past.sessionId}`) return { sessionId: past.sessionId, score, by: 'press' }
  return survey.answered || content.kind !== 'text' || normaliseText(text).length > 1
    ? null
    : { sessionId: past.sessionId, score, by: 'typed' }
}

/** `notice`: a message that was decided as an answer; `noted`: what happened to journey runs. Anything else is left alone. */
export function hearAnswer(state: OmniState, input: EngineInput, context: EngineContext<OmniConfig>): EngineOutput<OmniState> {
  const unchanged: EngineOutput<OmniState> = { state, effects: [], verdict: { kind: 'handled' } }
  const answer = input.kind === 'notice' ? answerIn(state, input.message, context.now) : input.kind === 'noted' ? noted(state, input) : null
  if (answer === null) return unchanged
  const { sessionId, score } = answer
  const recorded = { ...unchanged, score: { sessionId, score, at: context.now } }
  const { past } = state
  if (score === null || past?.survey === undefined || past.sessionId !== sessionId) return recorded
  const { answered, thanks } = past.survey
  const now = { ...state, past: { ...past, survey: { ...past.survey, answered: true } } }
  if (answered || thanks === null || !context.replyWindow.open) return { ...recorded, state: now }
  const content = { kind: 'text', text: thanks } as const
  return {
    ...recorded,
    state: now,
    effects: [{ type: 'message.send', ref: `survey/${sessionId}/thanks`, content, purpose: 'service', author: SYSTEM }],
  }
}

/** A journey that asks may refuse to start, and has options called 1 to 5. */
function noted({ past }: OmniState, { trail }: Extract<EngineInput, { kind: 'noted' }>): Answer | null {
  if (past?.survey == null || past.survey.journey === null) return null
  const marks = trail.flatMap(({ journey, marks: all }) => (journey === past.survey?.journey ? all : []))
  const reply = marks.findLast(([what, , detail]) => what === 'replied' && /^[1-5]$/.test(detail ?? ''))
  const isAsked = reply !== undefined || marks.some(([what]) => what === 'started')
  return isAsked ? { sessionId: past.sessionId, score: reply === undefined ? null : Number(reply[2]), by: 'press' } : null
}
