// Pure. Targets as they are written in YAML: `queue:general`, `bot:faq`, `agent:ana`.

export interface WrittenTarget {
  path: (string | number)[]
  target: string
}

export function isTarget(text: string): boolean {
  return /^(queue|bot|agent):./.test(text)
}

/** Members whose texts are targets. `to` only inside the blocks that hand over. */
const HOLDERS = new Set(['handOff', 'entry', 'fallback', 'whenClosed', 'whenNobodyOnline', 'members'])

/** Every target a document names, with its place. */
export function targetsIn(value: unknown, path: (string | number)[] = [], inHolder = false): WrittenTarget[] {
  if (typeof value === 'string') return inHolder && isTarget(value) ? [{ path, target: value }] : []
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => targetsIn(item, [...path, index], inHolder))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => targetsIn(inner, [...path, key], HOLDERS.has(key) || (inHolder && key === 'to')))
}

/** Places where a journey hands the conversation to service. */
export function handOffsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => handOffsIn(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key === 'handOff' ? [[...path, key]] : []),
    ...handOffsIn(inner, [...path, key]),
  ])
}
