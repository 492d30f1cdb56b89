import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import { createConsoles } from '../../src/service/consoles.ts'

/** Leases of 90 ms: a round every 30. */
function world(t: { teardown(end: () => unknown): void }, leaseMs = 90) {
  const told: string[] = []
  const waiting = new Set<() => void>()
  let broken = false
  const consoles = createConsoles({
    isAgent: (id) => id !== 'zoe',
    leaseMs: () => leaseMs,
    async renew(agentIds) {
      told.push(agentIds.toSorted().join(' '))
      for (const call of waiting) call()
      if (broken) throw new Error('gone')
    },
    log: pino({ level: 'silent' }),
    soonMs: 5,
  })
  // Its own timers keep no process alive.
  const alive = setInterval(() => undefined, 1_000)
  t.teardown(() => clearInterval(alive))
  t.teardown(() => consoles.close())
  return {
    consoles,
    told,
    break: (is: boolean) => (broken = is),
    async until(test: () => boolean) {
      while (!test()) await new Promise<void>((resolve) => waiting.add(resolve))
    },
  }
}

await t.test('a console that shows itself is told at once, with all others, and again while it is there', async (t) => {
  const { consoles, told, until } = world(t)
  const leave = consoles.open('ana')
  const leaveToo = consoles.open('ana')
  t.equal(consoles.seen('ben'), 90)
  consoles.open('cleo')
  consoles.open('zoe')
  await until(() => told.length >= 2)
  t.equal(told[0], 'ana ben cleo', 'whoever is no agent is nobody to vouch for')
  t.ok(told.slice(1).includes('ana cleo'), 'ben gave no further sign of life')
  leave()
  leave()
  told.length = 0
  await until(() => told.includes('ana cleo'))
  leaveToo()
  told.length = 0
  await until(() => told.length > 2)
  t.notOk(
    told.slice(1).some((line) => line.includes('ana')),
    'her last console has vanished',
  )
})

await t.test('what could not be told is in the next round', async (t) => {
  const { consoles, told, until, break: breakIt } = world(t)
  breakIt(true)
  consoles.seen('ana')
  await until(() => told.length === 2)
  breakIt(false)
  await until(() => told.length === 3)
  t.same(new Set(told), new Set(['ana']))
  await pause(60)
  t.equal(told.length, 3, 'and then no more')
})

await t.test('after the end nobody is vouched for', async (t) => {
  const { consoles, told } = world(t)
  consoles.open('ana')
  await consoles.close()
  await pause(30)
  t.same(told, [])
})
