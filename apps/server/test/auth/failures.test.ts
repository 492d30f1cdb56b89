import t from 'tap'
import { createAuthenticator } from '../../src/auth/authenticate.ts'
import type { StoredKey } from '../../src/auth/auth.ts'

const STORED: StoredKey = {
  id: 'k',
  name: 'crm',
  kind: 'integration',
  agentId: null,
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
