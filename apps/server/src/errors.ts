/** Every code a problem document of this server can bear, and what it means. Codes of refusals by the conversation, the
 * engines and the routing group are passed through from their own catalogues. */
export const ERRORS = {
  'request-invalid': 'The request does not have the documented shape; `errors` lists each place. Correct it and send it again.',
  'content-over-limit': 'The channel would refuse this content; `errors` lists each documented limit that is exceeded.',
  'cursor-invalid': 'The cursor was not made by this listing. Start again without a cursor.',
  'body-too-large': 'The request body is larger than this route takes.',
  'media-type-unsupported': 'The body must be application/json.',
  'key-missing': 'No API key was given. Send `Authorization: Bearer <key>`.',
  'key-invalid': 'The API key is unknown, revoked or expired. Make a new one with POST /api/v1/keys.',
  'permission-missing':
    'The API key does not have the permission that this route needs, or that a key it is to make would have; `needs` names it.',
  'agent-missing': 'This route acts as an agent: use an agent key, or an administrator key with the header `Baton-Agent: <agent id>`.',
  'agent-unknown':
    'No agent of this id is in the published configuration (config/queues.yaml). The key of an agent who was taken out of it is refused with this, too.',
  'too-many-failures': 'Too many requests with a wrong key came from this address. Wait for the seconds in Retry-After.',
  'route-not-found': 'There is no such route. /docs lists all of them.',
  'conversation-not-found': 'There is no conversation of this id.',
  'journey-not-found': 'No journey of this id is in the published configuration, and none ever had a run.',
  'journey-invalid': 'The journey cannot be published like this; `errors` says what is wrong, with line and path. Nothing was changed.',
  'configuration-superseded':
    'Somebody has published since the version that the change is based on. Read the definition again, and change that.',
  'migration-invalid': 'Runs cannot go over like this; `errors` says of each step why. Nothing was changed.',
  'run-not-found': 'The conversation has no journey run of this id.',
  'queue-not-found': 'No queue of this id is in the published configuration (config/queues.yaml).',
  'number-not-found': 'No number of this id is in the published configuration (config/numbers.yaml).',
  'quarantined-not-found': 'Nothing of this id is in the quarantine. It may have been there for longer than BATON_KEEP_DAYS.',
  'media-not-found': 'There is no message of this id, or it has no file.',
  'media-unavailable': 'The provider did not hand out the file. It keeps files of customers for 7 days; try again within that time.',
  'key-not-found': 'There is no API key of this id.',
  'key-name-taken': 'An API key of this name exists and is not revoked. Names are unique, because messages are signed with them.',
  'signature-invalid': 'The webhook is not signed by a configured app secret. Check appSecrets in config/numbers.yaml.',
  'bot-signature-invalid':
    'The reply is not signed with the secret of a bot of this id, or its time is more than five minutes off. Sign it as turns are signed.',
  'handshake-refused': 'The verification request does not carry a configured verify token. Check verifyToken in config/numbers.yaml.',
  'outcome-unknown':
    'The event was stored and will be applied, but not within the time of this request. Look at the conversation before repeating it.',
  overloaded: 'More is arriving than can be stored right now. Repeat after the seconds in Retry-After; nothing was stored.',
  'too-many-streams':
    'This process has as many event streams open as it may (BATON_EVENT_STREAMS). Repeat after the seconds in Retry-After, or read by listings meanwhile.',
  'too-many-files':
    'This process hands out as many files as it can at once, and this one did not get its turn. Repeat after the seconds in Retry-After.',
  'database-unavailable': 'The database does not answer. Repeat after the seconds in Retry-After; nothing was stored.',
  'internal-error': 'A bug. It was logged with the request id of this problem; nothing about it is in your request.',
} as const

export type ErrorCode = keyof typeof ERRORS
