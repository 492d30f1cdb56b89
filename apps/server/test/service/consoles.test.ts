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
    groupOf: (id) => (id === 'zoe' ? null : id === 'far' ? 'group/far' : 'group/default'),
    leaseMs: () => leaseMs,
    async renew(key, agentIds) {
      told.push(`${key} ${agentIds.toSorted().join(' ')}`)
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

await t.test('a console that shows itself is told at once, with all others of its group, and again while it is there', async (t) => {
  const { consoles, told, until } = world(t)
  const leave = consoles.open('ana')
  const leaveToo = consoles.open('ana')
  t.equal(consoles.seen('ben'), 90)
  consoles.open('far')
  consoles.open('zoe')
  await until(() => told.length >= 4)
  t.same(told.slice(0, 2).toSorted(), ['group/default ana ben', 'group/far far'], 'whoever is in no group is nobody to vouch for')
  t.ok(told.slice(2).includes('group/default ana'), 'ben gave no further sign of life')
  leave()
  leave()
  told.length = 0
  await until(() => told.includes('group/default ana'))
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
  t.same(new Set(told), new Set(['group/default ana']))
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
