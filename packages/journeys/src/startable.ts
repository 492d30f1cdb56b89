// Pure. What a definition alone says of a start, whoever the contact is.
import type { JourneyDefinition } from './definition/journey.ts'
import type { ErrorCode } from './errors.ts'

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
