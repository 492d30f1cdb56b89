// Pure. The machine's two doors, so that nothing else knows how XState is called: the control state it starts in, and one
// event applied to a stored control state. The regions are independent of each other, so an event is applied to one after the
// other; a test holds `advance` equal to XState's `transition()` over every reachable state and event.
import { initialTransition } from 'xstate'
import type { OpenServiceStatus, Owner } from '../contract/owner.ts'
import { conversationMachine } from './machine.ts'
import type { MachineAction, MachineEvent } from './machine.ts'
import { pathOf, transitionTable, valueAt } from './transition-table.ts'
import type { RegionValue } from './transition-table.ts'

/** Control state of the machine: one value a region. */
export interface MachineValue {
  ownership: RegionValue
  replyWindow: 'closed' | 'open'
  marketingSession: 'none' | 'open' | 'closed'
  consent: 'unknown' | 'in' | 'out'
  contact: 'reachable' | 'blocked'
}

const INITIAL = initialTransition(conversationMachine)[0].value as unknown as MachineValue
const TABLE = transitionTable<keyof MachineValue, MachineEvent, MachineAction>(conversationMachine)

export function initialMachineValue(): MachineValue {
  return { ...INITIAL }
}

/** Applies one event: the control state after it and the actions, in order. An event that means nothing in the state changes nothing. */
export function advance(value: MachineValue, event: MachineEvent): { value: MachineValue; actions: MachineAction[] } {
  const next: Record<keyof MachineValue, RegionValue> = { ...value }
  const actions: MachineAction[] = []
  const given = { event }
  for (const [region, states] of TABLE) {
    const moves = states.get(pathOf(value[region]))
    if (moves === undefined) throw new Error(`${region} has no state ${pathOf(value[region])}`)
    const move = moves.get(event.type)?.find(({ guard }) => guard === null || guard(given))
    if (move === undefined) continue
    if (move.target !== null) next[region] = move.target
    actions.push(...move.actions)
  }
  return { value: regionsOf(next), actions }
}

/** The table moves each region among its own states only. */
function regionsOf(value: Record<keyof MachineValue, RegionValue>): MachineValue {
  return value as MachineValue
}

/** The state within the ownership region, e.g. `none`, `service.open.waiting`, `external.overService`. */
export function ownershipPath(value: MachineValue): string {
  return pathOf(value.ownership)
}

/** The control state that stands at a path of the ownership region; the other regions as they start. */
export function machineValueAt(path: string): MachineValue {
  return { ...INITIAL, ownership: valueAt(path) }
}

/** Who owns. A service session that is over leaves nobody. */
export function ownerOf(value: MachineValue): Owner {
  const path = ownershipPath(value)
  if (path === 'service.ended' || path === 'service.error') return 'none'
  const dot = path.indexOf('.')
  return (dot === -1 ? path : path.slice(0, dot)) as Owner
}

const OPEN = 'service.open.'

/** The open service session's status, or null when none is open. */
export function openServiceStatus(value: MachineValue): OpenServiceStatus | null {
  const path = ownershipPath(value)
  return path.startsWith(OPEN) ? (path.slice(OPEN.length) as OpenServiceStatus) : null
}
