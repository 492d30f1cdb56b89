// Pure. Where an address leads, so that what people write into a configuration, or a name server answers, cannot make this process
// call what only it can reach.
import { BlockList, isIP } from 'node:net'

/** `link-local` is also where clouds tell a machine its own credentials. `reserved`: leads nowhere a service could be, or to an
 * address inside an address. */
export type Network = 'public' | 'loopback' | 'private' | 'link-local' | 'reserved'

/** The addresses by which clouds tell a machine what is its own, that lie in no range for it: Azure, Alibaba, Oracle, AWS, Google. */
const CLOUDS = ['168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32', 'fd00:ec2::/32', 'fd20:ce::/32']

const RANGES: readonly (readonly [Exclude<Network, 'public'>, readonly string[]])[] = [
  ['link-local', ['169.254.0.0/16', 'fe80::/10', ...CLOUDS]],
  ['loopback', ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10']],
  ['reserved', ['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3']],
  // Of IPv6 only this eighth is given out; Teredo, documentation and 6to4 lie within it.
  ['reserved', ['2001::/32', '2001:db8::/32', '2002::/16', '3fff::/20']],
]
const GIVEN_OUT = networks(['2000::/3'])
const LISTS = RANGES.map(([network, ranges]) => [network, networks(ranges)] as const)

/** Of an IPv4 or IPv6 address as text; what is none is `reserved`. */
export function networkOf(address: string): Network {
  const plain = plainAddress(address)
  const family = isIP(plain)
  if (family === 0) return 'reserved'
  const found = LISTS.find(([, list]) => list.check(plain, family === 6 ? 'ipv6' : 'ipv4'))
  if (found !== undefined) return found[0]
  return family === 4 || GIVEN_OUT.check(plain, 'ipv6') ? 'public' : 'reserved'
}

/** Whether an address lies in one of these networks, written as `10.0.0.0/8`. */
export function inNetworks(address: string, list: BlockList): boolean {
  const plain = plainAddress(address)
  const family = isIP(plain)
  return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** Networks as they are looked up; throws on what `isNetwork` refuses. */
export function networks(written: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of written) {
    const [address = '', bits = ''] = range.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

/** Whether a text is a network such as `10.0.0.0/8` or `fd12::/48`. */
export function isNetwork(written: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(written) ?? []
  const family = isIP(address)
  return family !== 0 && !address.includes('%') && Number(bits) <= (family === 4 ? 32 : 128)
}

/** The shortest way to write an address; an IPv4 one that is written as an IPv6 one is the IPv4 address. */
export function plainAddress(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical)
  if (mapped === null) return canonical
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
