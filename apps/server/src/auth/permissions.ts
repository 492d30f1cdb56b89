// Pure.
/** What an API key may do. A route needs exactly one of these. */
export const PERMISSIONS = [
  'conversation:read', // conversations, transcripts, sessions, decisions, events
  'message:send',
  'conversation:control', // end, pause, transfer, take from upstream, block
  'journey:start',
  'agent:act', // presence and offers of the key's agent
  'operations:read', // quarantine, unrouted, alarms
  'number:control', // release halted numbers
  'journey:publish', // a new version of the configuration
  'key:manage',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** Whose key it is. An administrator's may also act for any agent. */
export const KEY_KINDS = ['administrator', 'agent', 'integration', 'observer'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/** What a key of each kind may do when nothing else is said. */
export const PERMISSIONS_OF: Record<KeyKind, readonly Permission[]> = {
  administrator: PERMISSIONS,
  agent: ['conversation:read', 'message:send', 'conversation:control', 'journey:start', 'agent:act'],
  integration: ['conversation:read', 'message:send', 'conversation:control', 'journey:start'],
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
