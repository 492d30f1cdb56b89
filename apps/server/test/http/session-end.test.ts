// Ending a service session, and what may come after it.
import { compileJourneys, parseJourney } from '@baton/journeys'
import { numberSettings } from '@baton/router'
import t from 'tap'
import { appOf, as, CONVERSATION, fakeParts } from './fake-parts.ts'
import type { FakeParts } from './fake-parts.ts'

const journey = (id: string, over: object) => {
  const parsed = parseJourney({ journey: id, start: 's', steps: { s: { end: 'completed' } }, ...over })
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems))
  return parsed.definition
}

/** On a number with both apps: `coupon` for everybody, and three that cannot start without more. */
function withJourneys(apps: { marketing?: string; service?: string } = { marketing: 'journeys', service: 'omni' }): FakeParts {
  const parts = fakeParts()
  const number = numberSettings.parse({ id: 'main', displayNumber: '+15550100001', provider: 'whatsapp', apps })
  const journeys = [
    journey('coupon', {}),
    journey('elsewhere', { numbers: ['second'] }),
    journey('booking', { input: ['day'] }),
    journey('old', { status: 'retired' }),
  ]
  const settings = { ...parts.deps.settings(), numbers: new Map([['main', number]]), engines: { journeys: compileJourneys(journeys, []) } }
  parts.deps.settings = () => settings
  return parts
}

await t.test('ending the service session can start the journey the customer asked for, in this order', async (t) => {
  const parts = withJourneys()
  const app = await appOf(t, parts)
  const url = `/api/v1/conversations/${CONVERSATION}/service-session/end`
  const ended = await app.inject({ method: 'POST', url, headers: as('ana-key'), payload: { startJourney: 'coupon' } })
  t.equal(ended.statusCode, 200)
  t.match(
    parts.asked.map(({ event }) => event),
    [
      { type: 'engine.event', side: 'service', name: 'session.end', by: { kind: 'agent', id: 'ana' } },
      { type: 'journey.requested', journey: 'coupon', by: { kind: 'agent', id: 'ana' } },
    ],
  )
  t.equal((await app.inject({ method: 'POST', url, headers: as('ana-key') })).statusCode, 200, 'and needs no body')
  t.equal(parts.asked.length, 3)
})

await t.test('a journey is not started when the session could not be ended', async (t) => {
  const parts = withJourneys()
  parts.next.outcome = { kind: 'refused', code: 'not-session-owner', message: 'no' }
  const app = await appOf(t, parts)
  const url = `/api/v1/conversations/${CONVERSATION}/service-session/end`
  const refused = await app.inject({ method: 'POST', url, headers: as('ana-key'), payload: { startJourney: 'coupon' } })
  t.equal(refused.statusCode, 409)
  t.equal(parts.asked.length, 1)
})

await t.test('a journey that nobody on the number can start is refused while the session is still open', async (t) => {
  const url = `/api/v1/conversations/${CONVERSATION}/service-session/end`
  const end = async (parts: FakeParts, payload: object) => {
    const app = await appOf(t, parts)
    const answer = await app.inject({ method: 'POST', url, headers: as('ana-key'), payload })
    return [answer.statusCode, answer.json().code]
  }
  for (const [payload, status, code] of [
    [{ startJourney: 'coupn' }, 422, 'journey-unknown'],
    [{ startJourney: 'elsewhere' }, 422, 'journey-not-on-number'],
    [{ startJourney: 'booking', input: { day: '' } }, 422, 'journey-input-missing'],
    [{ startJourney: 'old' }, 409, 'journey-retired'],
  ] as const) {
    const parts = withJourneys()
    t.strictSame(await end(parts, payload), [status, code])
    t.strictSame(parts.asked, [])
  }
  const parts = withJourneys({ service: 'omni' })
  t.strictSame(await end(parts, { startJourney: 'coupon' }), [422, 'marketing-not-connected'])
  t.strictSame(parts.asked, [])
  const given = withJourneys()
  t.strictSame((await end(given, { startJourney: 'booking', input: { day: 'Monday' } }))[0], 200)
  t.match(given.asked[1]?.event, { type: 'journey.requested', journey: 'booking', input: { day: 'Monday' } })
})
