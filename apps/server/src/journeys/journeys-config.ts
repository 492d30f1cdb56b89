import type { JourneysConfig } from '@baton/journeys'
import type { Settings } from '@baton/router'

/** The part of the settings that is the journeys engine's; null when there is none. The settings know engines by name only: whatever
 * stands under this name was made by `compileJourneys`, which is why the cast holds. */
export function journeysOf({ engines }: Settings): JourneysConfig | null {
  return (engines['journeys'] as JourneysConfig | undefined) ?? null
}
