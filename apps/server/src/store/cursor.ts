// Pure. Where a page ended: the moment and id of its last row, as opaque text.
import type { Page } from './records.ts'

export interface Cursor {
  /** Epoch microseconds, as PostgreSQL keeps time. */
  us: string
  id: string
}

/** Null: no listing of this kind made it. */
export function readCursor(text: string): Cursor | null {
  const parts = /^(-?\d{1,18}) ([\w-]{1,64})$/.exec(Buffer.from(text, 'base64url').toString('utf8'))
  return parts === null ? null : { us: parts[1] as string, id: parts[2] as string }
}

/** A page of `limit` rows out of up to one more, which only says that there is a next page. */
export function toPage<T extends { id: string; us: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null }
  return { items, nextCursor: Buffer.from(`${last.us} ${last.id}`).toString('base64url') }
}
