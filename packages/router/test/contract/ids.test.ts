import t from 'tap'
import { childId, familyOf, formatId, isBornOf, newUuid, parseId, slotOf, SLOTS } from '../../src/contract/index.ts'

t.test('ids made by one process sort in the order they were made, and are all different', async (t) => {
  const ids = Array.from({ length: 20_000 }, () => newUuid(1_795_176_000_000))
  t.same(ids.toSorted(), ids)
  t.equal(new Set(ids).size, ids.length)
  t.ok(ids.every((id) => /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/.test(id)))
})

t.test('a slot is a number below 1024, the same for the same key', async (t) => {
  t.equal(slotOf('main/phone:1'), slotOf('main/phone:1'))
  const slots = new Set(Array.from({ length: 5000 }, (_, index) => slotOf(`key ${index}`)))
  t.ok([...slots].every((slot) => slot >= 0 && slot < SLOTS))
  t.ok(slots.size > 900, 'keys are spread')
})

t.test('a public id carries its slot; anything else is no id', async (t) => {
  const id = formatId('cv', 17, newUuid(Date.now()))
  t.match(parseId(id), { prefix: 'cv', slot: 17 })
  for (const wrong of [
    '',
    'cv_17',
    'cv_1024_' + newUuid(Date.now()),
    'cv_17_' + newUuid(Date.now()).toUpperCase().replace('7', 'G'),
    `${id}0`,
  ])
    t.equal(parseId(wrong), null, wrong)
})

t.test('the n-th id born of an event is always the same, and differs from every other', async (t) => {
  const event = formatId('ev', 3, newUuid(Date.now()))
  const ids = Array.from({ length: 100 }, (_, n) => childId('ms', 3, event, n))
  t.same(
    ids,
    Array.from({ length: 100 }, (_, n) => childId('ms', 3, event, n)),
  )
  t.equal(new Set(ids).size, 100)
  t.ok(ids.every((id) => parseId(id) !== null))
  t.not(childId('ms', 3, formatId('ev', 3, newUuid(Date.now())), 1), ids[1])
  t.ok(ids.every((id) => isBornOf(id, event)))
  t.notOk(isBornOf(ids[0] as string, formatId('ev', 3, newUuid(Date.now()))))
})

t.test('what is born of events sorts by event, then in the order it was born', async (t) => {
  const events = Array.from({ length: 50 }, () => formatId('ev', 3, newUuid(1_795_176_000_000)))
  const children = events.flatMap((event) => [1, 2, 3].map((n) => childId('ms', 3, event, n)))
  t.same(children.toSorted(), children)
})

t.test('an event and all that is born of it are one family, with chance at its end, whatever the child', async (t) => {
  const events = Array.from({ length: 500 }, () => formatId('ev', 3, newUuid(1_795_176_000_000)))
  const families = events.map(familyOf)
  t.equal(new Set(families).size, events.length, 'every event has its own')
  const children = events.flatMap((event) => [0, 1, 4095].map((n) => familyOf(childId('ms', 9, event, n))))
  t.same(
    children,
    families.flatMap((family) => [family, family, family]),
  )
  const upper = families.filter((family) => parseInt(family.slice(18, 20), 16) >= 0x80).length
  t.ok(upper > 150 && upper < 350, 'a sampler that looks at the last 14 digits finds a half of them above the middle')
})
