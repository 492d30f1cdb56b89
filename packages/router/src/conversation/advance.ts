// Pure. The machine's two doors, so that nothing else knows how XState is called: the control state it starts in, and one
// event applied to a stored control state.
import { initialTransition, transition } from 'xstate'
import type { Owner, ServiceStatus } from '../contract/owner.ts'
import { OPEN_SERVICE_STATUSES } from '../contract/owner.ts'
import { conversationMachine } from './machine.ts'
import type { MachineAction, MachineEvent } from './machine.ts'

/** Control state of the machine: one value a region. */
export interface MachineValue {
  ownership: string | Record<string, string>
  replyWindow: 'closed' | 'open'
  marketingSession: 'none' | 'open' | 'closed'
  consent: 'unknown' | 'in' | 'out'
  contact: 'reachable' | 'blocked'
}

const INITIAL = initialTransition(conversationMachine)[0].value as unknown as MachineValue

export function initialMachineValue(): MachineValue {
  return { ...INITIAL }
}

/** Applies one event: the control state after it and the actions, in order. An event that means nothing in the state changes nothing. */
export function advance(value: MachineValue, event: MachineEvent): { value: MachineValue; actions: MachineAction[] } {
  const snapshot = conversationMachine.resolveState({ value: value as never, context: {} })
  const [next, actions] = transition(conversationMachine, snapshot, event)
  return {
    value: next.value as unknown as MachineValue,
    actions: actions.map((action) => ({ type: action.type, params: action.params }) as unknown as MachineAction),
  }
}

/** The state within the ownership region, e.g. `none`, `service.waiting`, `external.overService`. */
export function ownershipPath(value: MachineValue): string {
  const { ownership } = value
  if (typeof ownership === 'string') return ownership
  const [state, inner] = Object.entries(ownership)[0] as [string, string]
  return `${state}.${inner}`
}

/** Who owns. A service session that is over leaves nobody. */
export function ownerOf(value: MachineValue): Owner {
  const path = ownershipPath(value)
  if (path === 'service.ended' || path === 'service.error') return 'none'
  return path.split('.')[0] as Owner
}

/** The open service session's status as the machine knows it, or null. */
export function openServiceStatus(value: MachineValue): ServiceStatus | null {
  const [state, inner] = ownershipPath(value).split('.')
  if (state !== 'service') return null
  return (OPEN_SERVICE_STATUSES as readonly string[]).includes(inner ?? '') ? (inner as ServiceStatus) : null
}
