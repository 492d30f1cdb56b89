// Pure. Which servers HTTP steps may call, and which secrets may go there: a list the operator keeps, as the authors of journeys are others.
import { networkOf } from '@baton/router'

/** A server that may be called, by its rule, and the references to secrets that may be sent there. */
export interface CallableHost {
  host: string
  secrets: readonly string[]
}

/** `api.shop.example`, `api.shop.example:8443`, or `*.shop.example` for everything below it. */
export function isHostRule(rule: string): boolean {
  return /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(rule) || /^\[[0-9a-f:]+\](:\d{1,5})?$/.test(rule)
}

export function isCallable(url: string, hosts: readonly CallableHost[]): boolean {
  return rulesFor(url, hosts).length > 0
}

/** Whether a secret may be sent to a server that may be called. `in-clear`: whoever is on the way there could read it. */
export function maySend(reference: string, url: string, hosts: readonly CallableHost[]): 'yes' | 'not-listed' | 'in-clear' {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:' && hostname !== 'localhost' && networkOf(hostname) !== 'loopback') return 'in-clear'
  return rulesFor(url, hosts).some(({ secrets }) => secrets.includes(reference)) ? 'yes' : 'not-listed'
}

/** A rule without a port is about the usual one of the scheme. */
function rulesFor(url: string, hosts: readonly CallableHost[]): CallableHost[] {
  const { hostname, port, protocol } = new URL(url)
  const usual = protocol === 'https:' ? '443' : '80'
  return hosts.filter((rule) => {
    const [, host = '', wanted = usual] = /^(.+?)(?::(\d+))?$/.exec(rule.host) ?? []
    if (wanted !== (port === '' ? usual : port)) return false
    return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host
  })
}
