// Pure. The machine's two doors, so that nothing else knows how XState is called: the control state it starts in, and one
// event applied to a stored control state.
//
// `transition()` builds a throw-away actor at every call, which costs several times the step itself. The machine spawns
// nothing and reads nothing from its scope, so one inert scope, never started, serves them all; and as it has no context,
// a control state resolves to the same snapshot every time. A test holds `advance` equal to `transition()` over every
// reachable state and event.
import { createActor, initialTransition } from 'xstate'
import type { AnyActorScope } from 'xstate'
import type { OpenServiceStatus, Owner } from '../contract/owner.ts'
import { conversationMachine } from './machine.ts'
import type { MachineAction, MachineEvent } from './machine.ts'

/** Where a region stands: a state, or a state and where it stands within. */
export type RegionValue = string | { [state: string]: RegionValue }

/** Control state of the machine: one value a region. */
export interface MachineValue {
  ownership: RegionValue
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
  const actions: MachineAction[] = []
  scope.actionExecutor = (action) => {
    actions.push({ type: action.type, params: action.params } as unknown as MachineAction)
  }
  const next = conversationMachine.transition(snapshotAt(value), event, scope as never)
  return { value: next.value, actions }
}

const inert = createActor(conversationMachine)
const scope: AnyActorScope = {
  self: inert,
  system: inert.system,
  id: '',
  sessionId: '',
  logger: () => {},
  defer: () => {},
  emit: () => {},
  stopChild: () => {},
  actionExecutor: () => {},
}

const snapshots = new Map<string, ReturnType<typeof conversationMachine.resolveState>>()

function snapshotAt(value: MachineValue): ReturnType<typeof conversationMachine.resolveState> {
  const key = `${ownershipPath(value)} ${value.replyWindow} ${value.marketingSession} ${value.consent} ${value.contact}`
  let snapshot = snapshots.get(key)
  if (snapshot === undefined) {
    snapshot = conversationMachine.resolveState({ value: value as never, context: {} })
    snapshots.set(key, snapshot)
  }
  return snapshot
}

/** The state within the ownership region, e.g. `none`, `service.open.waiting`, `external.overService`. */
export function ownershipPath(value: MachineValue): string {
  const path: string[] = []
  let at: RegionValue = value.ownership
  while (typeof at !== 'string') {
    const [state, inner] = Object.entries(at)[0] as [string, RegionValue]
    path.push(state)
    at = inner
  }
  return [...path, at].join('.')
}

/** The control state that stands at a path of the ownership region; the other regions as they start. */
export function machineValueAt(path: string): MachineValue {
  const ownership = path.split('.').reduceRight<RegionValue | null>((inner, state) => (inner === null ? state : { [state]: inner }), null)
  return { ...INITIAL, ownership: ownership ?? 'none' }
}

/** Who owns. A service session that is over leaves nobody. */
export function ownerOf(value: MachineValue): Owner {
  const path = ownershipPath(value)
  if (path === 'service.ended' || path === 'service.error') return 'none'
  return path.split('.')[0] as Owner
}

const OPEN = 'service.open.'

/** The open service session's status, or null when none is open. */
export function openServiceStatus(value: MachineValue): OpenServiceStatus | null {
  const path = ownershipPath(value)
  return path.startsWith(OPEN) ? (path.slice(OPEN.length) as OpenServiceStatus) : null
}
