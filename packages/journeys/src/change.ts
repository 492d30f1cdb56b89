// Changes only the draft it is given. Somebody ends a run, or moves it to another step: a repetition finds it done.
import type { EngineInput, RunChange } from '@baton/router'
import { enterStep } from './drive.ts'
import { staysAt } from './migration.ts'
import { pauseOf } from './recognise.ts'
import type { Refusal } from './start.ts'
import type { Run } from './state.ts'
import { definitionOf, finishRun, mark } from './work.ts'
import type { Work } from './work.ts'

export function changeRun(work: Work, { run: id, change }: Extract<EngineInput, { kind: 'change' }>): Refusal | null {
  const run = work.runs.find((each) => each.id === id)
  if (run === undefined) {
    if (change.kind === 'migrate') return { code: 'journey-run-elsewhere', detail: 'over' }
    const over = work.finished.find((each) => each.id === id)
    if (over === undefined) return { code: 'journey-run-unknown', detail: id }
    return change.kind === 'exit' ? null : { code: 'journey-run-over', detail: over.outcome }
  }
  if (change.kind === 'exit') {
    finishRun(work, run, 'exited')
    return null
  }
  if (change.kind === 'migrate') return migrate(work, run, change)
  if (run.step !== change.from) return run.step === change.to ? null : { code: 'journey-run-elsewhere', detail: run.step }
  if (definitionOf(work, run)?.steps.has(change.to) !== true) return { code: 'journey-run-step-unknown', detail: change.to }
  mark(work, run, 'moved', change.to, change.from)
  goTo(work, run, change.to)
  return null
}

/** What is read beforehand, by the plan, happens: a run that stays keeps its question and its time. */
function migrate(work: Work, run: Run, { from, to }: Extract<RunChange, { kind: 'migrate' }>): Refusal | null {
  if (run.version === to.version && run.step === to.step) return null
  if (run.version !== from.version || run.step !== from.step) return { code: 'journey-run-elsewhere', detail: run.step }
  // Where it comes back to is written in its own version.
  if (run.doing.kind === 'handed-off') return { code: 'journey-run-handed-off' }
  const { versions } = work.context.config
  const [before, after] = [versions.get(from.version), versions.get(to.version)]
  if (before === undefined || after?.journey !== run.journey || !after.steps.has(to.step))
    return { code: 'journey-run-step-unknown', detail: to.step }
  mark(work, run, 'left', from.step, to.version)
  run.version = to.version
  mark(work, run, 'migrated', to.step, from.step)
  if (staysAt(before, from.step, after, to.step)) run.step = to.step
  else goTo(work, run, to.step)
  return null
}

/** Enters a step now, or when the conversation and the journey go on. */
function goTo(work: Work, run: Run, step: string): void {
  const { now, config } = work.context
  const pause = pauseOf(run, config)
  const away = run.doing.kind === 'suspended' || run.doing.kind === 'handed-off'
  if (!away && pause === null) return enterStep(work, run, step)
  run.step = step
  run.since = now
  run.doing = away
    ? { kind: 'suspended', prompt: null, remaining: 0, undelivered: false, enters: true }
    : { kind: 'waiting', due: now, enters: true }
  if (pause !== null && !away) run.paused = { until: run.paused?.until ?? now + pause.maxAge, signal: 'timer' }
}
