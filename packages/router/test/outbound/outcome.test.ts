import * as fc from 'fast-check'
import { test } from 'tap'
import type { ErrorClass, ProviderError, Purpose, SendOutcome } from '@baton/router'
import { afterGrace, backoff, nextStep } from '../../src/outbound/outcome.ts'
import type { Attempt } from '../../src/outbound/outcome.ts'

const LIMITS = { maxTries: 5, unknownTries: 3, graceMs: 60_000 }
const NOW = 1_000_000

function attempt(more: Partial<Attempt> = {}): Attempt {
  return { id: 'ob_1_a', tries: 1, purpose: 'service', expiresAt: null, now: NOW, ...more }
}
function failed(error: Partial<ProviderError>): SendOutcome {
  return { kind: 'failed', error: { code: 1, class: 'retry', title: 'x', ...error } }
}

void test('an accepted message is settled', async (t) => {
  const accepted = { kind: 'accepted', providerId: 'w', heldForQuality: true, recipient: { phone: '1' } } as const
  t.same(nextStep(accepted, attempt(), LIMITS), accepted)
})

void test('a temporary error is retried later and later, at most so many times', async (t) => {
  const waits = [1, 2, 3, 4].map((tries) => {
    const step = nextStep(failed({}), attempt({ tries }), LIMITS)
    return step.kind === 'later' ? step.at - NOW : -1
  })
  t.same(
    waits,
    waits.toSorted((a, b) => a - b),
    'each wait is longer than the one before',
  )
  t.ok(waits.every((wait) => wait > 0))
  t.match(nextStep(failed({}), attempt({ tries: 5 }), LIMITS), { kind: 'failed', code: 'tries-exhausted' })
  t.match(nextStep(failed({ maxTries: 2 }), attempt({ tries: 2 }), LIMITS), { kind: 'failed', code: 'tries-exhausted' })
  t.equal(nextStep(failed({ maxTries: 2 }), attempt({ tries: 1 }), LIMITS).kind, 'later')
})

void test('a retry never comes before the provider allows it', async (t) => {
  const step = nextStep(failed({ retryAfterMs: 600_000 }), attempt(), LIMITS)
  t.match(step, { kind: 'later', at: NOW + 600_000, bulk: true, slow: null })
})

void test('the backoff is the same for the same id and try, within half and all of its step', async (t) => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 60 }), (id, tries) => {
      const full = Math.min(1_000 * 2 ** (tries - 1), 300_000)
      const wait = backoff(id, tries)
      return wait === backoff(id, tries) && wait >= full / 2 && wait <= full
    }),
  )
  t.not(backoff('a', 5), backoff('b', 5), 'and differs between rows')
})

void test('a pair that is too fast waits 4^x seconds, alone', async (t) => {
  const pair = failed({ class: 'wait', scope: 'pair', code: 131056 })
  const waits = [1, 2, 3].map((tries) => nextStep(pair, attempt({ tries }), LIMITS))
  t.match(waits, [{ at: NOW + 1_000, slow: { scope: 'pair', until: NOW + 1_000 } }, { at: NOW + 4_000, bulk: false }, { at: NOW + 16_000 }])
})

void test('a wait for the number slows the number and is no try of the message', async (t) => {
  const number = failed({ class: 'wait', scope: 'number', code: 130429 })
  const step = nextStep(number, attempt({ tries: 50 }), LIMITS)
  t.match(step, { kind: 'later', counts: false, bulk: false, slow: { scope: 'number' } })
})

void test('what is to be tried again after its time is over waits all the same: the customer may write until then', async (t) => {
  const step = nextStep(failed({ retryAfterMs: 9_000 }), attempt({ expiresAt: NOW + 9_000 }), LIMITS)
  t.match(step, { kind: 'later', at: NOW + 9_000, counts: true })
})

void test('refusals are told by what they mean', async (t) => {
  t.match(nextStep(failed({ class: 'template', code: 131047 }), attempt(), LIMITS), { kind: 'failed', code: 'window-closed' })
  t.match(nextStep(failed({ class: 'final', optOut: true }), attempt(), LIMITS), { kind: 'failed', code: 'customer-opted-out' })
  t.match(nextStep(failed({ class: 'final', templateUnusable: true }), attempt(), LIMITS), { kind: 'failed', code: 'template-unusable' })
  t.match(nextStep(failed({ class: 'final', title: 'No', detail: 'such user', code: 7 }), attempt(), LIMITS), {
    kind: 'failed',
    code: 'provider-refused',
    reason: '7 No: such user',
  })
  t.equal(nextStep(failed({ class: 'halt' }), attempt(), LIMITS).kind, 'halted')
})

void test('an unknown outcome leaves the statuses a grace, but for one-time codes', async (t) => {
  const unknown: SendOutcome = { kind: 'unknown', reason: 'time-out' }
  t.match(nextStep(unknown, attempt(), LIMITS), { kind: 'uncertain', at: NOW + 60_000 })
  t.match(nextStep(unknown, attempt({ purpose: 'authentication' }), LIMITS), { kind: 'uncertain', at: NOW })
})

void test('marketing that may have been sent is never repeated, whatever happened to it', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.option(fc.integer({ min: 0, max: 2 * NOW })), (tries, expiresAt) => {
      return afterGrace(attempt({ purpose: 'marketing', tries, expiresAt }), LIMITS) === 'abandon'
    }),
  )
  for (const purpose of ['service', 'utility', 'authentication'] satisfies Purpose[]) {
    t.equal(afterGrace(attempt({ purpose }), LIMITS), 'repeat')
    t.equal(afterGrace(attempt({ purpose, tries: 3 }), LIMITS), 'abandon', 'nor is anything else for ever')
    t.equal(afterGrace(attempt({ purpose, expiresAt: NOW }), LIMITS), 'abandon', 'nor after its time')
  }
})

void test('every failure leads somewhere: again in the future, to an end, or to a halt', async (t) => {
  const errors = fc.record({
    code: fc.nat(),
    title: fc.string(),
    class: fc.constantFrom<ErrorClass[]>('retry', 'wait', 'template', 'final', 'halt'),
    scope: fc.constantFrom('message', 'pair', 'number', 'account'),
    retryAfterMs: fc.nat({ max: 10 ** 9 }),
  }) as fc.Arbitrary<ProviderError>
  fc.assert(
    fc.property(errors, fc.integer({ min: 1, max: 100 }), (error, tries) => {
      const step = nextStep({ kind: 'failed', error }, attempt({ tries }), LIMITS)
      if (step.kind === 'later') return step.at >= NOW + (error.class === 'wait' ? 0 : 1) && (tries < LIMITS.maxTries || !step.counts)
      return step.kind === 'failed' || (step.kind === 'halted' && error.class === 'halt')
    }),
  )
  t.pass('held for every error')
})
