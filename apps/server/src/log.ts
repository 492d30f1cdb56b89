import type { Logger } from 'pino'

/** Errors of the database quote rows, and requests carry keys: neither is for the log. */
export function discreet(log: Logger): Logger {
  const paths = ['detail', 'where', 'query', 'parameters', 'hint'].flatMap((name) => [`err.${name}`, `err.cause.${name}`])
  return log.child({}, { redact: { paths: [...paths, '*.authorization', '*.accessToken', '*.headers'], remove: true } })
}
