import { test } from 'tap'
import type { SendOutcome } from '@baton/router'
import { providerError } from '../../src/whatsapp/error-table.ts'
import { answeredError, readOutcome, sendOutcome } from '../../src/whatsapp/outcome.ts'
import { MANIFEST, readPayload } from './samples.ts'

/** What each recorded answer of the provider means. */
const ANSWERS: Record<string, SendOutcome | { error: object }> = {
  'api-200-send-phone.json': {
    kind: 'accepted',
    providerId: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQzM0VGOUY1QkZFMjRBM0YwMzJGMQA=',
    recipient: { phone: '12025550123', userId: 'US.10000000000000000123' },
  },
  'api-200-send-bsuid.json': {
    kind: 'accepted',
    providerId: 'wamid.HBgFYnN1aWQVAgARGBQ5MTZDNkI5M0MwQkU5RDY2NThDMgA=',
    recipient: { userId: 'US.10000000000000000147' },
  },
  'api-200-send-template-held.json': {
    kind: 'accepted',
    providerId: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ4M0YzNDRCNjkwQjNDRjM0Qzc1MgA=',
    recipient: { phone: '12025550123' },
    heldForQuality: true,
  },
  // Of another call: no message id, so nothing is known about a message.
  'api-200-media-url.json': { kind: 'unknown', reason: 'HTTP 200 without a readable answer' },
  'api-400-130429-throughput.json': { error: { code: 130429, class: 'wait', scope: 'number', retryAfterMs: 1_000 } },
  'api-400-131047-window.json': { error: { code: 131047, class: 'template', scope: 'message', title: 'Re-engagement message' } },
  'api-400-100-invalid-parameter.json': { error: { code: 100, class: 'final', detail: 'Parameter name is missing in the request.' } },
  'api-404-132001-template.json': { error: { code: 132001, class: 'final' } },
  'api-400-133010-not-registered.json': { error: { code: 133010, class: 'halt', scope: 'number' } },
  'api-403-368-blocked.json': { error: { code: 368, class: 'halt', scope: 'account' } },
  'api-400-80007-waba-rate.json': { error: { code: 80007, class: 'wait', scope: 'account' } },
  'api-500-131057-maintenance.json': { error: { code: 131057, class: 'retry', retryAfterMs: 60_000 } },
}
const samples = MANIFEST.files.filter(({ provider }) => provider === 'cloud-api-response')

for (const { file, kind, expect } of samples) {
  void test(`${file}: ${expect}`, async (t) => {
    const status = Number(kind.split(' ')[1])
    const body: unknown = JSON.parse(readPayload(file).toString('utf8'))
    const outcome = sendOutcome({ kind: 'answered', status, body })
    const expected = ANSWERS[file]
    if (expected !== undefined && 'kind' in expected) t.strictSame(outcome, expected)
    else t.match(outcome, { kind: 'failed', ...expected })
  })
}

void test('every recorded answer has an expectation', async (t) => {
  t.strictSame(new Set(Object.keys(ANSWERS)), new Set(samples.map(({ file }) => file)))
})

/** Class by code, as the provider documents it: R retry, W wait, T template, F final, H halt. */
const DOCUMENTED = `
  H 0 190 3 10 200 210 299 131005 368 131031 131037 33 131042 131044 131045 131048 131064 133010 134011 133000 133005 133006 133008 133009
  R 1 2 133004 131000 131016 131057 2494100 134101
  W 4 80007 130429 131056 131049 132069 133015
  T 131047
  F 130497 133016 100 131008 131009 135000 131021 131026 131030 131050 130472 130403 131051 131052 131053 131055 134100 131060 131061
  F 131065 131062 131063 131070 132000 132001 132005 132007 132008 132012 132018 132015 132016 132068 134102 137000 138000 138021 131020
  F 131041 131201 131215 130501 2388019 2388040 2388047 2388072 2388073 2388293 2388299 2593107 2593108 2593109`
const LETTERS: Record<string, string> = { H: 'halt', R: 'retry', W: 'wait', T: 'template', F: 'final' }

void test('every documented code has the documented class', async (t) => {
  for (const line of DOCUMENTED.trim().split('\n')) {
    const [letter = '', ...codes] = line.trim().split(' ')
    for (const code of codes.map(Number)) {
      t.equal(providerError({ code }).class, LETTERS[letter], String(code))
      t.equal(providerError({ code }).undocumented, undefined, `${code} is known`)
    }
  }
})

void test('an unknown code is final: it is never tried again blindly', async (t) => {
  t.match(providerError({ code: 999_999, title: 'New' }), { class: 'final', title: 'New', undocumented: true })
})

void test('bounds and waits of single codes', async (t) => {
  t.match(providerError({ code: 1 }), { maxTries: 2 }, 'an invalid request is tried once more')
  t.match(providerError({ code: 131000 }), { maxTries: 3 })
  t.match(providerError({ code: 131056 }), { scope: 'pair', retryAfterMs: 1_000 }, 'only this customer waits')
  t.match(providerError({ code: 131049 }), { retryAfterMs: 86_400_000, scope: 'message' }, 'a day at least')
  t.match(providerError({ code: 131050 }), { optOut: true })
  t.equal(providerError({ code: 131026 }).optOut, undefined)
})

void test('a file link that timed out is tried once more, a broken one is not', async (t) => {
  t.match(mediaError('Media download from URL timed out'), { class: 'retry', maxTries: 2 })
  t.match(mediaError('Media download from URL failed: HTTP 404.'), { class: 'final' })
})

void test('without an error of the provider only the HTTP status speaks', async (t) => {
  t.match(errorOf(401, 'Invalid api key'), { class: 'halt', scope: 'account', code: 401 })
  t.match(errorOf(403), { class: 'halt' })
  t.match(errorOf(404), { class: 'final' })
  t.match(errorOf(429), { class: 'wait', scope: 'number', retryAfterMs: 1_000 })
  for (const status of [408, 500, 502, 503, 504, 200]) t.equal(errorOf(status), null, `${status} does not tell whether it was carried out`)
})

void test('an error object in a success does not count as a refusal', async (t) => {
  const body = { error: { code: 131047 } }
  t.strictSame(sendOutcome({ kind: 'answered', status: 200, body }), { kind: 'unknown', reason: 'HTTP 200 without a readable answer' })
})

void test('a read receipt is done when the provider says so', async (t) => {
  t.strictSame(readOutcome({ kind: 'answered', status: 200, body: { success: true } }, 'wamid.1'), {
    kind: 'accepted',
    providerId: 'wamid.1',
  })
  t.match(readOutcome({ kind: 'answered', status: 200, body: { success: false } }, 'wamid.1'), { kind: 'unknown' })
  t.match(readOutcome({ kind: 'not-sent', reason: 'ECONNREFUSED' }, 'wamid.1'), { kind: 'failed', error: { class: 'retry' } })
})

function mediaError(details: string): ReturnType<typeof providerError> {
  return providerError({ code: 131053, error_data: { details } })
}
function errorOf(status: number, body?: unknown): ReturnType<typeof answeredError> {
  return answeredError({ status, body })
}
