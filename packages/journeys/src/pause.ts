// Changes only the draft it is given. What stops a run and lets it go on: service or upstream has the conversation, or the
// journey is paused. A paused journey sends nothing: what comes due waits, at most as long as `pause.maxAge` says.
import { enterStep, fireTimer, signalStep } from './drive.ts'
import { pauseOf } from './recognise.ts'
import type { Run } from './state.ts'
import { renderAll } from './templates.ts'
import { definitionOf, finishRun, later, raiseAlarm, scopeOf, sendMessage } from './work.ts'
import type { Work } from './work.ts'

type Paused = NonNullable<Run['paused']>

/** The conversation is marketing's again: every run goes on, as its step says. */
export function resume(work: Work): null {
  const { now } = work.context
  for (const run of work.runs) {
    const { doing } = run
    if (doing.kind === 'suspended' && doing.undelivered) {
      if (!keepWaiting(work, run, 'undelivered')) signalStep(work, run, { kind: 'undelivered' })
    } else if (doing.kind === 'suspended') wakeUp(run, doing, now + doing.remaining)
    else if (doing.kind === 'handed-off') comeBack(work, run, doing)
    // A hand-off on the way back takes the conversation away again; the rest stays as it is.
    if (work.handOff !== null) break
  }
  return null
}

type HandedOff = Extract<Run['doing'], { kind: 'handed-off' }>

function comeBack(work: Work, run: Run, doing: HandedOff): void {
  if (doing.onReturn === 'exit') return finishRun(work, run, 'handed-off')
  if (doing.onReturn === 'resume' && doing.prompt !== null) return wakeUp(run, doing, work.context.now + doing.remaining)
  if (!keepWaiting(work, run, 'return')) enterStep(work, run, doing.onReturn === 'resume' ? run.step : doing.onReturn.goto)
}

function wakeUp(run: Run, doing: Extract<Run['doing'], { kind: 'suspended' }> | HandedOff, due: number): void {
  const { prompt } = doing
  if (prompt !== null) run.doing = { kind: 'asking', prompt, due }
  else if (doing.kind === 'suspended') {
    const { prompt: _prompt, remaining: _remaining, undelivered: _undelivered, ...waiting } = doing
    run.doing = { ...waiting, kind: 'waiting', due }
  }
}

/** Whether the run has to wait with this because its journey is paused; the first thing that has to wait is kept. */
export function keepWaiting(work: Work, run: Run, signal: NonNullable<Paused['signal']>): boolean {
  const pause = pauseOf(run, work.context.config)
  if (pause === null) return false
  run.paused ??= { until: work.context.now + pause.maxAge, signal }
  if (run.doing.kind === 'waiting') run.doing = { ...run.doing, ...later(run.doing) }
  return true
}

/** A reply has to wait. It goes before a time-out that came first: the customer answered before anybody acted on it. */
export function keepReply(work: Work, run: Run): void {
  const pause = pauseOf(run, work.context.config)
  const journey = definitionOf(work, run)
  if (pause === null || journey === undefined || run.paused?.signal === null) return
  run.paused = { until: work.context.now + pause.maxAge, signal: null }
  if (pause.reply === undefined) return
  const said = renderAll(pause.reply, scopeOf(work, run, journey))
  if (said.kind === 'ok') sendMessage(work, run, journey, { kind: 'text', text: said.value })
  else raiseAlarm(work, run, 'journey-variable-unbound', { path: 'pause.reply', reason: said.reason })
}

/** Looks again at what had to wait: it happens now, goes on waiting, or has waited too long. */
export function refresh(work: Work): null {
  for (const run of work.runs) {
    const { paused } = run
    if (paused === undefined) continue
    if (pauseOf(run, work.context.config) === null) goOn(work, run, paused)
    else if (paused.until <= work.context.now) {
      raiseAlarm(work, run, 'journey-paused-too-long', { waitedFor: paused.signal ?? 'reply' })
      finishRun(work, run, 'paused-too-long')
    }
    if (work.handOff !== null) break
  }
  return null
}

function goOn(work: Work, run: Run, { signal }: Paused): void {
  delete run.paused
  // Replies are the router's to bring.
  if (signal === null) return
  if (signal === 'timer') return fireTimer(work, run)
  if (signal === 'undelivered') return signalStep(work, run, { kind: 'undelivered' })
  if (run.doing.kind === 'handed-off') comeBack(work, run, run.doing)
}
