import type { Json } from './json.ts'

/** One POST to `/messages`, as it came. `ignored`: neither accepted nor answered, by order of a fault. */
export interface RequestRecord {
  /** Counts from 1. */
  id: number
  /** Epoch milliseconds. */
  at: number
  /** Phone number id. */
  number: string
  /** `to` or `recipient`, as given. */
  to?: string
  type: string
  callbackData?: string
  outcome: 'accepted' | 'rejected' | 'ignored'
  /** False when the answer never left, by order of a fault. */
  answered: boolean
  /** Of an accepted message. */
  messageId?: string
  /** Of a rejected one. */
  code?: number
  body: Json
}
