import { test } from 'tap'
import * as fc from 'fast-check'
import { byText, OrderedMap } from '../../src/group/ordered-map.ts'

const change = fc.record({ key: fc.nat(25).map((letter) => String.fromCharCode(97 + letter)), value: fc.option(fc.nat(9)) })

void test('it holds what a map and a sorted list hold, whatever is put in and taken out, and earlier ones stay as they were', async (t) => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
      let map = new OrderedMap<string, number>(byText)
      const plain = new Map<string, number>()
      for (const { key, value } of changes) {
        const before = [...map]
        const next = value === null ? map.without(key) : map.with(key, value)
        if (JSON.stringify([...map]) !== JSON.stringify(before)) return false
        map = next
        if (value === null) plain.delete(key)
        else plain.set(key, value)
        const keys = [...plain.keys()].toSorted()
        const isSame =
          JSON.stringify([...map]) === JSON.stringify(keys.map((each) => plain.get(each))) &&
          map.size === keys.length &&
          map.get(key) === plain.get(key) &&
          map.first() === plain.get(keys[0] ?? '') &&
          map.rank(key) === keys.filter((each) => each < key).length
        if (!isSame) return false
      }
      return true
    }),
  )
  t.pass()
})

void test('it stays low: in order, in reverse and at random', async (t) => {
  const count = 4_000
  const orders = [
    Array.from({ length: count }, (_, index) => index),
    Array.from({ length: count }, (_, index) => count - index),
    Array.from({ length: count }, (_, index) => (index * 2_654_435_761) % 4_294_967_296),
  ]
  for (const order of orders) {
    let compared = 0
    const compare = (a: number, b: number): number => {
      compared += 1
      return a - b
    }
    const full = order.reduce((map, key) => map.with(key, key), new OrderedMap<number, number>(compare))
    const half = order.slice(0, count / 2).reduce((map, key) => map.without(key), full)
    for (const [map, keys] of [
      [full, order],
      [half, order.slice(count / 2)],
    ] as const) {
      compared = 0
      t.ok(keys.every((key) => map.get(key) === key))
      t.ok(compared < keys.length * 20, `${compared / keys.length} comparisons to find one of ${keys.length}`)
    }
  }
})
