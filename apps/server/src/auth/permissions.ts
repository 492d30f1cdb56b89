// Pure.
/** What an API key may do. A route needs exactly one of these. */
export const PERMISSIONS = [
  'conversation:read', // conversations, transcripts, sessions, decisions, events
  'message:send',
  'conversation:control', // end, pause, transfer, take from upstream, block
  'note:add', // for agents' eyes, in any conversation
  'journey:start',
  'agent:act', // presence and offers of the key's agent
  'supervision:read', // all agents and queues as they stand, and what supervisors did
  'supervision:control', // other agents' presence and wrap-up, draining, re-assigning, taking over
  'work:route', // what waits in queues of a routing engine, the agents as they stand, and who is offered what
  'operations:read', // quarantine, unrouted, alarms
  'number:control', // release halted numbers
  'journey:publish', // journeys as they are written, and a new version of the configuration
  'key:manage',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** Whose key it is: a supervisor is an agent too. An administrator's may also act for any agent. */
export const KEY_KINDS = ['administrator', 'supervisor', 'agent', 'integration', 'routing-engine', 'observer'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/** Keys that belong to an agent of the configuration. */
export function isOfAgent(kind: KeyKind): boolean {
  return kind === 'agent' || kind === 'supervisor'
}

const AGENT = ['conversation:read', 'message:send', 'conversation:control', 'note:add', 'journey:start', 'agent:act'] as const

/** What a key of each kind may do when nothing else is said. */
export const PERMISSIONS_OF: Record<KeyKind, readonly Permission[]> = {
  administrator: PERMISSIONS,
  supervisor: [...AGENT, 'supervision:read', 'supervision:control'],
  agent: AGENT,
  integration: ['conversation:read', 'message:send', 'conversation:control', 'note:add', 'journey:start'],
  'routing-engine': ['work:route'],
  observer: ['conversation:read', 'operations:read'],
}

/** `['message:send']` as the `{ message: ['send'] }` that is stored with a key. */
export function toStatements(permissions: readonly Permission[]): Record<string, string[]> {
  const statements: Record<string, string[]> = {}
  for (const permission of permissions) {
    const [resource, action] = permission.split(':') as [string, string]
    ;(statements[resource] ??= []).push(action)
  }
  return statements
}

/** The other way; what this version does not know is left out. */
export function fromStatements(statements: Record<string, string[]>): Permission[] {
  const flat = new Set(Object.entries(statements).flatMap(([resource, actions]) => actions.map((action) => `${resource}:${action}`)))
  return PERMISSIONS.filter((permission) => flat.has(permission))
}
