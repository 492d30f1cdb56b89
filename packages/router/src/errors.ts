import { GATE_ERRORS } from './conversation/gate.ts'
import { INBOUND_ERRORS } from './inbound/errors.ts'
import { OUTBOUND_ERRORS } from './outbound/errors.ts'
import { STORE_ERRORS } from './store/errors.ts'

/** Why the router refuses, with what to do about it. Codes are stable: they stand in API problems, message rows and alarms. */
export const ERRORS = {
  ...GATE_ERRORS,
  'session-in-progress': 'Another participant is in a service session with this customer. Ask for a transfer instead.',
  'not-upstream': 'The thread is not held by the phone app or an upstream agent, so there is nothing to take back.',
  'conversation-merged':
    'The conversation and another one of the same contact became one. This one is over; `mergedInto` names the one that goes on.',
  'marketing-not-connected': 'The number has no marketing app. Name one under `apps.marketing`.',
  'service-not-connected': 'The number has no service app. Name one under `apps.service`.',
  ...STORE_ERRORS,
  ...INBOUND_ERRORS,
  ...OUTBOUND_ERRORS,
  'held-too-long': 'A marketing message waited for the end of a service session longer than `marketingHeldAtMost`, and was not sent.',
} as const
