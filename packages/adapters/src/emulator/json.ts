// Pure. Reading JSON that came from outside, member by member.

export type Json = Record<string, unknown>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member as an object; an empty one when it is anything else. */
export function recordAt(from: Json, key: string): Json {
  const value = from[key]
  return isRecord(value) ? value : {}
}

/** The member as a list of objects; empty when it is no list. */
export function recordsAt(from: Json, key: string): Json[] {
  const value = from[key]
  return Array.isArray(value) ? value.filter(isRecord) : []
}

export function textAt(from: Json, key: string): string | undefined {
  const value = from[key]
  return typeof value === 'string' ? value : undefined
}
