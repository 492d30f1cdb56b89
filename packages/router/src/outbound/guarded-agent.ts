// Owns the connections to servers that people name in a configuration. R1: an address is looked at after its name is resolved and before
// a connection is made. R2: the connection goes to that very address: no second look-up can lead elsewhere. R3: of a name that
// leads to several addresses all are allowed, or none is called.
import { lookup as systemLookup } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { networkOf } from './network.ts'
import type { Network } from './network.ts'

export interface GuardOptions {
  /** Whether an address may be called; the public internet always may. Asked for every new connection. */
  allows(address: string, network: Exclude<Network, 'public'>): boolean
  /** At once, to one server. */
  connections?: number
  /** The name server; tests bring their own. */
  lookup?: typeof systemLookup
}

/** What a name led to may not be called. */
export class AddressRefused extends Error {
  readonly code = 'address-refused'
}

/** An undici agent that calls the public internet, and otherwise what it is allowed. */
export function createGuardedAgent({ allows, connections = 32, lookup = systemLookup }: GuardOptions): Agent {
  function refusal(address: string): AddressRefused | null {
    const network = networkOf(address)
    if (network === 'public' || allows(address, network)) return null
    return new AddressRefused(`${address} is ${network === 'reserved' ? 'a reserved' : `a ${network}`} address and not called`)
  }

  const guarded: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const refused = found.map(({ address }) => refusal(address)).find((each) => each !== null) // R3
      if (refused !== undefined) return callback(refused, '')
      if (options.all === true) return callback(null, found)
      callback(null, found[0]?.address ?? '', found[0]?.family)
    })
  }

  // No HTTP/2: there an agent repeats by itself what a server turns away.
  const connect = buildConnector({ lookup: guarded, allowH2: false }) // R2
  return new Agent({
    keepAliveTimeout: 30_000,
    connections,
    connect(options, callback) {
      // A host that is an address is not looked up.
      const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
      const refused = isIP(host) === 0 ? null : refusal(host) // R1
      if (refused === null) connect(options, callback)
      else callback(refused, null)
    },
  })
}
