import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { startProvider } from '@baton/router/testing'
import { ERRORS, createWhatsAppChannel } from '../../src/index.ts'

import { make360dialogAccount, makeAccount } from './samples.ts'

type Answer = Parameters<typeof startProvider>[0]

const { signal } = new AbortController()
const file = Buffer.from('a small file')
const sha256 = createHash('sha256').update(file).digest()

/** A provider and a channel for one test, taken down with it. */
async function start(t: { teardown(close: () => Promise<void>): void }, answer: Answer) {
  const provider = await startProvider(answer)
  const channel = createWhatsAppChannel({ accounts: () => [] })
  t.teardown(async () => {
    await channel.close()
    await provider.close()
  })
  return { provider, channel }
}
function json(body: unknown, status = 200): { status: number; body: string } {
  return { status, body: JSON.stringify(body) }
}

void test('a send goes to the number, with the token; a compatible provider has its own path and header', async (t) => {
  const { provider, channel } = await start(t, () => json({ messages: [{ id: 'wamid.1' }] }))
  const request = {
    messageId: 'ms_1_x',
    to: { phone: '12025550123' },
    content: { kind: 'text' as const, text: 'Hi' },
    purpose: 'service' as const,
  }
  await channel.send(makeAccount({ baseUrl: `${provider.url}/`, apiVersion: 'v27.0' }), request, signal)
  await channel.send(make360dialogAccount({ baseUrl: `${provider.url}/proxy` }), request, signal)
  const [meta, other] = provider.requests
  t.match(meta, {
    method: 'POST',
    path: '/v27.0/301000000000001/messages',
    headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
  })
  t.match(other, { path: '/proxy/messages', headers: { 'd360-api-key': 'token' } })
  t.notOk(other?.headers.authorization)
})

void test('it speaks HTTP/1.1 only: over HTTP/2 the agent would repeat a send that a server turns away', async (t) => {
  const greeting = Promise.withResolvers<Buffer>()
  const tls = createServer((socket) => {
    socket.once('data', (bytes) => {
      greeting.resolve(bytes)
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  const channel = createWhatsAppChannel({ accounts: () => [] })
  t.teardown(async () => {
    await channel.close()
    tls.close()
  })
  const account = makeAccount({ baseUrl: `https://127.0.0.1:${(tls.address() as AddressInfo).port}` })
  const content = { kind: 'text' as const, text: 'Hi' }
  const outcome = await channel.send(account, { messageId: 'ms_1_x', to: { phone: '1' }, content, purpose: 'service' }, signal)
  t.match(outcome, { kind: 'failed', error: { class: 'retry' } }, 'no request was written')
  const hello = await greeting.promise
  t.ok(hello.includes('\x08http/1.1'), 'a name is preceded by its length')
  t.notOk(hello.includes('\x02h2'))
})

void test('content over a limit is refused without a call', async (t) => {
  const { provider, channel } = await start(t, () => json({ messages: [{ id: 'wamid.1' }] }))
  const content = { kind: 'text' as const, text: '' }
  const outcome = await channel.send(
    makeAccount({ baseUrl: provider.url }),
    { messageId: 'ms_1_x', to: { phone: '1' }, content, purpose: 'service' },
    signal,
  )
  t.match(outcome, { kind: 'failed', error: { class: 'final', title: 'message-over-limit', detail: /text is empty/ } })
  t.equal(provider.requests.length, 0)
})

void test('an answer without end is not read to the end', async (t) => {
  const { provider, channel } = await start(t, () => ({ status: 200, body: 'x'.repeat(2 * 1024 * 1024) }))
  t.match(await channel.markRead?.(makeAccount({ baseUrl: provider.url }), 'wamid.1', true, signal), {
    kind: 'unknown',
    reason: /more than/,
  })
})

void test('a redirect is not followed: the token stays where it was sent', async (t) => {
  const { provider, channel } = await start(t, () => ({ status: 307, body: '', headers: { location: '/elsewhere' } }))
  t.match(await channel.markRead?.(makeAccount({ baseUrl: provider.url }), 'wamid.1', false, signal), {
    kind: 'failed',
    error: { code: 307, class: 'final' },
  })
  t.equal(provider.requests.length, 1)
})

void test('an upload is a form with the file; types and sizes the provider does not take never leave', async (t) => {
  const { provider, channel } = await start(t, () => json({ id: '900' }))
  const account = makeAccount({ baseUrl: provider.url })
  t.strictSame(await channel.uploadMedia(account, { bytes: file, mimeType: 'text/plain', filename: 'a.txt' }, signal), {
    kind: 'uploaded',
    id: '900',
  })
  t.equal(provider.requests[0]?.path, '/v26.0/301000000000001/media')
  t.match(provider.requests[0]?.headers['content-type'], /^multipart\/form-data; boundary=/)
  t.match(
    provider.requests[0]?.body.toString('latin1'),
    /name="messaging_product"\r\n\r\nwhatsapp[^]*filename="a.txt"\r\nContent-Type: text\/plain\r\n\r\na small file/,
  )
  const big = new Uint8Array(5 * 1024 * 1024 + 1)
  t.match(await channel.uploadMedia(account, { bytes: big, mimeType: 'image/png', filename: 'a.png' }, signal), {
    kind: 'refused',
    code: 'media-too-large',
  })
  t.match(await channel.uploadMedia(account, { bytes: file, mimeType: 'image/bmp', filename: 'a.bmp' }, signal), {
    kind: 'refused',
    code: 'media-type-refused',
  })
  t.equal(provider.requests.length, 1)
})

void test('a refused upload gives the provider’s error, a broken one may be repeated', async (t) => {
  const { provider, channel } = await start(t, () => json({ error: { code: 190, message: 'expired' } }, 401))
  const upload = { bytes: file, mimeType: 'text/plain', filename: 'a.txt' }
  t.match(await channel.uploadMedia(makeAccount({ baseUrl: provider.url }), upload, signal), {
    kind: 'failed',
    error: { code: 190, class: 'halt' },
  })
  const broken = await start(t, () => 'drop')
  t.match(await broken.channel.uploadMedia(makeAccount({ baseUrl: broken.provider.url }), upload, signal), { kind: 'unknown' })
})

/** A provider with one file; `more` replaces what it says about it. */
function mediaServer(
  more: object = {},
  bytes: Uint8Array = file,
  url: (origin: string) => string = (origin) => `${origin}/file?ext=1`,
): Answer {
  return ({ path, headers }) => {
    const origin = `http://${headers.host}`
    if (path.startsWith('/file')) return headers.authorization === 'Bearer token' ? { status: 200, body: bytes } : json({}, 401)
    return json({ url: url(origin), mime_type: 'text/plain', sha256: sha256.toString('hex'), file_size: String(file.length), ...more })
  }
}

void test('a file is fetched by its id, with the token, and checked', async (t) => {
  const { provider, channel } = await start(t, mediaServer())
  const found = await channel.downloadMedia(makeAccount({ baseUrl: provider.url }), '900', 1_000, signal)
  t.match(found, { kind: 'downloaded', mimeType: 'text/plain', sha256: sha256.toString('hex') })
  t.ok(found.kind === 'downloaded' && file.equals(found.bytes))
  t.strictSame(
    provider.requests.map(({ path }) => path),
    ['/v26.0/900', '/file?ext=1'],
  )
})

void test('a checksum may be written in base64', async (t) => {
  const { provider, channel } = await start(t, mediaServer({ sha256: sha256.toString('base64') }))
  t.match(await channel.downloadMedia(makeAccount({ baseUrl: provider.url }), '900', 1_000, signal), { kind: 'downloaded' })
})

void test('a file that is too large, cut short or another one is refused', async (t) => {
  const cases: [code: string, answer: Answer, most: number][] = [
    ['media-too-large', mediaServer(), 5],
    ['media-corrupt', mediaServer({}, Buffer.from('a small')), 1_000],
    ['media-corrupt', mediaServer({}, Buffer.from('a_small_file')), 1_000],
    ['media-url-refused', mediaServer({}, file, () => 'http://elsewhere.example.com/file'), 1_000],
  ]
  for (const [code, answer, most] of cases) {
    const { provider, channel } = await start(t, answer)
    t.match(await channel.downloadMedia(makeAccount({ baseUrl: provider.url }), '900', most, signal), {
      kind: 'refused',
      code,
      message: ERRORS[code as keyof typeof ERRORS],
    })
  }
})

void test('a file larger than announced is not read to its end', async (t) => {
  const { provider, channel } = await start(t, mediaServer({}, new Uint8Array(100_000)))
  t.match(await channel.downloadMedia(makeAccount({ baseUrl: provider.url }), '900', 1_000, signal), {
    kind: 'unknown',
    reason: /more than 12 bytes/,
  })
})

void test('a link that ran out is asked for again, once', async (t) => {
  let links = 0
  const { provider, channel } = await start(t, (request) => {
    if (request.path.startsWith('/file')) return links === 1 ? { status: 404, body: '' } : { status: 200, body: file }
    links += 1
    return mediaServer()(request)
  })
  t.match(await channel.downloadMedia(makeAccount({ baseUrl: provider.url }), '900', 1_000, signal), { kind: 'downloaded' })
  t.equal(links, 2)
})

void test('behind a compatible provider the file comes from the provider, with its header', async (t) => {
  const { provider, channel } = await start(t, ({ path, headers }) => {
    if (headers['d360-api-key'] !== 'token') return json({}, 401)
    if (path.startsWith('/file')) return { status: 200, body: file }
    return json({ url: 'https://lookaside.fbsbx.com/file?mid=900', mime_type: 'text/plain' })
  })
  t.match(await channel.downloadMedia(make360dialogAccount({ baseUrl: provider.url }), '900', 1_000, signal), { kind: 'downloaded' })
  t.strictSame(
    provider.requests.map(({ path }) => path),
    ['/900', '/file?mid=900'],
  )
})

const template = { id: 5, name: 'order', language: 'en-US', status: 'APPROVED', category: 'UTILITY', quality_score: { score: 'GREEN' } }

void test('templates are listed to the last page, by cursor', async (t) => {
  const { provider, channel } = await start(t, ({ path }) => {
    const second = path.includes('after=CURSOR')
    return json({
      data: [{ ...template, name: second ? 'two' : 'one' }],
      paging: { cursors: { after: 'CURSOR' }, ...(!second && { next: 'https://evil.example.com/?access_token=x' }) },
    })
  })
  const listing = await channel.listTemplates(makeAccount({ baseUrl: provider.url }), signal)
  t.match(listing, {
    kind: 'listed',
    templates: [{ id: '5', name: 'one', language: 'en_US', quality: 'GREEN', components: [] }, { name: 'two' }],
  })
  t.match(provider.requests[0]?.path, /^\/v26\.0\/201000000000001\/message_templates\?fields=/)
  t.equal(provider.requests.length, 2)
})

void test('a list that breaks off is no list: missing templates would look deleted', async (t) => {
  let pages = 0
  const { provider, channel } = await start(t, () =>
    pages++ === 0 ? json({ data: [template], paging: { next: 'x', cursors: { after: 'A' } } }) : 'drop',
  )
  t.match(await channel.listTemplates(makeAccount({ baseUrl: provider.url }), signal), { kind: 'unknown' })
  const circular = await start(t, () => json({ data: [template], paging: { next: 'x', cursors: { after: 'A' } } }))
  t.match(await circular.channel.listTemplates(makeAccount({ baseUrl: circular.provider.url }), signal), {
    kind: 'unknown',
    reason: /twice/,
  })
  const refused = await start(t, () => json({ error: { code: 80007, message: '(#80007) Rate limit issues' } }, 400))
  t.match(await refused.channel.listTemplates(makeAccount({ baseUrl: refused.provider.url }), signal), {
    kind: 'failed',
    error: { class: 'wait' },
  })
})
