// Pure. What a definition alone says of a start, whoever the contact is.
import type { JourneysConfig } from './compile.ts'
import type { JourneyDefinition } from './definition/journey.ts'
import { ERRORS } from './errors.ts'
import type { ErrorCode } from './errors.ts'

/** Why nobody on a number can start a journey with this input; null: it is for the conversation to say. */
export function startProblem(
  config: JourneysConfig,
  numberId: string,
  wish: { journey: string; input?: Record<string, unknown> | undefined },
): { code: ErrorCode; message: string } | null {
  const journey = config.journeys.get(wish.journey)
  if (journey === undefined) return told('journey-unknown', wish.journey)
  const closed = closedOn(journey, numberId)
  if (closed !== null) return told(closed, journey.journey)
  const missing = missingInput(journey, wish.input ?? {})
  return missing.length === 0 ? null : told('journey-input-missing', missing.join(', '))
}

/** Why nobody on a number may enter a journey, or null. */
export function closedOn(journey: JourneyDefinition, numberId: string): ErrorCode | null {
  if (journey.status === 'paused') return 'journey-paused'
  if (journey.status === 'retired') return 'journey-retired'
  return journey.numbers !== undefined && !journey.numbers.includes(numberId) ? 'journey-not-on-number' : null
}

/** The names of inputs that a journey declares and was not given. */
export function missingInput(journey: JourneyDefinition, given: Record<string, unknown>): string[] {
  return journey.input.filter((name) => given[name] === undefined || given[name] === null || given[name] === '')
}

function told(code: ErrorCode, detail: string): { code: ErrorCode; message: string } {
  return { code, message: `${ERRORS[code]} (${detail})` }
}
