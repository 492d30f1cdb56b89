// Changes only the draft it is given. Drives one run from step to step until it waits, ends, hands off or fails.
import type { HandOff } from '@baton/router'
import { cappedUntil } from './cap.ts'
import { callAgain, callLater, makeCall, outcomeOf, signalOf } from './calling.ts'
import type { JourneyDefinition, QuietHours } from './definition/journey.ts'
import { quietUntil, zoneFor } from './local-time.ts'
import { STEP_KINDS } from './steps/catalogue.ts'
import type { Move, Next, Signal, StepKind, StepView } from './steps/step.ts'
import type { Run } from './state.ts'
import { renderAll } from './templates.ts'
import { definitionOf, finishRun, leftOf, mark, raiseAlarm, reasonToLeave, scopeOf, sendMessage, setContact, suspendRun } from './work.ts'
import type { Work } from './work.ts'

/** A run may enter so many steps on one input, and so may all runs together that steps start; more is a loop. */
const MOST_STEPS = 50

/** A refused question comes back at once, as an input of its own: a branch that asks on and on would never stop. */
const MOST_MISSES = 10

/** The run arrives at a step, and goes on from there. */
export function enterStep(work: Work, run: Run, name: string, isWelcome = work.live): void {
  let next = name
  // What follows a message at once is as welcome as the message was.
  for (let welcome = isWelcome; ; welcome ||= sends(work, run)) {
    const move = arrive(work, run, next, welcome)
    apply(work, run, move)
    if (move.next.kind !== 'goto') return settle(work, run, move.next, welcome)
    next = move.next.step
  }
}

function sends(work: Work, run: Run): boolean {
  const at = locate(work, run)
  return at?.kind.sends?.(at.step) !== undefined
}

/** Something happened while the run stood at its step. */
export function signalStep(work: Work, run: Run, signal: Signal): void {
  markSignal(work, run, signal)
  run.misses = signal.kind === 'undelivered' ? (run.misses ?? 0) + 1 : 0
  const welcome = work.live || ('call' in run.doing && run.doing.call?.welcome === true)
  const move: Move =
    run.misses > MOST_MISSES
      ? { next: { kind: 'fail', code: 'journey-loop', detail: { undelivered: MOST_MISSES } } }
      : respond(work, run, signal)
  apply(work, run, move)
  if (move.next.kind === 'goto') enterStep(work, run, move.next.step, welcome)
  else settle(work, run, move.next, welcome)
}

/** Notes what a signal says of the step the run stands at. That a message was not delivered is noted where it is reported. */
export function markSignal(work: Work, run: Run, signal: Signal): void {
  const { step, doing } = run
  if (signal.kind === 'reply') mark(work, run, 'replied', step, signal.match.kind === 'option' ? signal.match.option : 'valid')
  else if (signal.kind === 'invalid') mark(work, run, 'invalid', step)
  else if (signal.kind === 'event') mark(work, run, 'event', step, ...('event' in doing && doing.event !== undefined ? [doing.event] : []))
  else if (signal.kind === 'called') mark(work, run, 'called', step, outcomeOf(signal.result))
  // That a wait is over says no more than that the next step is entered.
  else if (signal.kind === 'timer' && (doing.kind === 'asking' || 'event' in doing)) mark(work, run, 'timed-out', step)
}

/** The run's timer is due: its step is entered now, or the event or call it waited for came meanwhile, or time is up. */
export function fireTimer(work: Work, run: Run): void {
  const { doing } = run
  if (doing.kind === 'waiting' && doing.enters === true) return enterStep(work, run, run.step)
  if (doing.kind === 'waiting' && doing.call !== undefined) {
    const signal = signalOf(doing.call)
    return signal === null ? callAgain(work, run, doing.call) : signalStep(work, run, signal)
  }
  signalStep(work, run, doing.kind === 'waiting' && doing.came !== undefined ? { kind: 'event', data: doing.came } : { kind: 'timer' })
}

/** What the step answers to a signal, without anything being done. */
export function respond(work: Work, run: Run, signal: Signal): Move {
  const at = locate(work, run)
  if (at === null || at.kind.receive === undefined) return { next: { kind: 'fail', code: 'journey-step-missing', detail: {} } }
  return at.kind.receive(at.step, viewOf(work, run, at.journey), signal)
}

function arrive(work: Work, run: Run, name: string, welcome: boolean): Move {
  if (countStep(work, run) > MOST_STEPS) return { next: { kind: 'fail', code: 'journey-loop', detail: { steps: MOST_STEPS } } }
  run.step = name
  run.since = work.context.now
  // What it asked or waited for before is over, also where this step leaves at once.
  run.doing = { kind: 'waiting', due: work.context.now }
  const at = locate(work, run)
  if (at === null) return { next: { kind: 'fail', code: 'journey-step-missing', detail: {} } }
  const reason = reasonToLeave(work, run)
  if (reason === 'goal') mark(work, run, 'converted', name, 'if')
  if (reason !== null) return { next: { kind: 'end', outcome: reason === 'goal' ? 'converted' : 'exited' } }
  const view = viewOf(work, run, at.journey)
  const { quietHours } = at.journey
  const until = welcome || quietHours === undefined || !sends(work, run) ? null : quietEnd(quietHours, view)
  if (until !== null) {
    mark(work, run, 'postponed', name)
    return { next: { kind: 'postpone', until } }
  }
  const capped = whereCapped(work, run, at)
  if (capped !== null) return capped
  mark(work, run, 'entered', name)
  return at.kind.enter(at.step, view)
}

// Journeys that start each other go round in ever new runs, so those have one count; an event that wakes twenty runs is no loop.
function countStep({ steps }: Work, run: Run): number {
  const counted = steps.has(run.id) ? run.id : ''
  const count = (steps.get(counted) ?? 0) + 1
  steps.set(counted, count)
  return count
}

/** What becomes of a message that would be one too many; null: it is none. */
function whereCapped(work: Work, run: Run, { journey, kind, step }: Place): Move | null {
  const { messageCap: cap, purpose } = journey
  if (cap === undefined || purpose !== 'marketing' || kind.sends?.(step) === undefined) return null
  const until = cappedUntil(cap, work)
  if (until === null) return null
  mark(work, run, 'capped', run.step, cap.otherwise)
  work.capped = {
    run: run.id,
    step: run.step,
    messages: cap.messages,
    per: cap.per,
    does: cap.otherwise,
    ...(cap.otherwise === 'wait' ? { until } : {}),
  }
  if (cap.otherwise === 'wait') return { next: { kind: 'postpone', until } }
  return cap.otherwise === 'end' || kind.skip === undefined ? { next: { kind: 'end', outcome: 'capped' } } : kind.skip(step)
}

function quietEnd(hours: QuietHours, { now, scope }: StepView): number | null {
  return quietUntil(hours, zoneFor(hours.zone, hours.fallbackZone, scope.contact), now)
}

interface Place {
  journey: JourneyDefinition
  kind: StepKind
  step: unknown
}

function locate(work: Work, run: Run): Place | null {
  const journey = definitionOf(work, run)
  const parsed = journey?.steps.get(run.step)
  const kind = parsed === undefined ? undefined : STEP_KINDS.get(parsed.kind)
  return journey === undefined || parsed === undefined || kind === undefined ? null : { journey, kind, step: parsed.step }
}

function viewOf(work: Work, run: Run, journey: JourneyDefinition): StepView {
  const { doing } = run
  const tries = 'prompt' in doing && doing.prompt !== null ? doing.prompt.tries : 0
  return {
    now: work.context.now,
    scope: scopeOf(work, run, journey),
    number: work.context.number,
    journey: run.journey,
    step: run.step,
    tries,
  }
}

function apply(work: Work, run: Run, move: Move): void {
  const journey = definitionOf(work, run)
  for (const alarm of move.alarms ?? []) raiseAlarm(work, run, alarm.code, alarm.detail)
  if (move.answers !== undefined) run.answers = { ...run.answers, ...move.answers }
  if (move.contact !== undefined) setContact(work, move.contact)
  if (move.starts !== undefined) work.starts.push({ ...move.starts, by: run.journey })
  if (journey !== undefined) for (const content of move.sends ?? []) sendMessage(work, run, journey, content)
}

function settle(work: Work, run: Run, next: Exclude<Next, { kind: 'goto' }>, welcome: boolean): void {
  const { now } = work.context
  if (next.kind === 'call') return makeCall(work, run, next.request, welcome)
  if (next.kind === 'callAgain') return callLater(run, next.at)
  if (next.kind === 'ask') return settleAsk(work, run, next)
  if (next.kind === 'handOff') return settleHandOff(work, run, next)
  if (next.kind === 'end') return finishRun(work, run, next.outcome)
  if (next.kind === 'fail') {
    raiseAlarm(work, run, next.code, next.detail)
    work.failed = { code: next.code, run }
    return finishRun(work, run, 'failed')
  }
  if (next.kind === 'postpone') {
    run.doing = { kind: 'waiting', due: next.until, enters: true }
    return
  }
  run.doing = { kind: 'waiting', due: Math.max(now, next.until), ...(next.event === undefined ? {} : { event: next.event }) }
}

function settleAsk(work: Work, run: Run, next: Extract<Next, { kind: 'ask' }>): void {
  const { now } = work.context
  const journey = definitionOf(work, run)
  if (journey === undefined) throw new Error(`run ${run.id} asks without a definition`)
  const ref = sendMessage(work, run, journey, next.content)
  const { options, accept, interruptible, tries, timeoutMs } = next
  run.doing = { kind: 'asking', prompt: { ref, at: now, tries, timeoutMs, options, accept, interruptible }, due: now + timeoutMs }
  run.asked = [...new Set([...run.asked, ...options.map((option) => option.id)])]
}

function settleHandOff(work: Work, run: Run, next: Extract<Next, { kind: 'handOff' }>): void {
  if (work.context.number.apps.service === undefined) {
    raiseAlarm(work, run, 'journey-no-service', { targets: next.targets })
    return finishRun(work, run, 'no-service')
  }
  mark(work, run, 'handed-off', run.step, next.reason)
  const { doing } = run
  // A question that was never delivered is asked anew on return; one that timed out gets its whole time again.
  const prompt = 'prompt' in doing && next.reason !== 'prompt-undelivered' ? doing.prompt : null
  const left = 'due' in doing ? leftOf(work, doing.due) : 'remaining' in doing ? doing.remaining : 0
  run.doing = { kind: 'handed-off', prompt, remaining: left > 0 ? left : (prompt?.timeoutMs ?? 0), onReturn: next.onReturn }
  work.handOff ??= handOffOf(work, run, next)
  for (const other of work.runs) suspendRun(work, other)
}

function handOffOf(work: Work, run: Run, next: Extract<Next, { kind: 'handOff' }>): HandOff {
  const journey = definitionOf(work, run)
  const note = next.note === null || journey === undefined ? null : renderAll(next.note, scopeOf(work, run, journey))
  // The customer must reach service even where the note cannot be written.
  if (note?.kind === 'unbound') raiseAlarm(work, run, 'journey-variable-unbound', { path: 'note', reason: note.reason })
  return {
    targets: next.targets,
    reason: next.reason,
    ...(note?.kind === 'ok' ? { note: note.value } : {}),
    answers: run.answers,
    journey: { id: run.journey, runId: run.id },
  }
}
