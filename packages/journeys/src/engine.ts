// Pure. The marketing brain: what happens to the runs of one conversation on each kind of input.
import type { Engine, EngineContext, EngineInput, EngineOutput, HandOff, Participant, Purpose, Verdict } from '@baton/router'
import { attribute, openQuestions, quotedRef } from './claim.ts'
import { changeRun } from './change.ts'
import { resultOfEvent } from './calls/result.ts'
import type { JourneysConfig } from './compile.ts'
import { fireTimer, markSignal, respond, signalStep } from './drive.ts'
import { entriesOf, exitWhereMet, takeEvent, takeResult } from './events.ts'
import { ERRORS } from './errors.ts'
import { keepReply, keepWaiting, refresh, resume } from './pause.ts'
import { listRuns } from './listing.ts'
import { isPublished, pauseOf, recognise } from './recognise.ts'
import { startRun, startWanted } from './start.ts'
import type { Refusal } from './start.ts'
import { initialState, stateSchema } from './state.ts'
import type { JourneysState, Run } from './state.ts'
import { closeWork, finishRun, mark, openWork, PAUSED_TIMER, raiseAlarm, stateOf, suspendRun } from './work.ts'
import type { Work } from './work.ts'

/** The built-in marketing engine. */
export function createJourneysEngine(): Engine<JourneysState, JourneysConfig> {
  return { name: 'journeys', side: 'marketing', stateSchema, initialState, recognise, receive, participant, runs: listRuns, purposeOf }
}

type Input<K extends EngineInput['kind']> = Extract<EngineInput, { kind: K }>

function receive(state: JourneysState, input: EngineInput, context: EngineContext<JourneysConfig>): EngineOutput<JourneysState> {
  const live = input.kind === 'message' || (input.kind === 'start' && input.message !== undefined)
  const work = openWork(state, context, { fired: input.kind === 'timer' ? input.name : null, live })
  exitUnpublished(work)
  exitWhereMet(work)
  const refusal = handle(work, input) ?? startWanted(work)
  if (refusal !== null) {
    const message = refusal.detail === undefined ? ERRORS[refusal.code] : `${ERRORS[refusal.code]} (${refusal.detail})`
    return { state, effects: [], verdict: { kind: 'refused', code: refusal.code, message } }
  }
  const entries = input.kind === 'event' && resultOfEvent(input) === null ? entriesOf(work, input.name) : []
  const verdict: Verdict = entries.length > 0 ? startsBy(work, entries) : verdictOf(work, input)
  return { ...closeWork(work), verdict }
}

function handle(work: Work, input: EngineInput): Refusal | null {
  if (input.kind === 'message') return takeMessage(work, input)
  if (input.kind === 'start') return start(work, input)
  if (input.kind === 'yield') return yieldTo(work, input)
  if (input.kind === 'resume') return resume(work)
  if (input.kind === 'hold') return hold(work, input)
  if (input.kind === 'refresh') return refresh(work)
  if (input.kind === 'withdraw') return withdraw(work)
  if (input.kind === 'notice') return notice(work, input)
  if (input.kind === 'timer') return timer(work, input)
  if (input.kind === 'sendFailed') return sendFailed(work, input)
  if (input.kind === 'change') return changeRun(work, input)
  if (input.kind === 'event') {
    const called = resultOfEvent(input)
    return called === null ? takeEvent(work, input) : takeResult(work, called)
  }
  return { code: 'journey-input-unsupported', detail: input.kind }
}

// A deleted journey exits its runs. A missing version is a fault of whoever published: somebody should know.
function exitUnpublished(work: Work): void {
  const { config } = work.context
  for (const run of work.runs.filter((each) => !isPublished(each, config))) {
    const deleted = !config.journeys.has(run.journey)
    if (!deleted) raiseAlarm(work, run, 'journey-version-missing', { version: run.version })
    finishRun(work, run, deleted ? 'journey-deleted' : 'failed')
  }
}

function takeMessage(work: Work, input: Input<'message'>): Refusal | null {
  const { claim } = attribute(stateOf(work), input.message)
  const holder = input.recognition.reply.holder
  if (claim === null || (holder !== undefined && holder !== claim.run.id)) return { code: 'journey-not-waiting' }
  if (pauseOf(claim.run, work.context.config) !== null) return { code: 'journey-paused', detail: claim.run.journey }
  // A second tap on a button the run has already gone past answers nothing, and is no mistake to be told about.
  const secondTap = input.recognition.stale === true && quotedRef(input.message)?.startsWith(`${claim.run.id}/`) === true
  if (claim.match.kind !== 'invalid') signalStep(work, claim.run, { kind: 'reply', match: claim.match })
  else if (!secondTap) signalStep(work, claim.run, { kind: 'invalid' })
  return null
}

function start(work: Work, input: Input<'start'>): Refusal | null {
  return startRun(work, { ...input, journey: input.entry })
}

function yieldTo(work: Work, input: Input<'yield'>): Refusal | null {
  if (input.reason === 'superseded' || input.reason === 'merged') {
    for (const run of work.runs) finishRun(work, run, input.reason)
    return null
  }
  const holder = input.reason === 'support-request' ? openQuestions(work.runs)[0] : undefined
  if (holder !== undefined) signalStep(work, holder.run, { kind: 'support' })
  for (const run of work.runs) suspendRun(work, run)
  return null
}

function withdraw(work: Work): Refusal | null {
  for (const run of work.runs) finishRun(work, run, 'withdrawn')
  return null
}

// Service has the conversation and heard the answer: the run keeps it and stops reminding. What is only typed is said to the agent,
// however well it would answer: a question that takes any text would take all of the talk.
function notice(work: Work, input: Input<'notice'>): Refusal | null {
  const { claim } = attribute(stateOf(work), input.message)
  if (claim === null || claim.match.kind === 'invalid') return null
  if (claim.evidence !== 'quoted' && claim.evidence !== 'payload') return null
  const signal = { kind: 'reply', match: claim.match } as const
  const { answers } = respond(work, claim.run, signal)
  markSignal(work, claim.run, signal)
  claim.run.answers = { ...claim.run.answers, ...answers }
  finishRun(work, claim.run, 'answered-in-service')
  return null
}

function timer(work: Work, input: Input<'timer'>): Refusal | null {
  if (input.name === PAUSED_TIMER) return refresh(work)
  const run = work.runs.find((each) => each.id === input.name)
  // A timer that was moved or cancelled while this one was on its way.
  if (run === undefined || !('due' in run.doing) || run.doing.due > input.due) return null
  if (!keepWaiting(work, run, 'timer')) fireTimer(work, run)
  return null
}

function sendFailed(work: Work, input: Input<'sendFailed'>): Refusal | null {
  markUndelivered(work, input)
  const run = work.runs.find((each) => 'prompt' in each.doing && each.doing.prompt?.ref === input.ref)
  if (run?.doing.kind === 'asking' && !keepWaiting(work, run, 'undelivered')) signalStep(work, run, { kind: 'undelivered' })
  else if (run?.doing.kind === 'suspended') run.doing = { ...run.doing, undelivered: true }
  return null
}

// Also of a run that has gone on, or ended: the results count it at the step that sent it.
function markUndelivered(work: Work, { ref, code }: Input<'sendFailed'>): void {
  const [id = '', step] = ref.split('/')
  const run = [...work.runs, ...work.finished].find((each) => each.id === id)
  if (run?.version === undefined || step === undefined) return
  mark(work, { id, journey: run.journey, version: run.version }, 'undelivered', step, code)
}

// A reply that the router keeps while the journey is paused.
function hold(work: Work, input: Input<'hold'>): Refusal | null {
  const { claim } = attribute(stateOf(work), input.message)
  if (claim === null || claim.run.id !== input.recognition.reply.holder) return { code: 'journey-not-waiting' }
  keepReply(work, claim.run)
  return null
}

function verdictOf(work: Work, input: EngineInput): Verdict {
  if (input.kind === 'notice' || input.kind === 'hold') return { kind: 'handled' }
  if (input.kind === 'withdraw') return { kind: 'ended', outcome: 'withdrawn', by: 'customer' }
  if (work.handOff !== null) return { kind: 'handOff', handOff: work.handOff }
  if (work.failed !== null) {
    const handOff = afterFailure(work, work.failed.run, input)
    if (handOff !== null) return { kind: 'handOff', handOff }
    if (work.runs.length === 0) return { kind: 'error', reason: work.failed.code, next: null }
  }
  if (work.runs.length > 0 || (work.ended === null && input.kind !== 'resume')) return { kind: 'handled' }
  return { kind: 'ended', outcome: work.ended?.outcome ?? 'nothing-waiting', by: 'journey' }
}

// A run that went on by the same event may have given the conversation away; that comes first.
function startsBy({ handOff }: Work, entries: string[]): Verdict {
  return { kind: 'start', entries, ...(handOff === null ? {} : { handOff }) }
}

// A customer who has just written is not left without an answer: service takes over where it is connected.
function afterFailure(work: Work, run: Run, input: EngineInput): HandOff | null {
  const wrote = (input.kind === 'message' || input.kind === 'start') && input.message !== undefined
  const { apps, serviceSessions } = work.context.number
  if (!wrote || apps.service === undefined) return null
  for (const other of work.runs) suspendRun(work, other)
  return { targets: serviceSessions.entry, reason: 'journey-failed', answers: run.answers, journey: { id: run.journey, runId: run.id } }
}

function participant(state: JourneysState, context: EngineContext<JourneysConfig>): Participant | null {
  const works = (run: Run): boolean => run.doing.kind !== 'handed-off' || run.paused !== undefined
  const run = openQuestions(state.runs)[0]?.run ?? state.runs.findLast(works)
  if (run === undefined) return null
  return { kind: 'journey', id: run.journey, name: context.config.versions.get(run.version)?.name ?? run.journey }
}

function purposeOf(entry: string, config: JourneysConfig): Purpose | null {
  return config.journeys.get(entry)?.purpose ?? null
}
