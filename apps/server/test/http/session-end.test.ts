// Ending a service session, and what may come after it.
import t from 'tap'
import { appOf, as, CONVERSATION, fakeParts } from './fake-parts.ts'

const URL = `/api/v1/conversations/${CONVERSATION}/service-session/end`

await t.test(
  'ending the service session can start the journey the customer asked for: one event, so that both happen or neither',
  async (t) => {
    const parts = fakeParts()
    const app = await appOf(t, parts)
    const end = (payload?: object) =>
      app.inject({ method: 'POST', url: URL, headers: as('ana-key'), ...(payload === undefined ? {} : { payload }) })
    t.equal((await end({ startJourney: 'booking', input: { day: 'Monday' } })).statusCode, 200)
    t.equal((await end()).statusCode, 200, 'and needs no body')
    const by = { kind: 'agent', id: 'ana' }
    t.strictSame(
      parts.asked.map(({ event }) => event),
      [
        { type: 'journey.requested', journey: 'booking', by, input: { day: 'Monday' }, endsSession: true },
        { type: 'engine.event', side: 'service', name: 'session.end', data: {}, by },
      ],
    )
  },
)

await t.test('what refuses the journey refuses the end', async (t) => {
  for (const [code, status] of [
    ['journey-unknown', 422],
    ['journey-input-missing', 422],
    ['journey-opted-out', 409],
    ['journey-retired', 409],
    ['not-session-owner', 409],
    ['marketing-not-connected', 422],
  ] as const) {
    const parts = fakeParts()
    parts.next.outcome = { kind: 'refused', code, message: 'no' }
    const app = await appOf(t, parts)
    const refused = await app.inject({ method: 'POST', url: URL, headers: as('ana-key'), payload: { startJourney: 'coupon' } })
    t.strictSame([refused.statusCode, refused.json().code], [status, code])
    t.equal(parts.asked.length, 1)
  }
})
