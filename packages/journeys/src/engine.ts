// Pure. The marketing brain: what happens to the runs of one conversation on each kind of input.
import type { Engine, EngineContext, EngineInput, EngineOutput, HandOff, Participant, Verdict } from '@baton/router'
import { attribute, openQuestions, quotedRef } from './claim.ts'
import type { JourneysConfig } from './compile.ts'
import { enterStep, respond, signalStep } from './drive.ts'
import { ERRORS } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import { keepReply, keepWaiting, refresh, resume } from './pause.ts'
import { isPublished, pauseOf, recognise, startRefusal } from './recognise.ts'
import { initialState, stateSchema } from './state.ts'
import type { JourneysState, Run } from './state.ts'
import { closeWork, finishRun, openWork, PAUSED_TIMER, raiseAlarm, suspendRun } from './work.ts'
import type { Work } from './work.ts'

/** The built-in marketing engine. */
export function createJourneysEngine(): Engine<JourneysState, JourneysConfig> {
  return { name: 'journeys', side: 'marketing', stateSchema, initialState, recognise, receive, participant }
}

type Input<K extends EngineInput['kind']> = Extract<EngineInput, { kind: K }>
interface Refusal {
  code: ErrorCode
  detail?: string
}

function receive(state: JourneysState, input: EngineInput, context: EngineContext<JourneysConfig>): EngineOutput<JourneysState> {
  const work = openWork(state, context, input.kind === 'timer' ? input.name : null)
  exitUnpublished(work)
  const refusal = handle(work, input)
  if (refusal !== null) {
    const message = refusal.detail === undefined ? ERRORS[refusal.code] : `${ERRORS[refusal.code]} (${refusal.detail})`
    return { state, effects: [], verdict: { kind: 'refused', code: refusal.code, message } }
  }
  const verdict = verdictOf(work, input)
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
  return { code: 'journey-input-unsupported', detail: input.kind === 'event' ? input.name : input.kind }
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
  const { context } = work
  const journey = context.config.journeys.get(input.entry)
  if (journey === undefined) return { code: 'journey-unknown', detail: input.entry }
  const refusal = startRefusal(journey, stateOf(work), context)
  if (refusal !== null) return { code: refusal, detail: journey.journey }
  const given = input.input ?? {}
  const missing = journey.input.filter((name) => given[name] === undefined || given[name] === null || given[name] === '')
  if (missing.length > 0) return { code: 'journey-input-missing', detail: missing.join(', ') }
  if (input.supersede === true) supersede(work, journey.journey)
  const run: Run = {
    id: context.newId('ru'),
    journey: journey.journey,
    version: journey.version,
    step: journey.start,
    by: input.by,
    startedAt: context.now,
    input: given,
    answers: {},
    sent: 0,
    asked: [],
    doing: { kind: 'waiting', due: context.now },
  }
  work.runs = [...work.runs, run]
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

function yieldTo(work: Work, input: Input<'yield'>): Refusal | null {
  if (input.reason === 'superseded') {
    for (const run of work.runs) finishRun(work, run, 'superseded')
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

// Service has the conversation and heard the answer: the run keeps it and stops reminding.
function notice(work: Work, input: Input<'notice'>): Refusal | null {
  const { claim } = attribute(stateOf(work), input.message)
  if (claim === null || claim.match.kind === 'invalid') return null
  const { answers } = respond(work, claim.run, { kind: 'reply', match: claim.match })
  claim.run.answers = { ...claim.run.answers, ...answers }
  finishRun(work, claim.run, 'answered-in-service')
  return null
}

function timer(work: Work, input: Input<'timer'>): Refusal | null {
  if (input.name === PAUSED_TIMER) return refresh(work)
  const run = work.runs.find((each) => each.id === input.name)
  // A timer that was moved or cancelled while this one was on its way.
  if (run === undefined || !('due' in run.doing) || run.doing.due > input.due) return null
  if (!keepWaiting(work, run, 'timer')) signalStep(work, run, { kind: 'timer' })
  return null
}

function sendFailed(work: Work, input: Input<'sendFailed'>): Refusal | null {
  const run = work.runs.find((each) => 'prompt' in each.doing && each.doing.prompt?.ref === input.ref)
  if (run?.doing.kind === 'asking' && !keepWaiting(work, run, 'undelivered')) signalStep(work, run, { kind: 'undelivered' })
  else if (run?.doing.kind === 'suspended') run.doing = { ...run.doing, undelivered: true }
  return null
}

// A reply that the router keeps while the journey is paused.
function hold(work: Work, input: Input<'hold'>): Refusal | null {
  const { claim } = attribute(stateOf(work), input.message)
  if (claim === null || claim.run.id !== input.recognition.reply.holder) return { code: 'journey-not-waiting' }
  keepReply(work, claim.run)
  return null
}

function stateOf(work: Work): JourneysState {
  return { version: 1, runs: work.runs, finished: work.finished, entered: work.entered }
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
