/** What can go wrong on the way in. */
export const INBOUND_ERRORS = {
  overloaded: 'More is coming in than can be stored at once. Try again in a moment; the provider does so by itself.',
  'unknown-actor': 'There is no conversation or routing group with this id.',
  'event-set-aside':
    'An event failed again and again and was put into the quarantine; its conversation goes on without it. Read the reason there.',
  'merge-conflict': 'The names of a contact kept changing while they were looked up. The message is asked for again by the provider.',
  'account-notice': 'The provider says something about a number or business account that somebody should read.',
  'number-halted': 'The provider stopped a number: nothing is sent from it until somebody releases it.',
} as const

/** A request that cannot be taken in, named by a code of the catalogue. */
export class InboundError extends Error {
  readonly code: keyof typeof INBOUND_ERRORS
  constructor(code: keyof typeof INBOUND_ERRORS, message: string = INBOUND_ERRORS[code]) {
    super(message)
    this.name = 'InboundError'
    this.code = code
  }
}
