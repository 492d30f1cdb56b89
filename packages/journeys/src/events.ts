// Changes only the draft it is given. What happened elsewhere (an order was paid): runs that wait for it go on, runs that it makes
// pointless exit at once, and the journeys that it starts are named to the router, which decides who owns the conversation. And what came of a
// call that a run made.
import type { EngineInput } from '@baton/router'
import type { CallResult } from './calls/result.ts'
import type { JourneyDefinition } from './definition/journey.ts'
import { fireTimer } from './drive.ts'
import { keepWaiting } from './pause.ts'
import { startRefusal } from './recognise.ts'
import type { Refusal } from './start.ts'
import type { Run } from './state.ts'
import { STEP_KINDS } from './steps/catalogue.ts'
import { convertRun, definitionOf, finishRun, mark, reasonToLeave, stateOf } from './work.ts'
import type { Work } from './work.ts'

/** The customer's opt-in is an event like any other; the router reports it. */
const OPT_IN = 'consent.given'

export function takeEvent(work: Work, { name, data }: Extract<EngineInput, { kind: 'event' }>): Refusal | null {
  const { config } = work.context
  if (name !== OPT_IN && ![...config.versions.values()].some((journey) => namesEvent(journey, name)))
    return { code: 'journey-event-unknown', detail: name }
  for (const run of work.runs) {
    const journey = definitionOf(work, run)
    if (journey?.goal?.events?.includes(name) === true) convertRun(work, run, name)
    else if (journey?.exit?.events?.includes(name) === true) finishRun(work, run, 'exited')
    else if ('event' in run.doing && run.doing.event === name) arrive(work, run, data)
  }
  work.finished = work.finished.map((run) => convertLate(work, run, name))
  return null
}

// A run that was over before its goal was met: the event may still come in time.
function convertLate(work: Work, over: Work['finished'][number], name: string): Work['finished'][number] {
  const { goal, version, ...rest } = over
  if (goal === undefined || version === undefined || goal.until < work.context.now) return over
  if (work.context.config.versions.get(version)?.goal?.events?.includes(name) !== true) return over
  mark(work, { ...rest, version }, 'converted', goal.step, name)
  return { ...rest, version }
}

function arrive(work: Work, run: Run, data: Record<string, unknown>): void {
  const { doing } = run
  // Service or upstream has the conversation: the event is noticed when it comes back.
  if (doing.kind === 'suspended') run.doing = { ...doing, came: data, remaining: 0 }
  if (doing.kind !== 'waiting') return
  run.doing = { ...doing, came: data, due: work.context.now }
  if (!keepWaiting(work, run, 'timer')) fireTimer(work, run)
}

/** A call came back. Whoever made it may have gone elsewhere, or have called again meanwhile: then nobody waits for it any more. */
export function takeResult(work: Work, { callId, result }: { callId: string; result: CallResult }): null {
  const run = work.runs.find(({ doing }) => 'call' in doing && doing.call?.id === callId)
  const doing = run?.doing
  if (run === undefined || doing === undefined || !('call' in doing) || doing.call === undefined) return null
  const call = { ...doing.call, result }
  if (doing.kind === 'suspended') run.doing = { ...doing, call, remaining: 0 }
  if (doing.kind !== 'waiting') return null
  run.doing = { ...doing, call, due: work.context.now }
  if (!keepWaiting(work, run, 'timer')) fireTimer(work, run)
  return null
}

/** The journeys that an event starts, the most important first. */
export function entriesOf(work: Work, name: string): string[] {
  return [...work.context.config.journeys.values()]
    .filter((journey) => journey.entry.event === name && startRefusal(journey, stateOf(work), work.context, true) === null)
    .toSorted((a, b) => b.entry.priority - a.entry.priority || (a.journey < b.journey ? -1 : 1))
    .map((journey) => journey.journey)
}

function namesEvent(journey: JourneyDefinition, name: string): boolean {
  const { entry, exit, goal } = journey
  if (entry.event === name || exit?.events?.includes(name) === true || goal?.events?.includes(name) === true) return true
  return [...journey.steps.values()].some(({ kind, step }) => STEP_KINDS.get(kind)?.listens?.(step) === name)
}

/** Runs whose goal is met, or whose exit condition holds, leave at once, wherever they are. */
export function exitWhereMet(work: Work): void {
  for (const run of work.runs) {
    const reason = reasonToLeave(work, run)
    if (reason === 'goal') convertRun(work, run, 'if')
    else if (reason === 'exit') finishRun(work, run, 'exited')
  }
}
