// Pure. What is written down of a contact. All of it travels in every turn of the conversation, and texts, conditions and calls of journeys
// read it beside what the provider vouches for.

/** The names by which a contact is known: no attribute stands for them, or a customer could talk a bot into being somebody else. */
const RESERVED_ATTRIBUTES = ['id', 'name', 'username', 'phone', 'userId', 'parentUserId', 'tags'] as const

const MOST_NAMES = 100
/** Of names and values together, as JSON. */
const MOST_CHARACTERS = 8_000

type Attributes = Record<string, unknown>

export function isReservedAttribute(name: string): boolean {
  return RESERVED_ATTRIBUTES.some((reserved) => reserved === name)
}

/** The attributes after a change; null removes a name. A change that may not be is left out as a whole; one that makes them smaller always
 * may. */
export function withAttributes(
  current: Attributes,
  change: Attributes | undefined,
): { attributes: Attributes; refused: null | 'reserved' | 'too-many' | 'too-large' } {
  if (change === undefined) return { attributes: current, refused: null }
  const isReserved = Object.entries(change).some(([name, value]) => value !== null && isReservedAttribute(name))
  if (isReserved) return { attributes: current, refused: 'reserved' }
  // Also those of before: earlier releases kept null, and nothing told it from a name that is not there.
  const attributes = Object.fromEntries(Object.entries({ ...current, ...change }).filter(([, value]) => value !== null))
  const [before, after] = [current, attributes].map((all) => Object.keys(all).length) as [number, number]
  if (after > MOST_NAMES && after > before) return { attributes: current, refused: 'too-many' }
  const size = JSON.stringify(attributes).length
  if (size > MOST_CHARACTERS && size > JSON.stringify(current).length) return { attributes: current, refused: 'too-large' }
  return { attributes, refused: null }
}
