/** Every coded result of the adapters that is not the provider's own. */
export const ERRORS = {
  'message-over-limit': 'The message breaks a documented limit of the provider and was not sent. Correct the member named in the detail.',
  'media-too-large': 'The file is larger than the provider or the caller allows. Send or ask for a smaller one.',
  'media-type-refused': 'The provider does not take files of this type. Convert the file first.',
  'media-corrupt': 'The downloaded file is not the one announced (size or checksum differ). Fetch it again.',
  'media-url-refused': 'The provider named a media address that is neither https nor on the configured base; no token was sent there.',
} as const

export type ErrorCode = keyof typeof ERRORS
