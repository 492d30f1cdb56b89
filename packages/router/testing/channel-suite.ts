// What every channel must keep, whoever wrote it. Each promise is one check that rejects when it is broken, so that the suite
// itself can be tested: a channel with one fault must fail the check of that fault.
import { deepEqual, equal, fail, notDeepEqual, ok } from 'node:assert/strict'
import * as fc from 'fast-check'
import type { Channel, ErrorClass, Identity, OutgoingContent, SendOutcome, WebhookRequest } from '../src/index.ts'
import { startProvider } from './provider.ts'
import type { Provider, ProviderRequest } from './provider.ts'

type Kind = OutgoingContent['kind']

/** What the suite has to know of a provider. */
export interface ChannelSamples<A> {
  /** Webhooks as the provider sends them, authentic for the channel that `create` makes, each with at least one update in it. */
  webhooks: WebhookRequest[]
  /** For every kind of content the channel says it can send: one that fits, and one over a documented limit. */
  contents: Partial<Record<Kind, { fits: OutgoingContent; over: OutgoingContent }>>
  to: Identity
  /** An account whose calls go to this base URL. */
  account: (baseUrl: string) => A
  /** An answer that accepts a send under this provider id. */
  accepts: (providerId: string) => { status: number; body: string }
  /** An answer that refuses it, and how the channel should read it. */
  refuses: { status: number; body: string; code: number; class: ErrorClass }
  /** Our message id, as it can be found in the provider's request: what it will echo in statuses. */
  callbackData: (request: ProviderRequest) => string | undefined
}

export interface ChannelContract<A> {
  create: () => { channel: Channel<A>; close: () => Promise<void> }
  samples: ChannelSamples<A>
}

export interface ChannelCheck {
  title: string
  run(): Promise<void>
}

/** Runs the whole contract as subtests of `t` (tap's or node's). */
export async function channelContract<A>(
  t: { test(title: string, run: () => Promise<void>): PromiseLike<unknown> },
  contract: ChannelContract<A>,
): Promise<void> {
  for (const promise of channelChecks(contract)) await t.test(promise.title, () => promise.run())
}

/** The promises one by one. */
export function channelChecks<A>(contract: ChannelContract<A>): ChannelCheck[] {
  return [...webhookChecks(contract), ...contentChecks(contract), ...sendChecks(contract)]
}

function webhookChecks<A>({ create, samples }: ChannelContract<A>): ChannelCheck[] {
  const sample = fc.constantFrom(...samples.webhooks)
  return [
    check('an authentic webhook is accepted and has updates', create, (channel) => {
      ok(samples.webhooks.length > 0, 'there are no sample webhooks')
      for (const request of samples.webhooks) {
        ok(channel.authenticate(request) !== null, 'an authentic webhook was refused')
        const parsed = channel.parse(request.body)
        ok(parsed.kind === 'updates' && parsed.updates.length > 0, 'an authentic webhook gave no update')
      }
    }),
    check('a webhook is vouched for by the account it speaks of, and not for others', create, (channel) => {
      for (const request of samples.webhooks) {
        const vouched = channel.authenticate(request)
        ok(vouched?.has('nobody') === false, 'it was vouched for an account that there is not')
        const parsed = channel.parse(request.body)
        const named = parsed.kind === 'updates' ? parsed.updates.map(({ account }) => account) : []
        ok(
          named.some((account) => account !== null && vouched.has(account)),
          'its own account was not vouched for',
        )
      }
    }),
    check('a webhook with one flipped bit is refused', create, (channel) => {
      const flip = fc.property(sample, fc.nat(), fc.integer({ min: 0, max: 7 }), (request, at, bit) => {
        const body = Uint8Array.from(request.body)
        const place = at % body.length
        body[place] = (body[place] ?? 0) ^ (1 << bit)
        return channel.authenticate({ ...request, body }) === null
      })
      fc.assert(flip)
    }),
    check('a webhook without headers is refused', create, (channel) => {
      for (const request of samples.webhooks) ok(channel.authenticate({ ...request, headers: {} }) === null, 'nothing vouched for it')
    }),
    check('the headers of an authentic webhook say that it may be one, and none say that it is not', create, (channel) => {
      for (const { headers } of samples.webhooks) {
        ok(channel.mayBeAuthentic(headers), 'an authentic webhook would not be read')
        ok(!channel.mayBeAuthentic({}), 'what nothing vouches for would be read')
      }
    }),
    check('arbitrary headers do not throw and do not authenticate', create, (channel) => {
      const names = [...new Set(samples.webhooks.flatMap(({ headers }) => Object.keys(headers)))]
      const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.stringMatching(/^(sha256=)?[0-9a-f]{64}$/))
      const headers = fc.dictionary(fc.constantFrom(...names), value)
      fc.assert(fc.property(sample, headers, (request, given) => channel.authenticate({ ...request, headers: given }) === null))
    }),
    check('parse never throws, whatever the bytes', create, (channel) => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isParsed(channel, bytes)))
      fc.assert(fc.property(fc.json(), (text) => isParsed(channel, Buffer.from(text))))
      const damaged = fc.tuple(sample, fc.nat(), fc.nat(100), fc.uint8Array({ maxLength: 20 }))
      fc.assert(fc.property(damaged, ([request, at, cut, insert]) => isParsed(channel, splice(request.body, at, cut, insert))))
      fc.assert(
        fc.property(sample, fc.nat(), fc.jsonValue(), (request, at, value) => isParsed(channel, replaceNode(request.body, at, value))),
        { numRuns: 500 },
      )
    }),
    check('parse is deterministic', create, (channel) => {
      for (const { body } of samples.webhooks) deepEqual(channel.parse(body), channel.parse(Uint8Array.from(body)))
      fc.assert(fc.property(fc.json(), (text) => (deepEqual(channel.parse(Buffer.from(text)), channel.parse(Buffer.from(text))), true)))
    }),
    check('parse reads the body: another body gives other updates', create, (channel) => {
      const [first] = samples.webhooks
      if (first !== undefined) notDeepEqual(channel.parse(first.body), channel.parse(new Uint8Array()))
    }),
  ]
}

function contentChecks<A>({ create, samples }: ChannelContract<A>): ChannelCheck[] {
  return [
    check('content within the limits passes the check, for every kind the channel can send', create, (channel) => {
      ok(channel.capabilities.content.length > 0, 'the channel can send nothing')
      for (const kind of channel.capabilities.content) deepEqual(channel.check(contentOf(samples, kind).fits), [], kind)
    }),
    check('content over a limit is found, for every kind the channel can send', create, (channel) => {
      for (const kind of channel.capabilities.content) {
        const problems = channel.check(contentOf(samples, kind).over)
        ok(problems.length > 0, `${kind}: nothing was found`)
        for (const { path, message } of problems) ok(path !== '' && message !== '', `${kind}: a problem without path or message`)
      }
    }),
  ]
}

function sendChecks<A>(contract: ChannelContract<A>): ChannelCheck[] {
  const { samples } = contract
  const messageId = 'ms_7_01900000000070008000000000000001'
  return [
    sendCheck('an accepted send gives the provider id, and takes our message id along', contract, {
      answer: () => samples.accepts('provider-1'),
      expect(outcome, provider) {
        ok(outcome.kind === 'accepted', `was ${outcome.kind}`)
        equal(outcome.providerId, 'provider-1')
        const [request] = provider.requests
        equal(request && samples.callbackData(request), messageId)
      },
    }),
    sendCheck('a refused send gives code and class', contract, {
      answer: () => samples.refuses,
      expect(outcome) {
        ok(outcome.kind === 'failed', `was ${outcome.kind}`)
        deepEqual([outcome.error.code, outcome.error.class], [samples.refuses.code, samples.refuses.class])
      },
    }),
    sendCheck('a server error is never taken for accepted or final', contract, {
      answer: () => ({ status: 500, body: '<h1>Internal Server Error</h1>' }),
      expect: (outcome) => ok(mayBeTriedLater(outcome), JSON.stringify(outcome)),
    }),
    sendCheck('a success without a readable answer is unknown', contract, {
      answer: () => ({ status: 200, body: '<h1>OK</h1>' }),
      expect: ({ kind }) => equal(kind, 'unknown'),
    }),
    sendCheck('a connection that breaks after the request is unknown', contract, {
      answer: () => 'drop',
      expect: ({ kind }) => equal(kind, 'unknown'),
    }),
    sendCheck('a request that is given up while waiting for its answer is unknown', contract, {
      answer: () => 'silence',
      expect: ({ kind }) => equal(kind, 'unknown'),
    }),
    check('a refused connection is a failure to be tried again: nothing was sent', contract.create, async (channel) => {
      const gone = await startProvider(() => 'drop')
      await gone.close()
      isRetry(await send(channel, contract, gone.url))
    }),
    check('a send given up before it began is a failure to be tried again: nothing was sent', contract.create, async (channel) => {
      const provider = await startProvider(() => samples.accepts('provider-1'))
      try {
        isRetry(await send(channel, contract, provider.url, AbortSignal.abort()))
        equal(provider.requests.length, 0)
      } finally {
        await provider.close()
      }
    }),
  ]

  function sendCheck(
    title: string,
    { create }: ChannelContract<A>,
    { answer, expect }: { answer: Parameters<typeof startProvider>[0]; expect: (outcome: SendOutcome, provider: Provider) => void },
  ): ChannelCheck {
    return check(title, create, async (channel) => {
      const provider = await startProvider(answer)
      const controller = new AbortController()
      // A provider that stays silent is given up as soon as the request is there: no clock is involved.
      void provider.silent.then(() => controller.abort())
      try {
        expect(await send(channel, contract, provider.url, controller.signal), provider)
        equal(provider.requests.length, 1, 'a send is one request')
      } finally {
        await provider.close()
      }
    })
  }

  async function send(channel: Channel<A>, { samples: { account, to } }: ChannelContract<A>, url: string, signal?: AbortSignal) {
    const content = contentOf(samples, 'text').fits
    const request = { messageId, to, content, purpose: 'service' as const }
    return channel.send(account(url), request, signal ?? new AbortController().signal)
  }
}

function check<A>(title: string, create: ChannelContract<A>['create'], run: (channel: Channel<A>) => void | Promise<void>): ChannelCheck {
  return {
    title,
    async run() {
      const { channel, close } = create()
      try {
        await run(channel)
      } finally {
        await close()
      }
    },
  }
}

function contentOf<A>(samples: ChannelSamples<A>, kind: Kind): { fits: OutgoingContent; over: OutgoingContent } {
  return samples.contents[kind] ?? fail(`there is no sample of ${kind}, which the channel says it can send`)
}

function isRetry(outcome: SendOutcome): void {
  ok(outcome.kind === 'failed' && outcome.error.class === 'retry', JSON.stringify(outcome))
}

function mayBeTriedLater(outcome: SendOutcome): boolean {
  return outcome.kind === 'unknown' || (outcome.kind === 'failed' && ['retry', 'wait'].includes(outcome.error.class))
}

function isParsed<A>(channel: Channel<A>, bytes: Uint8Array): boolean {
  const parsed = channel.parse(bytes)
  return parsed.kind === 'updates' ? Array.isArray(parsed.updates) : typeof parsed.reason === 'string'
}

function splice(body: Uint8Array, at: number, cut: number, insert: Uint8Array): Uint8Array {
  const place = at % (body.length + 1)
  return Buffer.concat([body.subarray(0, place), insert, body.subarray(place + cut)])
}

/** The body with one of its JSON nodes replaced; the body itself when it is no JSON. */
function replaceNode(body: Uint8Array, at: number, value: unknown): Uint8Array {
  const text = Buffer.from(body).toString('utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return body // a provider that posts forms: the bytes are damaged elsewhere
  }
  let nodes = 0
  JSON.stringify(json, (_, node: unknown) => ((nodes += 1), node))
  let seen = 0
  const target = at % nodes
  return Buffer.from(JSON.stringify(json, (_, node: unknown) => (seen++ === target ? value : node)))
}
