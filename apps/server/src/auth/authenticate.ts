// Owns who is calling. R1: a key that was found is trusted for `trustMs`, so a revoked one stops within that time.
// R2: who keeps sending wrong keys, told by their address, is not looked up any more for a while. R3: both memories are bounded. R4: a key has
// one look-up under way, and keys nobody knows yet only so many: more would pile up before the pool, which the rest of the process needs too.
// R5: nobody acts as an agent whom the configuration in force does not have, with a key of that agent or for it.
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { plainAddress } from '@baton/router'
import type { Author } from '@baton/router'
import type { Auth, StoredKey } from './auth.ts'
import { problem } from '../http/problem.ts'
import { isOfAgent } from './permissions.ts'
import type { Permission } from './permissions.ts'

/** Who is calling. `agentId`: the agent it acts as. `author`: how its messages are signed. */
export interface Caller {
  key: StoredKey
  agentId: string | null
  author: Author
}

export interface Authenticator {
  /** Who sent these headers from this address. Throws a problem: `key-missing`, `key-invalid`, `too-many-failures`, `overloaded`,
   * `agent-unknown`. */
  authenticate(headers: Record<string, string | string[] | undefined>, address: string): Promise<Caller>
  /** Forgets a key at once in this process, after it was revoked here. */
  forget(keyId: string): void
}

export interface AuthenticatorOptions {
  auth: Pick<Auth, 'findKey'>
  isAgent: (agentId: string) => boolean
  /** A steady clock, in milliseconds. Not the product's: its hands can be turned. */
  now?: () => number
  trustMs?: number
  failures?: { max: number; windowMs: number }
  /** Keys nobody knows yet that are looked up at once. */
  strangersAtOnce?: number
}

const MOST_REMEMBERED = 10_000
/** A look-up takes a millisecond: a crowd of consoles that come back after a restart fits. */
const STRANGERS_AT_ONCE = 200

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { auth, isAgent, now = () => performance.now(), trustMs = 5_000, failures = { max: 20, windowMs: 60_000 } } = options
  const { strangersAtOnce = STRANGERS_AT_ONCE } = options
  const trusted = new Map<string, { key: StoredKey; until: number }>()
  const failed = new Map<string, { count: number; until: number }>()
  let lookUps = new Map<string, Promise<StoredKey | null>>()
  let strangers = 0

  async function keyOf(token: string, address: string): Promise<StoredKey> {
    const hash = createHash('sha256').update(token).digest('base64')
    const known = trusted.get(hash)
    if (known !== undefined && known.until > now()) return known.key
    const whose = whoseAddress(address)
    const failing = windowOf(whose)
    // A key that was good is always looked up again: behind a proxy everybody has one address.
    if (known === undefined && failing.count >= failures.max) {
      throw problem('too-many-failures', { retryAfter: Math.ceil((failing.until - now()) / 1_000) })
    }
    const key = await (lookUps.get(hash) ?? lookUp(token, hash, known === undefined))
    if (key !== null) return key
    // Counted as it is by now: others may have failed meanwhile.
    const { count, until } = windowOf(whose)
    remember(failed, whose, { count: count + 1, until })
    throw problem('key-invalid')
  }

  function windowOf(whose: string): { count: number; until: number } {
    const window = failed.get(whose)
    return window !== undefined && window.until > now() ? window : { count: 0, until: now() + failures.windowMs }
  }

  /** R4 */
  async function lookUp(token: string, hash: string, isStranger: boolean): Promise<StoredKey | null> {
    if (isStranger && strangers >= strangersAtOnce) throw problem('overloaded')
    const started = lookUps
    if (isStranger) strangers += 1
    try {
      const looking = auth.findKey(token)
      started.set(hash, looking)
      const key = await looking
      // What was read before a key was revoked here is good for those who asked before, and for nobody later.
      if (key === null) trusted.delete(hash)
      else if (started === lookUps) remember(trusted, hash, { key, until: now() + trustMs })
      return key
    } finally {
      started.delete(hash)
      if (isStranger) strangers -= 1
    }
  }

  return {
    async authenticate(headers, address) {
      const token = /^Bearer +(\S+) *$/i.exec(String(headers['authorization'] ?? ''))?.[1]
      if (token === undefined) throw problem('key-missing')
      const key = await keyOf(token, address)
      return callerOf(key, headers['baton-agent'], isAgent)
    },
    forget(keyId) {
      for (const [hash, entry] of trusted) if (entry.key.id === keyId) trusted.delete(hash)
      lookUps = new Map()
    },
  }
}

/** R2: who has an IPv6 address has the 2^64 of its network. */
function whoseAddress(address: string): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [front = [], back = []] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const left = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return `${[...front, ...left, ...back].slice(0, 4).join(':')}::/64`
}

/** Throws `permission-missing` when the caller may not. */
export function requirePermission(caller: Caller, needs: Permission): void {
  if (!caller.key.permissions.includes(needs)) throw problem('permission-missing', { needs })
}

/** The agent the caller acts as; throws `agent-missing` for a caller that is none. */
export function requireAgent(caller: Caller): string {
  if (caller.agentId === null) throw problem('agent-missing')
  return caller.agentId
}

function callerOf(key: StoredKey, header: string | string[] | undefined, isAgent: (agentId: string) => boolean): Caller {
  const asked = typeof header === 'string' && header !== '' ? header : null
  if (isOfAgent(key.kind)) {
    if (asked !== null && asked !== key.agentId) throw problem('permission-missing', { needs: 'an administrator key' })
    return asAgent(key.agentId as string)
  }
  if (asked === null) return { key, agentId: null, author: { kind: 'api', id: key.name } }
  if (key.kind !== 'administrator') throw problem('permission-missing', { needs: 'an administrator key' })
  return asAgent(asked)

  function asAgent(agentId: string): Caller {
    if (!isAgent(agentId)) throw problem('agent-unknown', { agent: agentId }) // R5
    return { key, agentId, author: { kind: 'agent', id: agentId } }
  }
}

/** Keeps the newest; a map remembers the order of insertion. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MOST_REMEMBERED) map.delete(map.keys().next().value as string)
}
