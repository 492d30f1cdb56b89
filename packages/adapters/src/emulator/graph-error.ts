// Pure. Errors in Meta's shape: in an answer, and in a failed status.

/** HTTP status and title of each error code the emulator knows. */
const KNOWN: Record<number, readonly [status: number, title: string]> = {
  1: [400, 'API Unknown'],
  2: [503, 'API Service'],
  3: [500, 'API Method'],
  4: [400, 'API Too Many Calls'],
  10: [403, 'Permission Denied'],
  33: [400, 'Parameter value is not valid'],
  100: [400, 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token - Cannot parse access token'],
  368: [403, 'Temporarily blocked for policies violations'],
  2500: [400, 'Unknown path components'],
  80007: [400, 'Rate limit issues'],
  130403: [400, 'Business blocked this user'],
  130429: [400, 'Rate limit hit'],
  130472: [400, "User's number is part of an experiment"],
  130497: [403, 'Business account is restricted from messaging users in this country.'],
  131000: [500, 'Something went wrong'],
  131005: [403, 'Access denied'],
  131008: [400, 'Required parameter is missing'],
  131009: [400, 'Parameter value is not valid'],
  131016: [500, 'Service unavailable'],
  131021: [400, 'Recipient cannot be sender'],
  131026: [400, 'Message undeliverable'],
  131031: [403, 'Account has been locked'],
  131042: [400, 'Business eligibility payment issue'],
  131045: [500, 'Incorrect certificate'],
  131047: [400, 'Re-engagement message'],
  131048: [400, 'Spam rate limit hit'],
  131049: [400, 'This message was not delivered to maintain healthy ecosystem engagement.'],
  131050: [400, 'User has stopped marketing messages'],
  131051: [400, 'Unsupported message type'],
  131052: [400, 'Media download error'],
  131053: [400, 'Media upload error'],
  131056: [400, '(Business Account, Consumer Account) pair rate limit hit'],
  131057: [500, 'Account in maintenance mode'],
  131062: [400, 'Business-scoped User ID (BSUID) recipients are not supported for this message.'],
  131070: [400, 'Not the owner of the thread'],
  132000: [400, 'Number of parameters does not match the expected number of params'],
  132001: [404, 'Template name does not exist in the translation'],
  132005: [400, 'Translated text too long'],
  132007: [400, 'Template format character policy violated'],
  132012: [400, 'Parameter format does not match format in the created template'],
  132015: [400, 'Template is paused'],
  132016: [400, 'Template is disabled'],
  132018: [400, "There's an issue with the parameters in your template"],
  133004: [503, 'Server temporarily unavailable'],
  133010: [400, 'Phone number not registered'],
  2388019: [400, 'Message template limit exceeded'],
  2388040: [400, 'A field exceeded its character limit'],
  2388299: [400, 'Variables cannot be at the start or end of the template'],
}

/** Something is wrong with a request: the code and what Meta would say about it. */
export interface Problem {
  kind: 'problem'
  code: number
  details: string
  subcode?: number
}

export function problem(code: number, details: string, subcode?: number): Problem {
  return { kind: 'problem', code, details, ...(subcode === undefined ? {} : { subcode }) }
}

/** The HTTP answer for a problem. An unknown code is answered as Meta's unknown ones are: 400. */
export function errorAnswer(from: Problem, trace: string): { status: number; body: unknown } {
  const [status, title] = KNOWN[from.code] ?? [400, 'Unknown error']
  const error = {
    message: from.code === 190 ? title : `(#${from.code}) ${title}`,
    type: 'OAuthException',
    code: from.code,
    ...(from.subcode === undefined ? {} : { error_subcode: from.subcode }),
    ...(from.code === 190 ? {} : { error_data: { messaging_product: 'whatsapp', details: from.details } }),
    fbtrace_id: trace,
  }
  return { status, body: { error } }
}

/** One entry of `errors` in a failed status. */
export function statusError(from: Problem): unknown {
  const title = KNOWN[from.code]?.[1] ?? 'Unknown error'
  return {
    code: from.code,
    title,
    message: title,
    error_data: { details: from.details },
    href: '/documentation/business-messaging/whatsapp/support/error-codes',
  }
}
