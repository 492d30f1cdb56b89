// The tables as far as a routing group is concerned, and two processes that take turns at it, three each.
import type { Part, Turn } from '@baton/router'
import { groupParts } from '@baton/omni'

const EACH = 3

export function storedGroup() {
  let head: string | null = null
  const parts = new Map<string, string>()
  /** `behind`: names of what the other has changed since. */
  const processes = [0, 1].map(() => ({ state: null as unknown, isBehind: true, behind: new Set<string>() }))
  let turns = 0
  const current = () => processes[Math.floor(turns / EACH) % 2] as (typeof processes)[number]
  const partOf = (name: string): Part => ({ name, value: JSON.parse(parts.get(name) ?? 'null') as unknown })
  const readAll = (): unknown => (head === null ? null : groupParts.read(JSON.parse(head), [...parts.keys()].map(partOf)))

  return {
    /** As a process that knows nothing of it yet. */
    readAll,
    /** As the process whose turn it is. */
    readNext(): unknown {
      const { state, isBehind, behind } = current()
      if (state === null || head === null) return readAll()
      return !isBehind ? state : groupParts.refresh(state, JSON.parse(head), [...behind].map(partOf))
    },
    write({ state, parts: changed = [] }: Turn): void {
      head = JSON.stringify(groupParts.head(state))
      for (const { name, value } of changed) {
        if (value === null) parts.delete(name)
        else parts.set(name, JSON.stringify(value))
        for (const process of processes) process.behind.add(name)
      }
      for (const process of processes) process.isBehind = true
      Object.assign(current(), { state, isBehind: false, behind: new Set() })
      turns += 1
    },
  }
}
