// Calls as they are made: a real server, and what is read of its answers.
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createHttpCaller } from '../src/index.ts'
import { isCallable, isHostRule, maySend } from '../src/calls/hosts.ts'
import type { CallableHost } from '../src/calls/hosts.ts'
import { isJsonPath, valueAtPath } from '../src/calls/json-path.ts'
import type { CallData } from '../src/calls/request.ts'
import { readAnswer, resultOfEvent } from '../src/calls/result.ts'

const heard: { line: string; headers: IncomingHttpHeaders; body: string }[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    heard.push({ line: `${request.method} ${request.url}`, headers: request.headers, body })
    if (request.url === '/busy') response.writeHead(503, { 'retry-after': '7' }).end()
    else if (request.url !== '/silent') response.end(JSON.stringify({ price: 12, items: [{ sku: 'a' }] }))
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const host = `127.0.0.1:${port}`
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})

async function call(data: Partial<CallData>, options: { hosts?: CallableHost[]; allows?: boolean; secret?: string } = {}) {
  const { hosts = [{ host, secrets: ['env:T'] }], allows = true, secret } = options
  const caller = createHttpCaller({ hosts: () => hosts, allowsAddress: () => allows, resolveSecret: () => secret })
  t.teardown(() => caller.close())
  const whole: CallData = {
    step: 's',
    method: 'GET',
    url: `http://${host}/ok`,
    headers: {},
    secrets: {},
    timeoutMs: 5_000,
    save: {},
    attributes: {},
    key: 'ca_1',
    ...data,
  }
  const request = { callId: 'ca_2', target: 'order', conversationId: 'cv_1', data: whole, history: [], timeoutMs: 5_000 }
  const answer = await caller.call(request, new AbortController().signal)
  return resultOfEvent(structuredClone(answer))?.result
}

await t.test('the request is what the step says, with secrets filled in and the key of the call', async (t) => {
  const data = {
    method: 'POST',
    headers: { 'x-size': 'L' },
    secrets: { authorization: { reference: 'env:T', prefix: 'Bearer ' } },
    body: { a: 'ä"' },
    save: { price: { path: '$.price' } },
    attributes: { sku: { path: '$.items[0].sku' } },
  } as const
  const made = await call(data, { secret: 'hush' })
  t.strictSame(made, { kind: 'answered', status: 200, answers: { price: 12 }, attributes: { sku: 'a' } })
  await call(data, { secret: 'hush' })
  for (const each of heard.splice(0))
    t.match(each, {
      line: 'POST /ok',
      headers: { 'x-size': 'L', authorization: 'Bearer hush', 'idempotency-key': 'ca_1', 'content-type': 'application/json' },
      body: '{"a":"ä\\""}',
    })
})

await t.test('no call is made to a host that is not listed, to an address that is not public, or without its secret', async (t) => {
  heard.length = 0
  t.match(await call({}, { hosts: [{ host: 'shop.example', secrets: [] }] }), { reason: 'call-host-refused', again: false })
  t.match(await call({}, { allows: false }), { reason: 'call-address-refused', again: false })
  t.match(await call({ secrets: { 'x-key': { reference: 'env:T', prefix: '' } } }), {
    reason: 'call-secret-missing',
    detail: 'env:T',
    again: false,
  })
  t.same(heard, [])
})

await t.test('a secret goes only where the operator lets it, also when the journey was published while it might', async (t) => {
  heard.length = 0
  const secrets = { 'x-key': { reference: 'env:WHATSAPP_ACCESS_TOKEN', prefix: '' } }
  t.match(await call({ secrets }, { secret: 'hush' }), {
    reason: 'call-secret-refused',
    detail: `env:WHATSAPP_ACCESS_TOKEN to ${host}`,
    again: false,
  })
  const plain = { host: 'shop.example', secrets: ['env:WHATSAPP_ACCESS_TOKEN'] }
  t.match(await call({ secrets, url: 'http://shop.example/' }, { secret: 'hush', hosts: [plain] }), {
    reason: 'call-secret-refused',
    detail: 'env:WHATSAPP_ACCESS_TOKEN to shop.example, by plain http',
  })
  t.same(heard, [])
})

await t.test('a server that is busy, silent or gone may be tried again', async (t) => {
  t.match(await call({ url: `http://${host}/busy` }), { reason: 'call-status', status: 503, again: true, afterMs: 7_000 })
  t.match(await call({ url: `http://${host}/silent`, timeoutMs: 50 }), { reason: 'call-timeout', again: true })
  t.match(await call({ url: 'http://127.0.0.1:1/', timeoutMs: 500 }, { hosts: [{ host: '127.0.0.1:1', secrets: [] }] }), {
    reason: 'call-unreachable',
    again: true,
  })
})

await t.test('an answer gives everything that is wanted of it, or none', async (t) => {
  const wants = { save: { a: { path: '$.a' }, b: { path: '$.b', default: 0 } }, attributes: {} }
  const read = (text: string, status = 200) => readAnswer(wants, { status, text, retryAfter: null })
  t.strictSame(read('{"a":{"c":1}}'), { kind: 'answered', status: 200, answers: { a: { c: 1 }, b: 0 }, attributes: {} })
  t.match(read('{"b":1}'), { kind: 'failed', reason: 'call-value-missing', detail: 'nothing at $.a' })
  t.match(read('{"a":null}'), { reason: 'call-value-missing' })
  t.match(read(''), { reason: 'call-value-missing' })
  t.match(read('<html>'), { reason: 'call-not-json', again: false })
  t.match(read(JSON.stringify({ a: 'x'.repeat(9_000) })), { reason: 'call-too-large' })
  for (const [status, again] of [
    [302, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
  ] as const)
    t.match(read('{"a":1}', status), { reason: 'call-status', status, again })
  t.match(readAnswer({ save: {}, attributes: {} }, { status: 204, text: '', retryAfter: null }), { kind: 'answered', status: 204 })
})

await t.test('places in an answer', async (t) => {
  const value = { a: [{ 'odd name': 1, b: false }], n: null }
  t.equal(valueAtPath(value, '$.a[0]["odd name"]'), 1)
  t.equal(valueAtPath(value, '$.a[0].b'), false)
  t.equal(valueAtPath(value, '$'), value)
  for (const path of ['$.n', '$.a[1]', '$.a.length', '$.toString', '$[0]', '$.a["0"]']) t.equal(valueAtPath(value, path), undefined, path)
  for (const path of ['$', '$.a.b-c[12]', '$["ä"]']) t.ok(isJsonPath(path), path)
  for (const path of ['a', '$.', '$..a', '$.a[*]', '$.a[-1]', '$[?(@.a)]', '$["a\\"b"]']) t.notOk(isJsonPath(path), path)
})

await t.test('a host is called if a rule names it, with its port', async (t) => {
  const cases: [string, string, boolean][] = [
    ['https://api.shop.example/x', 'api.shop.example', true],
    ['https://api.shop.example:443/x', 'api.shop.example:443', true],
    ['http://api.shop.example/x', 'api.shop.example:80', true],
    ['https://api.shop.example:8443/x', 'api.shop.example', false],
    ['https://api.shop.example:8443/x', 'api.shop.example:8443', true],
    ['https://API.shop.example', '*.shop.example', true],
    ['https://shop.example', '*.shop.example', false],
    ['https://evilshop.example', '*.shop.example', false],
    ['https://shop.example.evil', 'shop.example', false],
    ['http://[::1]:9/', '[::1]:9', true],
    ['http://[::1]:9/', '[::1]', false],
  ]
  for (const [url, rule, may] of cases) {
    t.ok(isHostRule(rule), rule)
    t.equal(isCallable(url, [{ host: rule, secrets: [] }]), may, `${url} by ${rule}`)
  }
  for (const rule of ['*', '*.', 'https://a.b', 'a.b/c', 'a.*.b', 'Shop.example', '']) t.notOk(isHostRule(rule), rule)
})

await t.test('a secret is sent to the hosts that list it, and nowhere in clear', async (t) => {
  const hosts = [
    { host: '*.shop.example', secrets: ['env:ALL'] },
    { host: 'api.shop.example', secrets: ['file:/run/key'] },
    { host: 'other.example', secrets: [] },
    ...['10.0.0.7', '127.0.0.1', '[::1]', 'localhost'].map((local) => ({ host: local, secrets: ['env:ALL'] })),
  ]
  const cases: [string, string, ReturnType<typeof maySend>][] = [
    ['env:ALL', 'https://api.shop.example/x', 'yes'],
    ['file:/run/key', 'https://api.shop.example/x', 'yes'],
    ['file:/run/../run/key', 'https://api.shop.example/x', 'not-listed'],
    ['file:/run/key', 'https://www.shop.example', 'not-listed'],
    ['env:ALL', 'https://other.example', 'not-listed'],
    ['env:ALL', 'http://api.shop.example/x', 'in-clear'],
    ['env:ALL', 'http://10.0.0.7', 'in-clear'],
    ['env:ALL', 'http://127.0.0.1', 'yes'],
    ['env:ALL', 'http://[::1]/', 'yes'],
    ['env:ALL', 'http://localhost', 'yes'],
  ]
  for (const [reference, url, may] of cases) t.equal(maySend(reference, url, hosts), may, `${reference} to ${url}`)
})
