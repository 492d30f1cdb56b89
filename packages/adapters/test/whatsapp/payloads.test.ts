import { readdirSync } from 'node:fs'
import { test } from 'tap'
import type { ChannelUpdate } from '@baton/router'
import { createWhatsAppChannel } from '../../src/index.ts'
import { AT } from './expected.ts'
import { MESSAGES } from './expected-messages.ts'
import { NOTICES } from './expected-notices.ts'
import { STATUSES } from './expected-statuses.ts'
import { MANIFEST, make360dialogAccount, makeAccount, readPayload } from './samples.ts'
import type { Sample } from './samples.ts'

const NEWS = ['template', 'account', 'kept']
const EXPECTED = { ...MESSAGES, ...STATUSES, ...NOTICES }
const channel = createWhatsAppChannel({ accounts: () => [makeAccount(), make360dialogAccount()] })
const webhooks = MANIFEST.files.filter(({ provider }) => provider === 'cloud' || provider === '360dialog')

for (const sample of webhooks) {
  void test(`${sample.file} (${sample.provider}): ${sample.expect}`, async (t) => {
    const body = readPayload(sample.file)
    t.equal(body.length, sample.bytes, 'the sample is byte for byte the one that was signed')
    t.ok(channel.authenticate({ headers: signatureHeader(sample), body, url: '/webhooks/whatsapp' }), 'its signature is accepted')

    const parsed = channel.parse(body)
    const found = parsed.kind === 'unreadable' ? parsed.reason : parsed.updates.map(withoutTime).map(withoutIds)
    t.strictSame(found, EXPECTED[sample.file])
    if (parsed.kind === 'updates') for (const update of parsed.updates) checkOrigin(update, body.toString('utf8'), t)
  })
}

void test('every sample of the manifest is covered, and every covered one is in the manifest', async (t) => {
  const files = readdirSync(new URL('../payloads/', import.meta.url)).filter((file) => file !== 'manifest.json')
  t.strictSame(new Set(files), new Set(MANIFEST.files.map(({ file }) => file)))
  t.strictSame(new Set(Object.keys(EXPECTED)), new Set(webhooks.map(({ file }) => file)))
})

void test('the samples of Twilio wait for its adapter', async (t) => {
  const skipped = MANIFEST.files.filter(({ provider }) => provider.startsWith('twilio'))
  t.equal(skipped.length, 15)
  for (const { file, expect } of skipped) void t.skip(`${file}: ${expect}`, async () => {})
})

void test('members that nobody reads stay in what is kept', async (t) => {
  t.match(rawOf('message-unknown-extra-fields.json'), { message: { brand_new: { x: null } }, contact: { new_contact_prop: true } })
  t.match(rawOf('message-identity-key-hash.json'), { contact: { identity_key_hash: 'DF2lS5v2W6x=' } })
})

function rawOf(file: string): unknown {
  const parsed = channel.parse(readPayload(file))
  const [update] = parsed.kind === 'updates' ? parsed.updates : []
  return update?.kind === 'message' ? update.message.raw : undefined
}

function signatureHeader(sample: Sample): Record<string, string> {
  if (sample.x360dialogSignature_hex !== undefined) return { 'x-360dialog-signature': sample.x360dialogSignature_hex }
  if (sample.xHubSignature256 === undefined) throw new Error(`${sample.file} has no signature in the manifest`)
  return { 'x-hub-signature-256': sample.xHubSignature256 }
}

/** What the table compares. */
function withoutIds(update: unknown): unknown {
  return JSON.parse(JSON.stringify(update, (name, value: unknown) => (name === 'raw' || name === 'providerId' ? undefined : value)))
}

/** News have no time of their own but their entry's, which the table leaves out. */
function withoutTime(update: ChannelUpdate): unknown {
  const { at: _, ...rest } = update as ChannelUpdate & { at?: number }
  return NEWS.includes(update.kind) ? rest : update
}

/** What the table leaves out: ids are the sample's, and what came is kept. */
function checkOrigin(
  update: ChannelUpdate,
  text: string,
  t: { ok(found: unknown, message: string): void; equal(a: unknown, b: unknown, message: string): void },
): void {
  const ids = [...JSON.stringify(update).matchAll(/"providerId":"([^"]+)"/g)].map((match) => match[1])
  for (const id of ids) t.ok(text.includes(`"id": "${id}"`), 'the provider id is in the sample')
  if (update.kind === 'message' || update.kind === 'echo') {
    const { raw } = update.message
    t.ok(typeof raw === 'object' && raw !== null && 'message' in raw, 'the message is kept as it came')
    t.equal(JSON.stringify(raw).includes(update.message.providerId), true, 'and it is the same message')
  }
  // What another product says is kept whole, and not read.
  const hasTime = text.includes('"time": 1795176000') && !text.includes('"object": "page"')
  if (NEWS.includes(update.kind)) t.equal('at' in update ? update.at : null, hasTime ? AT : null, "its time is its entry's")
  if ('raw' in update)
    t.ok(text.replace(/\s+/g, '').includes(JSON.stringify(update.raw).replace(/\s+/g, '').slice(0, 40)), 'the notice is kept as it came')
}
