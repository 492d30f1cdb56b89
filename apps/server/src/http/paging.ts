// Pure.
import { z } from 'zod'
import { problem } from './problem.ts'

export const pageQuery = z.object({
  cursor: z.string().optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** What was found by a cursor, or what a cursor says; throws `cursor-invalid` when there is none, as the listing did not make it. */
export function requirePage<T>(found: T | null): T {
  if (found === null) throw problem('cursor-invalid')
  return found
}
