// Pure. Something an operator should know of the two files before publishing them.
import type { ErrorCode } from '../errors.ts'

/** `path` leads to the member inside `file`; an `error` must not be published. */
export interface OmniFinding {
  severity: 'error' | 'warning'
  file: 'queues.yaml' | 'bots.yaml'
  path: (string | number)[]
  code: ErrorCode
  message: string
  fix: string
}

/** Says something of one entry. */
export type Add = (severity: OmniFinding['severity'], path: OmniFinding['path'], code: ErrorCode, message: string, fix: string) => void
