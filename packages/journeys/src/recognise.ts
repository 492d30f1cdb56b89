// Pure. What a message means to the marketing side, before anything is decided.
import { countsAsMessage } from '@baton/router'
import type { EngineContext, InboundMessage, Recognition } from '@baton/router'
import { attribute } from './claim.ts'
import type { JourneysConfig } from './compile.ts'
import type { JourneyDefinition } from './definition/journey.ts'
import type { ErrorCode } from './errors.ts'
import { findEntry } from './keywords.ts'
import type { JourneysState } from './state.ts'

export function recognise(state: JourneysState, message: InboundMessage, context: EngineContext<JourneysConfig>): Recognition {
  if (!countsAsMessage(message.content)) return { reply: { match: 'none' }, entry: null }
  const { claim, stale } = attribute({ ...state, runs: state.runs.filter((run) => isPublished(run, context.config)) }, message)
  const answersByPress = claim !== null && claim.match.kind !== 'invalid' && message.content.kind === 'reply'
  const { language } = context.contact.attributes
  const entry = answersByPress
    ? null
    : findEntry(
        context.config,
        message,
        typeof language === 'string' ? language : null,
        (journey) => journey.input.length === 0 && startRefusal(journey, state, context) === null,
      )
  return {
    reply:
      claim === null
        ? { match: 'none' }
        : {
            match: claim.match.kind === 'invalid' ? 'invalid' : 'valid',
            holder: claim.run.id,
            interruptible: claim.prompt.interruptible,
            evidence: claim.evidence,
          },
    entry,
    ...(stale ? { stale } : {}),
  }
}

/** A run lives as long as its journey and its version do. */
export function isPublished(run: { journey: string; version: string }, config: JourneysConfig): boolean {
  return config.journeys.has(run.journey) && config.versions.has(run.version)
}

/** Why a journey may not be started now, or null. */
export function startRefusal(journey: JourneyDefinition, state: JourneysState, context: EngineContext<JourneysConfig>): ErrorCode | null {
  if (journey.numbers !== undefined && !journey.numbers.includes(context.number.id)) return 'journey-not-on-number'
  if (journey.purpose === 'marketing' && context.consent === 'out') return 'journey-opted-out'
  const last = state.entered[journey.journey]
  const { reEntry } = journey.entry
  if (last === undefined || reEntry === 'always') return null
  return reEntry === 'once' || context.now - last < reEntry.after ? 'journey-re-entry' : null
}
