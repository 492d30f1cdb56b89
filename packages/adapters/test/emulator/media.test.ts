import { createHash } from 'node:crypto'
import { test } from 'tap'
import { ADA, at, HOUR, NUMBER, start, TOKEN } from './world-under-test.ts'
import type { Answer } from './world-under-test.ts'

const PNG = Buffer.from('iVBORw0KGgo=', 'base64')
const bearer = { authorization: `Bearer ${TOKEN}` }

async function upload(url: string, bytes: Uint8Array, type: string, fields: Record<string, string> = { messaging_product: 'whatsapp' }) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([Uint8Array.from(bytes)], { type }), 'file.bin')
  const answer = await fetch(`${url}/v26.0/${NUMBER}/media`, { method: 'POST', headers: bearer, body: form })
  return { status: answer.status, body: (await answer.json()) as Answer }
}

async function downloadStatus(address: string, headers: Record<string, string> = bearer): Promise<number> {
  const answer = await fetch(address, { headers })
  await answer.arrayBuffer()
  return answer.status
}

await test('an uploaded file is found, downloaded with the token, and sent', async (t) => {
  const { emulator, api, send, url } = await start(t)
  const { body } = await upload(url, PNG, 'image/png')
  const found = await api('GET', `/v26.0/${body.id}`)
  t.match(found.body, {
    messaging_product: 'whatsapp',
    id: body.id,
    mime_type: 'image/png',
    file_size: String(PNG.length),
    sha256: createHash('sha256').update(PNG).digest('hex'),
  })
  const file = await fetch(found.body.url, { headers: bearer })
  t.equal(file.headers.get('content-type'), 'image/png')
  t.same(Buffer.from(await file.arrayBuffer()), PNG)
  emulator.say(NUMBER, ADA, 'hi')
  t.equal((await send({ to: `+${ADA}`, type: 'image', image: { id: body.id } })).status, 200)
  t.match(emulator.chat(NUMBER, ADA).at(-1), { media: { id: body.id, mimeType: 'image/png' } })
  t.equal((await send({ to: `+${ADA}`, type: 'video', video: { id: body.id } })).body.error.code, 131053, 'an image is no video')
})

await test('a download needs the token, and a URL that is not forged and no older than 5 minutes', async (t) => {
  const { clock, api, url } = await start(t)
  const { body } = await upload(url, PNG, 'image/png')
  const other = await upload(url, Buffer.from('other'), 'application/pdf')
  const { url: address } = (await api('GET', `/v26.0/${body.id}`)).body
  t.equal(await downloadStatus(address, {}), 401)
  t.equal(await downloadStatus(address.replace(`mid=${body.id}`, `mid=${other.body.id}`)), 404)
  t.equal(await downloadStatus(address.replace(/ext=\d+/, 'ext=9999999999')), 404)
  clock.advance(299_000)
  t.equal(await downloadStatus(address), 200)
  clock.advance(1000)
  t.equal(await downloadStatus(address), 404)
  t.equal(await downloadStatus((await api('GET', `/v26.0/${body.id}`)).body.url), 200, 'a new URL works')
})

await test('an uploaded id lives 30 days, one from a customer 7', async (t) => {
  const { emulator, clock, api, url, messages } = await start(t)
  const { body } = await upload(url, PNG, 'image/png')
  emulator.sendMedia(NUMBER, ADA, 'image')
  await emulator.settled()
  const theirs = String(at(messages(), 0, 'image', 'id'))
  const status = async (id: string) => (await api('GET', `/v26.0/${id}`)).status
  clock.advance(7 * 24 * HOUR - 1)
  t.same([await status(body.id), await status(theirs)], [200, 200])
  clock.advance(1)
  t.same([await status(body.id), await status(theirs)], [200, 400])
  clock.advance(23 * 24 * HOUR)
  t.equal(await status(body.id), 400)
})

await test('a file can be deleted', async (t) => {
  const { api, url } = await start(t)
  const { body } = await upload(url, PNG, 'image/png')
  t.same(await api('DELETE', `/v26.0/${body.id}`), { status: 200, body: { success: true } })
  t.equal((await api('DELETE', `/v26.0/${body.id}`)).body.error.code, 100)
})

await test('files of another type, too large, or without their form fields are refused', async (t) => {
  const { url, api } = await start(t)
  t.equal((await upload(url, PNG, 'image/gif')).body.error.code, 100)
  t.equal((await upload(url, Buffer.alloc(5 * 1024 * 1024 + 1), 'image/png')).body.error.code, 131053)
  t.equal((await upload(url, PNG, 'image/png', {})).body.error.code, 100)
  t.equal((await api('POST', `/v26.0/${NUMBER}/media`, { messaging_product: 'whatsapp' })).body.error.code, 100)
  t.match(
    await upload(url, PNG, 'application/octet-stream', { messaging_product: 'whatsapp', type: 'image/png' }),
    { status: 200 },
    'the type field wins',
  )
})

await test("a customer's file comes with its hash and a link that can be downloaded", async (t) => {
  const { emulator, messages } = await start(t)
  emulator.sendMedia(NUMBER, ADA, 'document', { bytes: PNG, mimeType: 'image/png', filename: 'ä.png', caption: 'look' })
  emulator.sendMedia(NUMBER, ADA, 'audio')
  emulator.sticker(NUMBER, ADA)
  await emulator.settled()
  const [document, audio, sticker] = messages()
  t.match(document, {
    type: 'document',
    document: { filename: 'ä.png', caption: 'look', mime_type: 'image/png', sha256: createHash('sha256').update(PNG).digest('base64') },
  })
  t.match(audio, { audio: { mime_type: 'audio/ogg; codecs=opus', voice: true } })
  t.match(sticker, { sticker: { mime_type: 'image/webp', animated: false } })
  const url = String(at(document, 'document', 'url'))
  const file = await fetch(url, { headers: bearer })
  t.same(Buffer.from(await file.arrayBuffer()), PNG)
})

await test('the oldest files go when the memory for them is full', async (t) => {
  const { api, url } = await start(t, { keep: { mediaBytes: 20 } })
  const one = await upload(url, PNG, 'image/png')
  const two = await upload(url, PNG, 'image/png')
  const three = await upload(url, PNG, 'image/png')
  const found = await Promise.all([one, two, three].map(async ({ body }) => (await api('GET', `/v26.0/${body.id}`)).status))
  t.same(found, [400, 200, 200])
})
