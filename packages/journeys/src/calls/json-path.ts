// Pure. Places in a JSON value: `$.items[0].price`, `$["odd name"]`. As much of JSONPath as names one place.

const PATH = /^\$(?:\.[A-Za-z_][\w-]*|\[\d{1,6}\]|\["[^"\\]{1,100}"\])*$/
const PART = /\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\["([^"\\]{1,100})"\]/g

export function isJsonPath(path: string): boolean {
  return path.length <= 300 && PATH.test(path)
}

/** What stands there; undefined where nothing does, or null. */
export function valueAtPath(value: unknown, path: string): unknown {
  let found = value
  for (const [, name, index, quoted] of path.matchAll(PART)) {
    if (typeof found !== 'object' || found === null) return undefined
    const key = index ?? name ?? quoted ?? ''
    if (Array.isArray(found) !== (index !== undefined) || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found ?? undefined
}
