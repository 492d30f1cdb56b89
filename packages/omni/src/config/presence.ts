// Pure. The presence statuses of the configuration, and those that are there without it.
import { z } from 'zod'
import { duration } from '@baton/router'

const name = z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and dashes')

/** What a status means for work. `online`: it is offered · `busy`: there, but nothing new · `away`: not there, for a while · `offline`. */
export const PRESENCES = ['online', 'busy', 'away', 'offline'] as const
export type Presence = (typeof PRESENCES)[number]

/** Their customers have somebody: what is accepted stays with them, however long an answer takes. */
export function isThere(presence: Presence): boolean {
  return presence === 'online' || presence === 'busy'
}

const status = z.strictObject({
  id: name,
  /** As agents and supervisors read it. */
  label: z.string().min(1).max(60).optional(),
  base: z.enum(PRESENCES),
  /** Only work of these queues. Without it: of all that the agent is a member of. */
  queues: z.array(name).min(1).optional(),
  /** Only work that came in on these numbers. Without it: on any. */
  numbers: z.array(name).min(1).optional(),
})

/** `presence` of config/queues.yaml. */
export const presenceConfig = z.strictObject({
  /** An agent whose console has not been heard of for so long is offline. Consoles renew three times as often. */
  lease: duration.prefault('45s').refine((ms) => ms >= 15_000 && ms <= 3_600_000, {
    error: 'a lease is between 15s and 1h',
    params: { fix: 'write 45s, unless consoles are known to be slow' },
  }),
  /** Whose console is heard of again within this time gets back the status they had. */
  returnWithin: duration.prefault('10m').refine((ms) => ms <= 86_400_000, {
    error: 'nobody comes back as what they were after more than 1d',
    params: { fix: 'write 10m, or 0s for never' },
  }),
  /** Beside `online`, `away` and `offline`, which are always there; an entry with one of these ids changes its label, queues or numbers. */
  statuses: z.array(status).default([]),
})
export type PresenceConfig = z.infer<typeof presenceConfig>

/** `queues`, `numbers`: null for all. */
export interface StatusSettings {
  id: string
  label: string
  base: Presence
  queues: ReadonlySet<string> | null
  numbers: ReadonlySet<string> | null
}

/** Statuses that integrators may count on. */
export const BUILT_IN: Readonly<Record<string, StatusSettings>> = {
  online: { id: 'online', label: 'Online', base: 'online', queues: null, numbers: null },
  away: { id: 'away', label: 'Away', base: 'away', queues: null, numbers: null },
  offline: { id: 'offline', label: 'Offline', base: 'offline', queues: null, numbers: null },
}

/** All statuses by id, the built-in ones first. Of two entries with one id the first counts, and a built-in one keeps its base. */
export function statusesOf({ statuses }: PresenceConfig): ReadonlyMap<string, StatusSettings> {
  const byId = new Map<string, StatusSettings>(Object.entries(BUILT_IN))
  const seen = new Set<string>()
  for (const { id, label, base, queues, numbers } of statuses) {
    if (seen.has(id)) continue
    seen.add(id)
    const known = BUILT_IN[id]
    byId.set(id, {
      id,
      label: label ?? known?.label ?? id,
      base: known?.base ?? base,
      queues: queues === undefined ? null : new Set(queues),
      numbers: numbers === undefined ? null : new Set(numbers),
    })
  }
  return byId
}
