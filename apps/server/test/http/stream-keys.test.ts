import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { appOf, as, fakeParts } from './fake-parts.ts'

/** Follows an event stream and reads it to its end. */
async function follow(address: string, key: string, headers: Record<string, string> = {}) {
  const request = get(address, { headers: { ...as(key), ...headers }, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  const follower = { hasEnded: false, ended: once(response, 'end').then(() => void (follower.hasEnded = true)) }
  return follower
}

await t.test('the streams of an agent end when the configuration has them no more, with a key of their own or for them', async (t) => {
  const parts = fakeParts()
  parts.deps.keyLookMs = 1
  const app = await appOf(t, parts)
  const address = `${await app.listen({ host: '127.0.0.1', port: 0 })}/api/v1/events`
  const ana = await follow(address, 'ana-key')
  const forAna = await follow(address, 'admin-key', { 'baton-agent': 'ana' })
  const administrator = await follow(address, 'admin-key')
  parts.agentIds.delete('ana')
  await Promise.all([ana.ended, forAna.ended])
  t.notOk(administrator.hasEnded)
  t.match(await app.inject({ url: '/api/v1/events', headers: as('ana-key') }), { statusCode: 422 }, 'and none begins')
})

await t.test('the streams of a key end when it is revoked; a look at the keys that fails ends none', async (t) => {
  const parts = fakeParts()
  parts.deps.keyLookMs = 1
  const { auth } = parts.deps
  const goodOf = auth.goodOf.bind(auth)
  let looks = 0
  auth.goodOf = (ids) => ((looks += 1) <= 3 ? Promise.reject(new Error('gone')) : goodOf(ids))
  const looked = async (times: number) => {
    for (const before = looks; looks < before + times;) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const app = await appOf(t, parts)
  const api = `${await app.listen({ host: '127.0.0.1', port: 0 })}/api/v1`
  const ana = await follow(`${api}/events`, 'ana-key')
  const observer = await follow(`${api}/events`, 'look-key')
  const engine = await follow(`${api}/work-items/events`, 'engine-key')
  await looked(5)
  t.notOk(ana.hasEnded || observer.hasEnded || engine.hasEnded)
  for (const key of ['ana-key', 'engine-key']) parts.keys.delete(key)
  await Promise.all([ana.ended, engine.ended])
  t.strictSame(parts.consoles, ['+ana', '-ana'], 'and with it the console')
  await looked(2)
  t.notOk(observer.hasEnded, 'the others go on')
})
