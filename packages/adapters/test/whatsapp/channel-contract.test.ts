import { test } from 'tap'
import type { Channel, OutgoingContent, VouchedFor } from '@baton/router'
import { channelChecks, channelContract } from '@baton/router/testing'
import type { ChannelContract } from '@baton/router/testing'
import { createWhatsAppChannel } from '../../src/index.ts'
import type { WhatsAppAccount } from '../../src/index.ts'
import { MANIFEST, makeAccount, readPayload } from './samples.ts'

type Channels = Channel<WhatsAppAccount>

const long = 'x'.repeat(5_000)
const media = { url: 'https://example.com/file' }
const options = [{ id: 'yes', title: 'Yes' }]
const contents: ChannelContract<WhatsAppAccount>['samples']['contents'] = {
  text: pair({ kind: 'text', text: 'Hello' }, { text: long }),
  image: pair({ kind: 'image', media, caption: 'A box' }, { caption: long }),
  video: pair({ kind: 'video', media }, { caption: long }),
  audio: pair({ kind: 'audio', media: { ...media, mimeType: 'audio/ogg; codecs=opus', voice: true } }, { caption: 'audio has none' }),
  document: pair({ kind: 'document', media: { id: '9', filename: 'a.pdf' } }, { media: { id: '9', url: 'https://example.com' } }),
  sticker: pair({ kind: 'sticker', media }, { media: { ...media, mimeType: 'image/png' } }),
  location: pair({ kind: 'location', latitude: 90, longitude: -180 }, { latitude: 90.1 }),
  contacts: pair({ kind: 'contacts', contacts: [{ name: { formatted_name: 'Grace' } }] }, { contacts: [] }),
  reaction: pair({ kind: 'reaction', messageId: 'wamid.1', emoji: null }, { emoji: '' }),
  buttons: pair({ kind: 'buttons', body: 'Well?', options }, { options: [...options, ...options] }),
  list: pair({ kind: 'list', body: 'When?', button: 'Choose', sections: [{ rows: options }] }, { button: long }),
  cta: pair({ kind: 'cta', body: 'Look', title: 'Open', url: 'https://example.com' }, { url: 'javascript:alert(1)' }),
  template: pair({ kind: 'template', name: 'reminder', language: 'en', variables: { '1': 'Ada' } }, { variables: { '2': 'Ada' } }),
}

function contract(spoil: (channel: Channels) => Partial<Channels> = () => ({})): ChannelContract<WhatsAppAccount> {
  return {
    create() {
      const channel = createWhatsAppChannel({ accounts: () => [makeAccount()] })
      return { channel: { ...channel, ...spoil(channel) }, close: () => channel.close() }
    },
    samples: {
      webhooks: [
        'message-text.json',
        'batch-several-entries-and-fields.json',
        'message-order.json',
        'template-status-rejected.json',
        'calls-terminate.json',
        'account-update-restriction.json',
        'message-edit-image-caption.json',
      ].map(signedWebhook),
      contents,
      to: { phone: '12025550123' },
      account: (baseUrl) => makeAccount({ baseUrl }),
      accepts: (id) => ({ status: 200, body: JSON.stringify({ messaging_product: 'whatsapp', contacts: [], messages: [{ id }] }) }),
      refuses: { status: 400, body: readPayload('api-400-131047-window.json').toString('utf8'), code: 131047, class: 'template' },
      callbackData({ body }) {
        const sent: unknown = JSON.parse(body.toString('utf8'))
        const data =
          typeof sent === 'object' && sent !== null && 'biz_opaque_callback_data' in sent ? sent.biz_opaque_callback_data : undefined
        return typeof data === 'string' ? data : undefined
      },
    },
  }
}

void test('the WhatsApp channel keeps the channel contract', (t) => channelContract(t, contract()))

const VOUCHED: VouchedFor = new Set(['301000000000001', '201000000000001'])
const ANYBODY: VouchedFor = Object.assign(new Set<string>(), { has: () => true })

/** One fault each, and the promise it breaks. The suite that lets one of them through is worth nothing. */
const FAULTS: [promise: string, spoil: (channel: Channels) => Partial<Channels>][] = [
  ['an authentic webhook is accepted and has updates', () => ({ authenticate: () => null })],
  ['a webhook is vouched for by the account it speaks of, and not for others', () => ({ authenticate: () => ANYBODY })],
  [
    'a webhook with one flipped bit is refused',
    () => ({ authenticate: ({ headers }) => ('x-hub-signature-256' in headers ? VOUCHED : null) }),
  ],
  ['a webhook without headers is refused', () => ({ authenticate: () => VOUCHED })],
  ['the headers of an authentic webhook say that it may be one, and none say that it is not', () => ({ mayBeAuthentic: () => true })],
  ['arbitrary headers do not throw and do not authenticate', (channel) => ({ authenticate: (request) => strictly(channel, request) })],
  [
    'parse never throws, whatever the bytes',
    (channel) => ({ parse: (body) => (JSON.parse(Buffer.from(body).toString('utf8')), channel.parse(body)) }),
  ],
  ['parse is deterministic', (channel) => ({ parse: (body) => ({ ...channel.parse(body), at: Math.random() }) })],
  [
    'parse reads the body: another body gives other updates',
    (channel) => ({ parse: () => channel.parse(readPayload('message-text.json')) }),
  ],
  [
    'content within the limits passes the check, for every kind the channel can send',
    () => ({ check: () => [{ path: 'text', message: 'no' }] }),
  ],
  ['content over a limit is found, for every kind the channel can send', () => ({ check: () => [] })],
  [
    'an accepted send gives the provider id, and takes our message id along',
    (channel) => ({ send: (account, request, signal) => channel.send(account, { ...request, messageId: 'ms_0_lost' }, signal) }),
  ],
  [
    'a refused send gives code and class',
    (channel) => ({ send: async (...given) => (await channel.send(...given), { kind: 'unknown', reason: '' }) }),
  ],
  [
    'a server error is never taken for accepted or final',
    (channel) => ({ send: async (...given) => (await channel.send(...given), { kind: 'accepted', providerId: 'provider-1' }) }),
  ],
  [
    'a success without a readable answer is unknown',
    (channel) => ({ send: async (...given) => (await channel.send(...given), { kind: 'accepted', providerId: 'provider-1' }) }),
  ],
  ['a connection that breaks after the request is unknown', (channel) => ({ send: twice(channel) })],
  [
    'a request that is given up while waiting for its answer is unknown',
    (channel) => ({
      send: async (...given) => {
        const outcome = await channel.send(...given)
        if (outcome.kind === 'unknown') throw new Error('given up')
        return outcome
      },
    }),
  ],
  [
    'a refused connection is a failure to be tried again: nothing was sent',
    (channel) => ({
      send: async (...given) => {
        const outcome = await channel.send(...given)
        return outcome.kind === 'failed' ? { kind: 'unknown', reason: '' } : outcome
      },
    }),
  ],
  [
    'a send given up before it began is a failure to be tried again: nothing was sent',
    (channel) => ({ send: (account, request) => channel.send(account, request, new AbortController().signal) }),
  ],
]

void test('a channel with a fault fails the promise it breaks', async (t) => {
  t.strictSame(
    FAULTS.map(([promise]) => promise),
    channelChecks(contract()).map(({ title }) => title),
    'every promise has its fault',
  )
  for (const [promise, spoil] of FAULTS) {
    const check = channelChecks(contract(spoil)).find(({ title }) => title === promise)
    await t.rejects(async () => check?.run(), promise)
  }
})

void test('a kind of content that the channel names and the samples forget fails', async (t) => {
  const { create, samples } = contract()
  const { list: _forgotten, ...rest } = contents
  const checks = channelChecks({ create, samples: { ...samples, contents: rest } })
  await t.rejects(async () => checks.find(({ title }) => title.startsWith('content over a limit'))?.run(), /no sample of list/)
})

function pair(fits: OutgoingContent, over: Record<string, unknown>): { fits: OutgoingContent; over: OutgoingContent } {
  return { fits, over: { ...fits, ...over } }
}

function signedWebhook(file: string): { headers: Record<string, string>; body: Uint8Array; url: string } {
  const signature = MANIFEST.files.find((sample) => sample.file === file)?.xHubSignature256 ?? ''
  return { headers: { 'x-hub-signature-256': signature }, body: readPayload(file), url: '/webhooks/whatsapp' }
}

/** Takes a header that came twice for a programming error. */
function strictly(channel: Channels, request: Parameters<Channels['authenticate']>[0]): VouchedFor | null {
  if (Array.isArray(request.headers['x-hub-signature-256'])) throw new TypeError('a header came twice')
  return channel.authenticate(request)
}

/** Repeats what failed: with some providers that sends twice. */
function twice(channel: Channels): Channels['send'] {
  return async (...given) => {
    const first = await channel.send(...given)
    return first.kind === 'unknown' ? channel.send(...given) : first
  }
}
