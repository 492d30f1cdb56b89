import fc from 'fast-check'
import t from 'tap'
import { readJson } from '../../src/contract/index.ts'

await t.test('whatever JSON.stringify writes of storable values is read as it was', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value)
      const read = readJson(text)
      // fast-check makes the name, too.
      if (text.includes('"__proto__":')) return read.kind === 'unreadable'
      return read.kind === 'json' && JSON.stringify(read.value) === text.replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\ufffd')
    }),
    { numRuns: 1_000 },
  )
  t.end()
})

await t.test('no text makes it throw, and what it gives can be written out again', (t) => {
  const piece = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', 'e999', '\\', 'u0000', 'ud800', '__proto__', ' ', 'null')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const read = readJson(pieces.join(''))
      if (read.kind === 'unreadable') return read.reason !== ''
      return JSON.stringify(read.value).isWellFormed() && !JSON.stringify(read.value).includes('\\u0000')
    }),
    { numRuns: 5_000 },
  )
  t.end()
})

await t.test('200 levels are read, 201 are not; brackets within a text are none', (t) => {
  const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2)
  t.equal(readJson(nested(200)).kind, 'json')
  t.strictSame(readJson(nested(202)), { kind: 'unreadable', reason: 'nested more than 200 levels deep' })
  t.strictSame(readJson(JSON.stringify('[{\\"'.repeat(400))), { kind: 'json', value: '[{\\"'.repeat(400) })
  t.end()
})

await t.test('no text keeps the process busy: one made of almost-too-long numbers is read about as fast as any other', (t) => {
  const msFor = (unit: string) => {
    const text = JSON.stringify(unit.repeat(500_000 / unit.length))
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now()
      t.equal(readJson(text).kind, 'json')
      return performance.now() - started
    })
    return Math.min(...times)
  }
  const ordinary = msFor('{"from":"15557770001","text":"Hello there"}, ')
  // At each digit the whole rest of its number would be read again: two hundred times as long.
  for (const unit of [`${'1'.repeat(308)}a`, `1e${'9'.repeat(5_000)}a`, `1e999${' '.repeat(5_000)}a`]) {
    const ms = msFor(unit)
    t.ok(ms < ordinary * 30, `${ms} ms, others ${ordinary} ms`)
  }
  t.end()
})

await t.test('a number beyond all numbers is refused with its place; a large one and an unusual text are not', (t) => {
  t.match(readJson('{"a":[0,{"b":1e309}]}'), { reason: 'more than can be kept: a.1.b is too large a number' })
  t.match(readJson('-1E+400'), { reason: 'more than can be kept: the value is too large a number' })
  t.match(readJson(`[${'9'.repeat(309)}]`), { reason: 'more than can be kept: 0 is too large a number' })
  t.strictSame(readJson('{"a":1e308,"b":"1e999","c":1e-999}'), { kind: 'json', value: { a: 1e308, b: '1e999', c: 0 } })
  t.end()
})
