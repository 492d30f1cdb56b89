// Owns the draft of one input's result: the runs as they change, and the effects in order. It lives for one call of the
// engine and is never shared, so the engine stays pure outside. Invariants: W1 an effect is recorded in the order it was
// meant; W2 timers are not recorded as they change but read off the runs at the end, so a run's timer always agrees with it.
import { withAttributes } from '@baton/router'
import type { EngineContext, EngineEffect, EngineOutput, HandOff, OutgoingContent, RunMark, RunTrail } from '@baton/router'
import { refOf } from './claim.ts'
import type { JourneysConfig } from './compile.ts'
import { evaluate } from './conditions.ts'
import type { JourneyDefinition } from './definition/journey.ts'
import type { ErrorCode } from './errors.ts'
import { KEPT_FINISHED } from './state.ts'
import type { Call, JourneysState, Run } from './state.ts'
import type { Scope } from './templates.ts'

export interface Work {
  context: EngineContext<JourneysConfig>
  /** Changed in place; they are copies. */
  runs: Run[]
  finished: JourneysState['finished']
  entered: JourneysState['entered']
  brought: number[]
  /** The customer has just written: what is said now is an answer, at any hour. */
  live: boolean
  effects: EngineEffect[]
  /** Journeys that steps want started, and by which. */
  starts: { journey: string; input: Record<string, unknown>; by: string }[]
  /** The last message that was one too many, for people. */
  capped: Record<string, unknown> | null
  /** Steps entered so far on this input, by run; under '' those of all runs that begin with it. */
  steps: Map<string, number>
  /** The contact as the effects so far leave it. */
  attributes: Record<string, unknown>
  tags: string[]
  handOff: HandOff | null
  /** What happened to each run, and version of it. */
  trail: RunTrail[]
  /** The last run that ended, and why. */
  ended: { outcome: string } | null
  failed: { code: ErrorCode; run: Run } | null
  armed: Map<string, number>
}

/** `fired`: the timer that brought the input; it exists no more. */
export function openWork(
  state: JourneysState,
  context: EngineContext<JourneysConfig>,
  { fired, live }: { fired: string | null; live: boolean },
): Work {
  const runs = state.runs.map((run) => ({ ...run }))
  const armed = timersOf(runs)
  if (fired !== null) armed.delete(fired)
  return {
    context,
    runs,
    finished: state.finished,
    entered: state.entered,
    brought: state.brought ?? [],
    live,
    effects: [],
    starts: [],
    capped: null,
    steps: new Map(runs.map((run) => [run.id, 0])),
    attributes: context.contact.attributes,
    tags: context.contact.tags,
    handOff: null,
    trail: [],
    ended: null,
    failed: null,
    armed,
  }
}

/** The runs as they are at the moment. */
export function stateOf(work: Work): JourneysState {
  const { runs, finished, entered, brought } = work
  return { version: 1, runs, finished, entered, ...(brought.length === 0 ? {} : { brought }) }
}

/** The next state and everything to be done. Timers come first: a send that is refused at once comes back as an input of its
 * own while the rest is still being carried out, and what that one does to the timers must stand. */
export function closeWork(work: Work): Omit<EngineOutput<JourneysState>, 'verdict'> {
  const wanted = timersOf(work.runs)
  const set = [...wanted]
    .filter(([name, at]) => work.armed.get(name) !== at)
    .map(([name, at]) => ({ type: 'timer.set' as const, name, at }))
  const cancel = [...work.armed.keys()].filter((name) => !wanted.has(name)).map((name) => ({ type: 'timer.cancel' as const, name }))
  return {
    state: stateOf(work),
    effects: [...cancel, ...set, ...work.effects],
    ...(work.trail.length === 0 ? {} : { trail: work.trail }),
    ...(work.capped === null ? {} : { because: { rule: 'message-capped', inputs: { capped: work.capped } } }),
  }
}

/** The timer of everything that a pause keeps waiting. */
export const PAUSED_TIMER = 'paused'

function timersOf(runs: readonly Run[]): Map<string, number> {
  const own = runs.flatMap((run): [string, number][] => ('due' in run.doing && run.paused === undefined ? [[run.id, run.doing.due]] : []))
  const kept = runs.flatMap((run) => (run.paused === undefined ? [] : [run.paused.until]))
  return new Map(kept.length === 0 ? own : [...own, [PAUSED_TIMER, Math.min(...kept)]])
}

export function definitionOf(work: Work, run: Run): JourneyDefinition | undefined {
  return work.context.config.versions.get(run.version)
}

/** Sends a message of the run; the ref it goes by. */
export function sendMessage(work: Work, run: Run, journey: JourneyDefinition, content: OutgoingContent): string {
  const ref = refOf(run)
  run.sent += 1
  work.effects.push({ type: 'message.send', ref, content, purpose: journey.purpose, author: { kind: 'journey', id: run.journey } })
  return ref
}

export function raiseAlarm(work: Work, run: Pick<Run, 'journey'> & Partial<Run>, code: ErrorCode, detail: Record<string, unknown>): void {
  const { journey, id, step } = run
  work.effects.push({ type: 'alarm.raise', code, detail: { journey, ...(id === undefined ? {} : { run: id, step }), ...detail } })
}

export function setContact(work: Work, change: { attributes?: Record<string, unknown>; addTags?: string[]; removeTags?: string[] }): void {
  work.effects.push({ type: 'contact.set', ...change })
  work.attributes = withAttributes(work.attributes, change.attributes).attributes
  work.tags = [...new Set([...work.tags, ...(change.addTags ?? [])])].filter((tag) => change.removeTags?.includes(tag) !== true)
}

/** Notes what happened to a run, for its history and the results. */
export function mark(work: Work, run: Pick<Run, 'id' | 'journey' | 'version'>, ...what: RunMark): void {
  const trail = work.trail.find((each) => each.run === run.id && each.version === run.version)
  if (trail === undefined) work.trail.push({ run: run.id, journey: run.journey, version: run.version, marks: [what] })
  else trail.marks.push(what)
}

export function finishRun(work: Work, run: Run, outcome: string): void {
  mark(work, run, 'ended', run.step, outcome)
  work.runs = work.runs.filter((each) => each.id !== run.id)
  const { id, journey, version } = run
  const entry = { id, journey, version, outcome, at: work.context.now, ...goalOf(work, run, outcome), options: run.asked }
  work.finished = [...work.finished, entry].slice(-KEPT_FINISHED)
  work.ended = { outcome }
}

/** The run has met its goal, by an event or (`if`) its condition. */
export function convertRun(work: Work, run: Run, by: string): void {
  mark(work, run, 'converted', run.step, by)
  finishRun(work, run, 'converted')
}

/** Whether the run's goal is met, or else its exit condition. */
export function reasonToLeave(work: Work, run: Run): 'goal' | 'exit' | null {
  const journey = definitionOf(work, run)
  const holds = (key: 'goal' | 'exit'): boolean => {
    const condition = journey?.[key]?.if
    return journey !== undefined && condition !== undefined && evaluate(condition, scopeOf(work, run, journey)).holds
  }
  return holds('goal') ? 'goal' : holds('exit') ? 'exit' : null
}

function goalOf(work: Work, run: Run, outcome: string): { goal?: { until: number; step: string } } {
  const within = definitionOf(work, run)?.goal?.within
  return within === undefined || outcome === 'converted' ? {} : { goal: { until: work.context.now + within, step: run.step } }
}

/** Service or upstream takes the conversation: the run stops where it is, and its timer with it. */
export function suspendRun(work: Work, run: Run): void {
  const { doing } = run
  if (doing.kind === 'asking')
    run.doing = { kind: 'suspended', prompt: doing.prompt, remaining: leftOf(work, doing.due), undelivered: false }
  if (doing.kind === 'waiting') {
    const { due, ...waiting } = doing
    run.doing = { ...waiting, ...later(doing), kind: 'suspended', prompt: null, remaining: leftOf(work, due), undelivered: false }
  }
  delete run.paused
}

/** What follows a call that had to wait is no answer any more. */
export function later({ call }: { call?: Call | undefined }): { call?: Call } {
  return call === undefined ? {} : { call: { ...call, welcome: false } }
}

export function leftOf(work: Work, due: number): number {
  return Math.max(0, due - work.context.now)
}

/** What the run's texts and conditions may name. What has no value is left out, so that a text which needs it is refused. */
export function scopeOf(work: Work, run: Run, journey: JourneyDefinition): Scope {
  const { identity, id } = work.context.contact
  const { number } = work.context
  return {
    contact: known({
      ...work.attributes,
      // After them, also where it is not known: what somebody says of themselves never passes for it.
      name: identity.name,
      username: identity.username,
      phone: identity.phone,
      userId: identity.userId,
      id,
      tags: work.tags,
    }),
    answers: known(run.answers),
    input: known(run.input),
    number: { id: number.id, displayNumber: number.displayNumber },
    journey: { id: journey.journey, name: journey.name },
    window: windowOf(work),
  }
}

const MINUTE = 60_000

function windowOf({ context }: Work): Scope['window'] {
  const left = context.replyWindow.closesAt === null ? 0 : context.replyWindow.closesAt - context.now
  return { open: left >= MINUTE, hoursLeft: Math.max(0, Math.floor(left / (60 * MINUTE))) }
}

function known(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ''))
}
