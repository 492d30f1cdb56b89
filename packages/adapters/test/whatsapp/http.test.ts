import { test } from 'tap'
import { Agent } from 'undici'
import { startProvider } from '@baton/router/testing'
import { exchange } from '../../src/whatsapp/http.ts'

const { signal } = new AbortController()
const common = { method: 'POST' as const, headers: {}, body: '{}', signal, timeoutMs: 5_000, maxBytes: 1_000 }

void test('what is given up while it waits for a connection was not sent, and never will be', async (t) => {
  const provider = await startProvider(({ path }) => (path === '/first' ? 'silence' : { status: 200, body: '{"ok":true}' }))
  const agent = new Agent({ connections: 1 })
  t.teardown(async () => {
    await agent.destroy()
    await provider.close()
  })
  const first = new AbortController()
  const one = exchange(agent, { ...common, url: `${provider.url}/first`, signal: first.signal })
  await provider.silent
  const late = await exchange(agent, { ...common, url: `${provider.url}/late`, timeoutMs: 20 })
  t.match(late, { kind: 'not-sent', reason: /time-out/ })
  const stopped = new AbortController()
  const waiting = exchange(agent, { ...common, url: `${provider.url}/stopped`, signal: stopped.signal })
  stopped.abort()
  t.match(await waiting, { kind: 'not-sent', reason: /abort/ })
  t.match(await exchange(agent, { ...common, url: `${provider.url}/never`, signal: stopped.signal }), { kind: 'not-sent' })
  first.abort()
  t.match(await one, { kind: 'no-answer', reason: /abort/ })
  t.same(await exchange(agent, { ...common, url: `${provider.url}/after` }), { kind: 'answered', status: 200, body: { ok: true } })
  t.same(
    provider.requests.map(({ path }) => path),
    ['/first', '/after'],
  )
})

void test('what is given up after it was written may have been sent', async (t) => {
  const provider = await startProvider(() => 'silence')
  const agent = new Agent()
  t.teardown(async () => {
    await agent.destroy()
    await provider.close()
  })
  t.match(await exchange(agent, { ...common, url: provider.url, timeoutMs: 500 }), { kind: 'no-answer', reason: /time-out/ })
  t.equal(provider.requests.length, 1)
})

void test('nobody listens: not sent', async (t) => {
  const provider = await startProvider(() => ({ status: 200, body: '' }))
  await provider.close()
  const agent = new Agent()
  t.teardown(() => agent.destroy())
  t.match(await exchange(agent, { ...common, url: provider.url }), { kind: 'not-sent', reason: /ECONNREFUSED/ })
  t.match(await exchange(agent, { ...common, url: 'no address' }), { kind: 'not-sent', reason: /URL/ })
})
