import t from 'tap'
import { createAuthenticator } from '../../src/auth/authenticate.ts'
import type { StoredKey } from '../../src/auth/auth.ts'

const STORED: StoredKey = {
  id: 'k',
  name: 'crm',
  kind: 'integration',
  agentId: null,
  by: null,
  permissions: [],
  start: '',
  createdAt: 0,
  expiresAt: null,
}
const PROXY = '10.0.0.1'

await t.test('wrong keys from an address stop strangers, and nobody whose key was good before', async (t) => {
  let now = 0
  let revoked = false
  const authenticator = createAuthenticator({
    auth: { findKey: (key) => Promise.resolve(key === 'good' && !revoked ? STORED : null) },
    isAgent: () => false,
    now: () => now,
    failures: { max: 3, windowMs: 60_000 },
  })
  const call = (key: string) => authenticator.authenticate({ authorization: `Bearer ${key}` }, PROXY)
  t.match(await call('good'), { key: { name: 'crm' } })
  for (let i = 0; i < 3; i++) await t.rejects(call(`wrong-${i}`), { code: 'key-invalid' })
  await t.rejects(call('wrong'), { code: 'too-many-failures' })
  now = 10_000 // longer than a key is trusted without a look
  t.match(await call('good'), { key: { name: 'crm' } }, 'behind a proxy everybody has one address')
  revoked = true
  now = 20_000
  await t.rejects(call('good'), { code: 'key-invalid' })
  await t.rejects(call('good'), { code: 'too-many-failures' }, 'a key that is revoked is a stranger from then on')
})

await t.test('wrong keys are counted by whose address it is: an IPv4 one however it is written, the network of an IPv6 one', async (t) => {
  const stopped = async (first: string, second: string) => {
    const authenticator = createAuthenticator({
      auth: { findKey: () => Promise.resolve(null) },
      isAgent: () => false,
      now: () => 0,
      failures: { max: 1, windowMs: 60_000 },
    })
    const call = (address: string) => authenticator.authenticate({ authorization: 'Bearer wrong' }, address)
    await t.rejects(call(first), { code: 'key-invalid' })
    return call(second).then(
      () => false,
      (error: { code: string }) => error.code === 'too-many-failures',
    )
  }
  t.ok(await stopped('192.0.2.7', '::ffff:192.0.2.7'))
  t.ok(await stopped('::ffff:c000:0207', '192.0.2.7'))
  t.notOk(await stopped('::ffff:192.0.2.7', '::ffff:192.0.2.8'))
  t.ok(await stopped('2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'))
  t.ok(await stopped('2001:0DB8:1::5:0:0:7', '2001:db8:1:0:9::'))
  t.ok(await stopped('fe80::1%eth0', 'fe80::2'))
  t.ok(await stopped('::1', '::2'))
  t.notOk(await stopped('2001:db8:1:2::1', '2001:db8:1:3::1'))
  t.notOk(await stopped('2001:db8::1', '2001:db8:0:1::1'))
})

await t.test('wrong keys that come at once count as those that come one after the other', async (t) => {
  const authenticator = createAuthenticator({
    auth: { findKey: () => Promise.resolve(null) },
    isAgent: () => false,
    now: () => 0,
    failures: { max: 3, windowMs: 60_000 },
  })
  const call = (key: string) => authenticator.authenticate({ authorization: `Bearer ${key}` }, PROXY)
  await Promise.allSettled(['one', 'two', 'three'].map(call))
  await t.rejects(call('four'), { code: 'too-many-failures' })
})

await t.test('a key has one look-up under way, and unknown keys only so many; one that was good is always looked up', async (t) => {
  let now = 0
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  const looked: string[] = []
  const authenticator = createAuthenticator({
    auth: {
      async findKey(key) {
        looked.push(key)
        await gate.promise
        return key.startsWith('good') ? STORED : null
      },
    },
    isAgent: () => false,
    now: () => now,
    strangersAtOnce: 2,
  })
  const call = (key: string) => authenticator.authenticate({ authorization: `Bearer ${key}` }, PROXY)
  await call('good')
  now = 10_000
  gate = Promise.withResolvers()
  looked.length = 0
  const waiting = ['good-1', 'good-2', 'good-1', 'good', 'good'].map(call)
  await t.rejects(call('good-3'), { code: 'overloaded' })
  t.strictSame(looked, ['good-1', 'good-2', 'good'])
  gate.resolve()
  t.equal((await Promise.all(waiting)).length, 5)
  t.match(await call('good-3'), { key: { name: 'crm' } }, 'there is room again')
})

await t.test('a key that is revoked here while it is looked up is not trusted by what was read before', async (t) => {
  const gate = Promise.withResolvers<void>()
  let revoked = false
  const authenticator = createAuthenticator({
    auth: {
      async findKey() {
        const found = revoked ? null : STORED
        await gate.promise
        return found
      },
    },
    isAgent: () => false,
    now: () => 0,
  })
  const call = () => authenticator.authenticate({ authorization: 'Bearer good' }, PROXY)
  const before = call()
  revoked = true
  authenticator.forget(STORED.id)
  const after = call()
  gate.resolve()
  t.match(await before, { key: { name: 'crm' } })
  await t.rejects(after, { code: 'key-invalid' })
  await t.rejects(call(), { code: 'key-invalid' })
})
