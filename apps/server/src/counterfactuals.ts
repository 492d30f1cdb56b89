// Pure. Everything that, changed alone, would have led to another rule: worked out from the facts that a decision was stored with.
import { counterfactuals, expandFacts } from '@baton/router'
import type { Counterfactual } from '@baton/router'

/** The most telling first: the stored one, if there is one. Decisions about other events than messages rest on no facts. */
export function counterfactualsOf({ inputs, counterfactual }: { inputs: unknown; counterfactual: unknown }): Counterfactual[] {
  const stored = counterfactual as Counterfactual | null
  const computed = computedFrom(inputs)
  return stored === null ? computed : [stored, ...computed.filter(({ condition }) => condition !== stored.condition)]
}

/** None for a record that an older version wrote without facts, or in states that the machine does not have any more. */
function computedFrom(inputs: unknown): Counterfactual[] {
  const { facts, ownership, serviceSession } = (inputs ?? {}) as Record<string, unknown>
  if (typeof facts !== 'object' || facts === null || typeof ownership !== 'string') return []
  try {
    return counterfactuals(expandFacts(facts), ownership, typeof serviceSession === 'string' ? serviceSession : null)
  } catch {
    return [] // what would have been cannot be told, and the decision itself is still shown
  }
}
