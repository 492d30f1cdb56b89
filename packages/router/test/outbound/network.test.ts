import t from 'tap'
import { inNetworks, isNetwork, networkOf, networks } from '../../src/outbound/network.ts'

const KINDS = {
  public: ['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1', '::ffff:8.8.8.8', '100.128.0.1', '172.32.0.1', '168.63.129.15'],
  loopback: ['127.0.0.1', '127.8.8.8', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '[::ffff:7f00:1]'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fdff::1', '::ffff:10.0.0.1'],
  'link-local': [
    '169.254.169.254',
    '::ffff:a9fe:a9fe',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '::ffff:168.63.129.16',
  ],
  // NAT64, 6to4, Teredo, compatible: each carries an IPv4 address that the list of its own would not see.
  reserved: [
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    'ff02::1',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '2001:0:1::1',
    '::7f00:1',
    'no',
  ],
} as const

for (const [network, addresses] of Object.entries(KINDS)) {
  await t.test(`what is ${network}`, async (t) => {
    for (const address of addresses) t.equal(networkOf(address), network, address)
  })
}

await t.test('a network is written as an address and its bits', async (t) => {
  for (const written of ['10.0.0.0/8', '127.0.0.1/32', 'fd12::/48', '::/0']) t.ok(isNetwork(written), written)
  for (const written of ['10.0.0.0', '10.0.0.0/33', 'shop.example/8', 'fd12::/129', 'fe80::%1/10', '10.0.0.0/8/8', ''])
    t.notOk(isNetwork(written), written)
})

await t.test('an address is in a network however it is written', async (t) => {
  const list = networks(['10.1.0.0/16', 'fd12::/48'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::9']) t.ok(inNetworks(address, list), address)
  for (const address of ['10.2.0.1', 'fd13::9', 'shop.example']) t.notOk(inNetworks(address, list), address)
})
