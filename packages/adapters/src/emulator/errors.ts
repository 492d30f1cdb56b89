/** What the emulator's own API (not the Cloud API) refuses, by code. */
export const EMULATOR_ERRORS = {
  'emulator-unknown-number': 'The emulator has no such business number; give its phone number id or its display number.',
  'emulator-unknown-customer': 'No such customer; create it first, or name it by a phone number (it is then created).',
  'emulator-unknown-message': 'The chat holds no such message; it may have been dropped as the oldest.',
  'emulator-no-such-button': 'The message has no such button, or no message with buttons has arrived.',
  'emulator-unknown-template': 'The business account has no template of that name and language.',
  'emulator-unknown-media': 'No such media file; it may have been dropped as the oldest.',
  'emulator-customer-exists': 'Another customer already has that phone number, user id or username.',
  'emulator-wait-timed-out': 'What was waited for did not happen in time.',
  'emulator-bad-request': 'The request is not of the documented shape.',
} as const

export type EmulatorErrorCode = keyof typeof EMULATOR_ERRORS

/** A call the emulator cannot carry out: thrown in process, a problem with the same code over HTTP. */
export class EmulatorError extends Error {
  readonly code: EmulatorErrorCode
  constructor(code: EmulatorErrorCode, detail: string) {
    super(`${detail} (${EMULATOR_ERRORS[code]})`)
    this.name = 'EmulatorError'
    this.code = code
  }
}
