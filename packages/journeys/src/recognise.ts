// Pure. What a message means to the marketing side, before anything is decided.
import { countsAsMessage } from '@baton/router'
import type { EngineContext, InboundMessage, Recognition } from '@baton/router'
import { attribute } from './claim.ts'
import type { Attribution } from './claim.ts'
import type { JourneysConfig } from './compile.ts'
import type { JourneyDefinition } from './definition/journey.ts'
import type { ErrorCode } from './errors.ts'
import { findEntry } from './keywords.ts'
import { closedOn } from './startable.ts'
import type { JourneysState, Run } from './state.ts'
import { openWork, reasonToLeave } from './work.ts'

export function recognise(state: JourneysState, message: InboundMessage, context: EngineContext<JourneysConfig>): Recognition {
  if (!countsAsMessage(message.content)) return { reply: { match: 'none' }, entry: null }
  const { config } = context
  const { claim, stale } = attribute({ ...state, runs: state.runs.filter((run) => isPublished(run, config)) }, message)
  const answersByPress = claim !== null && claim.match.kind !== 'invalid' && message.content.kind === 'reply'
  const outdated = state.runs.flatMap((run) => whatChanged(run, state, context) ?? [])
  return {
    reply: claim === null ? { match: 'none' } : replyOf(claim, context),
    ...(answersByPress ? { entry: null } : entryOf(message, state, context)),
    ...(stale ? { stale } : {}),
    ...(outdated.length > 0 ? { outdated } : {}),
  }
}

function replyOf(claim: Attribution, { config, now }: EngineContext<JourneysConfig>): Recognition['reply'] {
  const { run, prompt, match, evidence } = claim
  const pause = pauseOf(run, config)
  return {
    match: match.kind === 'invalid' ? 'invalid' : 'valid',
    holder: run.id,
    interruptible: prompt.interruptible,
    evidence,
    ...(pause === null ? {} : { paused: { journey: run.journey, until: run.paused?.until ?? now + pause.maxAge, ref: prompt.ref } }),
  }
}

/** The entry that starts, and the better one that was meant but may not start. */
function entryOf(
  message: InboundMessage,
  state: JourneysState,
  context: EngineContext<JourneysConfig>,
): Pick<Recognition, 'entry' | 'withheld'> {
  const { language } = context.contact.attributes
  const find = (mayStart: (journey: JourneyDefinition) => boolean): Recognition['entry'] =>
    findEntry(context.config, message, typeof language === 'string' ? language : null, mayStart)
  const meant = find((journey) => journey.input.length === 0)
  const refusal = meant === null ? null : refusalOf(meant.id, state, context)
  if (meant === null || refusal === null) return { entry: meant }
  const entry = find((journey) => journey.input.length === 0 && startRefusal(journey, state, context) === null)
  return { entry, withheld: { entry: meant, code: refusal } }
}

function refusalOf(id: string, state: JourneysState, context: EngineContext<JourneysConfig>): ErrorCode | null {
  const journey = context.config.journeys.get(id)
  return journey === undefined ? null : startRefusal(journey, state, context)
}

/** What a new publication, time, or what is known of the contact means for a run that nobody has told it yet; null when nothing. */
function whatChanged(run: Run, state: JourneysState, context: EngineContext<JourneysConfig>): string | null {
  const { config, now } = context
  if (!isPublished(run, config))
    return `${run.journey}: ${config.journeys.has(run.journey) ? 'journey-version-missing' : 'journey-deleted'}`
  const { goal, exit } = config.versions.get(run.version) ?? {}
  if (goal?.if !== undefined || exit?.if !== undefined) {
    const reason = reasonToLeave(openWork(state, context, { fired: null, live: false }), run)
    if (reason !== null) return `${run.journey}: ${reason}`
  }
  if (run.paused === undefined) return null
  if (pauseOf(run, config) === null) return `${run.journey}: journey-resumed`
  return run.paused.until <= now ? `${run.journey}: journey-paused-too-long` : null
}

/** How long things wait for a run's journey while it is paused; null when it is not. */
export function pauseOf(run: Run, config: JourneysConfig): JourneyDefinition['pause'] | null {
  const journey = config.journeys.get(run.journey)
  return journey?.status === 'paused' ? journey.pause : null
}

/** A run lives as long as its journey and its version do. */
export function isPublished(run: { journey: string; version: string }, config: JourneysConfig): boolean {
  return config.journeys.has(run.journey) && config.versions.has(run.version)
}

/** Runs of one conversation at the same time; more than a person can follow, and a journey that keeps starting others stops here. */
const MOST_RUNS = 20

/** Why a journey may not be started now, or null. `brought`: not by the contact's own wish. */
export function startRefusal(
  journey: JourneyDefinition,
  state: JourneysState,
  context: EngineContext<JourneysConfig>,
  brought = false,
): ErrorCode | null {
  const closed = closedOn(journey, context.number.id)
  if (closed !== null) return closed
  if (journey.purpose === 'marketing' && context.consent === 'out') return 'journey-opted-out'
  if (state.runs.length >= MOST_RUNS) return 'journey-too-many-runs'
  const { cap } = journey.entry
  const recent = cap === undefined ? [] : (state.brought ?? []).filter((at) => context.now - at < cap.per)
  if (brought && cap !== undefined && recent.length >= cap.starts) return 'journey-capped'
  const last = state.entered[journey.journey]
  const { reEntry } = journey.entry
  if (last === undefined || reEntry === 'always') return null
  return reEntry === 'once' || context.now - last < reEntry.after ? 'journey-re-entry' : null
}
