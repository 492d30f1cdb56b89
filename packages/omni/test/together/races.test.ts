// An offer is open to Ana, and everything that can happen to it happens at once: a thousand schedules for each race
// of what is said and what is delivered.
import { test } from 'tap'
import * as fc from 'fast-check'
import { API } from '../service/session-world.ts'
import { counted, held, simulation } from './simulation.ts'
import type { Operation, Simulation } from './simulation.ts'

const RUNS = 1000

/** Mary's work is offered to Ana. The offer's id is the one that all later answers name. */
function offeredToAna(): { world: Simulation; offerId: string } {
  const world = simulation()
  world.run({ do: 'presence', agent: 'ana', status: 'online' })
  world.run({ do: 'says', who: 0 })
  world.settle()
  return { world, offerId: world.group.offersOf('ana')[0]?.offerId ?? '' }
}

const answer = (agent: string, accept: boolean): Operation => ({ do: 'answer', agent, accept })
const transfer = (to: string): Operation => ({ do: 'transfer', who: 0, to, by: API })
const end: Operation = { do: 'act', who: 0, name: 'session.end', by: API }
const aMinute: Operation = { do: 'wait', minutes: 1, stopped: false }

/** What happens in each schedule, in this order. */
const RACES: [name: string, Operation[]][] = [
  ['late accept', [aMinute, answer('ana', true)]],
  ['double accept', [answer('ana', true), answer('ana', true)]],
  ['accept after transfer', [transfer('queue:billing'), answer('ana', true)]],
  ['end during hand-off', [transfer('agent:ben'), end]],
]
/** What may happen as well, before, between and after. */
const OTHERS: Operation[] = [
  answer('ana', true),
  answer('ana', false),
  answer('ben', true),
  transfer('queue:billing'),
  transfer('agent:ben'),
  end,
  { do: 'act', who: 0, name: 'session.inactive', by: API },
  { do: 'says', who: 0 },
  { do: 'presence', agent: 'ana', status: 'offline' },
  { do: 'presence', agent: 'ben', status: 'online' },
  aMinute,
]
const delivery = fc.constantFrom<Operation>({ do: 'deliver', to: -1 }, { do: 'deliver', to: 0 })
const scheduleOf = (race: Operation[]) =>
  fc
    .tuple(
      fc.shuffledSubarray(OTHERS, { maxLength: 6 }),
      fc.array(fc.nat(6), { minLength: race.length, maxLength: race.length }),
      fc.array(fc.array(delivery, { maxLength: 2 }), { minLength: OTHERS.length }),
    )
    .map(([others, places, gaps]) => {
      const at = places.toSorted((a, b) => a - b)
      const all = race.reduceRight((steps, racer, index) => steps.toSpliced(at[index] as number, 0, racer), others)
      return all.flatMap((step, index) => [...(gaps[index] ?? []), step])
    })

for (const [name, race] of RACES)
  void test(`${name}: at most one answer to an offer is heard, a refused one changes nothing, and the two sides agree afterwards`, async (t) => {
    const seen = { accepted: 0, refused: 0, ended: 0 }
    fc.assert(
      fc.property(scheduleOf(race), (steps) => {
        const { world, offerId } = offeredToAna()
        let heard = 0
        for (const step of steps) {
          const before = JSON.stringify(world.group.state().items)
          world.run(step.do === 'answer' ? { ...step, offerId } : step)
          if (step.do !== 'answer') continue
          const outcome = world.outcomes.at(-1)
          if (outcome?.kind === 'done') {
            heard += 1
            seen.accepted += step.accept ? 1 : 0
            if (step.agent !== 'ana') throw new Error('Ben answered an offer to Ana')
            continue
          }
          seen.refused += 1
          if (!['offer-gone', 'offer-not-yours'].includes(outcome?.code ?? '')) throw new Error(`refused as ${outcome?.code}`)
          if (JSON.stringify(world.group.state().items) !== before) throw new Error('a refused answer changed the work')
        }
        if (heard > 1) throw new Error(`${heard} answers to one offer were heard`)
        world.settle()
        const [session] = world.sessions
        if (session === undefined || held(session) !== counted(world, 0))
          throw new Error(`${session && held(session)} is not ${counted(world, 0)}`)
        if (session.state.session === null) seen.ended += 1
      }),
      { numRuns: RUNS },
    )
    // The races are run, not only set up.
    t.ok(Math.min(seen.accepted, seen.refused, seen.ended) > RUNS / 40, JSON.stringify(seen))
  })
