// What closes by itself closes in time, and one timer sees to it.
import fc from 'fast-check'
import t from 'tap'
import { COUPON } from '../world/journeys.ts'
import { createWorld, HOUR } from '../world/world.ts'
import type { Customer, World } from '../world/world.ts'

const DAY = 24 * HOUR
const APPROVED = { 'news/en': { status: 'APPROVED', category: 'MARKETING' } }

const machineOf = ({ actor }: Customer) => (actor.state as { machine: { replyWindow: string; marketingSession: string } }).machine
const openIn = (who: Customer) => [machineOf(who).replyWindow, machineOf(who).marketingSession]

function campaign(who: Customer): void {
  const content = { kind: 'template', name: 'news', language: 'en' } as const
  who.event({ type: 'send.requested', content, purpose: 'marketing', by: { kind: 'campaign', id: 'c1' } })
}

t.test('one timer sees to the reply window and the marketing session: that of the next that closes', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  const closing = () => world.timers(mary).filter((name) => name === 'reply-window' || name === 'marketing-session')
  mary.says('coupon')
  t.same([openIn(mary), closing()], [['open', 'open'], ['reply-window']])
  world.advance(12 * HOUR)
  mary.says('coupon')
  world.advance(12 * HOUR)
  t.same([openIn(mary), closing()], [['open', 'open'], ['reply-window']], 'a later message keeps the window open')
  world.advance(12 * HOUR)
  t.same([openIn(mary), closing()], [['closed', 'open'], ['marketing-session']])
  world.advance(29 * DAY)
  t.same([openIn(mary), closing()], [['closed', 'closed'], []])
  t.equal(mary.view().marketingSession?.closedBy, 'expiry')
})

t.test('a marketing session that is shorter than the reply window closes first', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  world.number.marketingSessions.validFor = HOUR
  const mary = world.customer()
  mary.says('coupon')
  world.advance(HOUR)
  t.same(openIn(mary), ['open', 'closed'])
  world.advance(23 * HOUR)
  t.same(openIn(mary), ['closed', 'closed'])
})

t.test('whatever happens in between, neither is open past its time', async () => {
  const happenings: Record<string, (world: World, mary: Customer) => void> = {
    writes: (_world, mary) => mary.says('hello'),
    'wrote yesterday': (world, mary) => mary.says('late', { at: world.now() - 20 * HOUR }),
    campaign: (_world, mary) => campaign(mary),
    'window closed early': (world, mary) => {
      const failed = { messageId: 'ms_1', author: { kind: 'campaign', id: 'c1' }, reason: 'closed', triedAt: world.now() } as const
      mary.event({ type: 'send.failed', ...failed, code: 'window-closed' })
    },
    'two hours': (world) => world.advance(2 * HOUR),
    'a day': (world) => world.advance(DAY),
  }
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 48 }),
      fc.array(fc.constantFrom(...Object.keys(happenings)), { minLength: 1, maxLength: 12 }),
      (validFor, names) => {
        const world = createWorld({ templates: APPROVED })
        // Nobody is connected: no timer of theirs brings the turn about.
        world.number.apps = {}
        world.number.marketingSessions.validFor = validFor * HOUR
        const mary = world.customer()
        for (const name of names) {
          happenings[name]?.(world, mary)
          look(world, mary)
        }
        for (let hour = 0; hour < 80; hour += 1) {
          world.advance(HOUR)
          look(world, mary)
        }
      },
    ),
    // The second opening must not move the only timer past the end of the session.
    { numRuns: 300, examples: [[22, ['writes', 'two hours', 'campaign', 'window closed early', 'writes']]] },
  )

  function look(world: World, mary: Customer): void {
    const { state } = mary.actor
    if (state === null) return
    const { replyWindowClosesAt, marketingSessions } = state as { replyWindowClosesAt: number; marketingSessions: { closesAt: number }[] }
    const { replyWindow, marketingSession } = machineOf(mary)
    if (replyWindow === 'open' && replyWindowClosesAt <= world.now()) throw new Error('the reply window is open past its time')
    if (marketingSession === 'open' && (marketingSessions.at(-1)?.closesAt ?? 0) <= world.now())
      throw new Error('the marketing session is open past its time')
  }
})
