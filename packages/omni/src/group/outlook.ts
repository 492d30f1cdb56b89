// Pure. What follows for a routing group from the settings it is looked at by: who is free, and when time alone will change something.
// R1 of group.ts: who is free is kept up to date with every change of agents and items; moments at the end of each turn (clocks.ts).
import type { Settings } from '@baton/router'
import { NO_OMNI } from '../config/compile.ts'
import type { OmniConfig } from '../config/settings.ts'
import { byAge, loadOf } from './group.ts'
import type { Age, Group } from './group.ts'
import { byText, OrderedMap } from './ordered-map.ts'

export interface Outlook {
  readonly settings: Settings
  readonly config: OmniConfig
  /** Whoever is online and not full. */
  readonly free: OrderedMap<string, Free>
  /** When something about an agent, a piece of work or a place changes by itself next, by `<what>:<id>`. */
  readonly moments: OrderedMap<string, number>
  /** The same in the order of time. */
  readonly agenda: OrderedMap<Age, Age>
}

export interface Free {
  agentId: string
  /** Units of their capacity. */
  used: number
}

/** The group works with the configuration of this engine, for the numbers that have it as their service app. */
export const ENGINE = 'omni'

/** For settings that are new to this group: nobody is known to be free yet, and no moment is known. */
export function outlookOn(settings: Settings): Outlook {
  return {
    settings,
    config: configOf(settings),
    free: new OrderedMap(byText),
    moments: new OrderedMap(byText),
    agenda: new OrderedMap(byAge),
  }
}

/** After a change that concerns this agent or what they hold. */
export function withFreedom(outlook: Outlook, group: Group, agentId: string): Outlook {
  const { config, free } = outlook
  const capacity = config.agents.get(agentId)?.capacity
  const used = loadOf(group, agentId, config)
  const isFree = capacity !== undefined && used < capacity && group.agents.get(agentId)?.presence === 'online'
  return { ...outlook, free: isFree ? free.with(agentId, { agentId, used }) : free.without(agentId) }
}

/** `at` null: nothing about it changes by itself. */
export function withMoment(outlook: Outlook, about: string, at: number | null): Outlook {
  const { moments, agenda } = outlook
  const known = moments.get(about)
  if (known === (at ?? undefined)) return outlook
  const cleared = known === undefined ? agenda : agenda.without([known, about])
  return at === null
    ? { ...outlook, moments: moments.without(about), agenda: cleared }
    : { ...outlook, moments: moments.with(about, at), agenda: cleared.with([at, about], [at, about]) }
}

/** What changes by itself until `now`. */
export function dueMoments({ agenda }: Outlook, now: number): string[] {
  const due: string[] = []
  for (const [at, about] of agenda) {
    if (at > now) break
    due.push(about)
  }
  return due
}

/** The server publishes what `compileOmni` made under the engine's name, so the cast holds; without it there are no queues yet. */
function configOf(settings: Settings): OmniConfig {
  const config = settings.engines[ENGINE] as OmniConfig | undefined
  return config ?? NO_OMNI
}
