// Changes only the draft it is given. A run begins: by a message, the API, a campaign, an event, or a step of another journey.
import type { Author } from '@baton/router'
import { MOST_CAPPED } from './definition/journey.ts'
import { enterStep } from './drive.ts'
import type { ErrorCode } from './errors.ts'
import { startRefusal } from './recognise.ts'
import { missingInput } from './startable.ts'
import type { Run } from './state.ts'
import { finishRun, mark, raiseAlarm, stateOf } from './work.ts'
import type { Work } from './work.ts'

export interface Refusal {
  code: ErrorCode
  detail?: string
}

/** Starts the newest version of a journey, or says why it may not start. */
export function startRun(
  work: Work,
  wish: { journey: string; by: Author; input?: Record<string, unknown>; supersede?: boolean },
): Refusal | null {
  const { context } = work
  const journey = context.config.journeys.get(wish.journey)
  if (journey === undefined) return { code: 'journey-unknown', detail: wish.journey }
  const brought = wish.by.kind !== 'customer' && !work.live
  const refusal = startRefusal(journey, stateOf(work), context, brought)
  if (refusal !== null) return { code: refusal, detail: journey.journey }
  const given = wish.input ?? {}
  const missing = missingInput(journey, given)
  if (missing.length > 0) return { code: 'journey-input-missing', detail: missing.join(', ') }
  if (wish.supersede === true) supersede(work, journey.journey)
  const run: Run = {
    id: context.newId('ru'),
    journey: journey.journey,
    version: journey.version,
    step: journey.start,
    by: wish.by,
    startedAt: context.now,
    input: given,
    answers: {},
    sent: 0,
    asked: [],
    doing: { kind: 'waiting', due: context.now },
  }
  work.runs = [...work.runs, run]
  if (brought && journey.purpose === 'marketing') work.brought = [...work.brought, context.now].slice(-MOST_CAPPED)
  mark(work, run, 'started', journey.start, wish.by.kind)
  work.entered = { ...work.entered, [journey.journey]: context.now }
  enterStep(work, run, journey.start)
  return null
}

// Whoever waits for a reply makes way, and so does an earlier run of the same journey. A run that lets time pass goes on.
function supersede(work: Work, journey: string): void {
  for (const run of work.runs) {
    const asks = 'prompt' in run.doing && run.doing.prompt !== null
    if (run.doing.kind !== 'handed-off' && (asks || run.journey === journey)) finishRun(work, run, 'superseded')
  }
}

/** Starts what steps asked for; the run that asked has come to rest. Two journeys that start each other stop at the limit of steps. */
export function startWanted(work: Work): null {
  for (let wish = work.starts.shift(); wish !== undefined; wish = work.starts.shift()) {
    const { journey, by } = wish
    const refusal: Refusal | null =
      work.handOff === null
        ? startRun(work, { journey, input: wish.input, by: { kind: 'journey', id: by } })
        : { code: 'journey-handed-off' }
    if (refusal !== null)
      raiseAlarm(work, { journey: by }, 'journey-not-startable', { starts: journey, reason: refusal.code, detail: refusal.detail })
  }
  return null
}
