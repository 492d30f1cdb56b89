// Pure. What is wrong with presence statuses, and with the agents who name them.
import type { Add } from './finding.ts'
import { BUILT_IN } from './presence.ts'
import type { PresenceConfig } from './presence.ts'
import type { QueuesConfig } from './schemas.ts'
import type { OmniConfig } from './settings.ts'

type Status = PresenceConfig['statuses'][number]

/** The path of what is said begins at the status. */
export function aboutStatus({ id, base, queues, numbers }: Status, config: OmniConfig, add: Add): void {
  const builtIn = BUILT_IN[id]
  if (builtIn !== undefined && builtIn.base !== base)
    add(
      'error',
      ['base'],
      'status-base-fixed',
      `the status ${id} always means ${builtIn.base}`,
      `write base: ${builtIn.base}, or another id`,
    )
  queues?.forEach((queue, at) => {
    if (config.queues.has(queue)) return
    add('error', ['queues', at], 'unknown-queue', `no queue has the id "${queue}"`, `use one of: ${[...config.queues.keys()].join(', ')}`)
  })
  if (base === 'online') return
  for (const [key, written] of Object.entries({ queues, numbers })) {
    if (written === undefined) continue
    add(
      'warning',
      [key],
      'without-effect',
      `nothing is offered in the status ${id}, from whatever ${key}`,
      'remove it, or write base: online',
    )
  }
}

/** The path of what is said begins at the agent. */
export function aboutStatusesOf({ id, statuses }: QueuesConfig['agents'][number], config: OmniConfig, add: Add): void {
  if (statuses === undefined) return
  const known = config.presence.statuses
  statuses.forEach((status, at) => {
    if (known.has(status)) return
    const fix = `add { id: ${status}, base: … } to presence.statuses, or use one of: ${[...known.keys()].join(', ')}`
    add('error', ['statuses', at], 'unknown-status', `no presence status has the id "${status}"`, fix)
  })
  const bases = statuses.flatMap((status) => known.get(status)?.base ?? [])
  if (bases.length === statuses.length && !bases.includes('online'))
    add(
      'error',
      ['statuses'],
      'never-online',
      `agent ${id} has no status in which work is offered`,
      'add online, or another with that base',
    )
}
