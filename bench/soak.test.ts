// What is made of a soak's samples.
import { test } from 'tap'
import { dueOf } from './load.ts'
import type { LoadWindow } from './load.ts'
import { plot } from './plot.ts'
import { secondsBetween } from './soak.ts'
import { soakPanels } from './soak-plot.ts'
import type { Sample } from './soak.ts'
import { createTally } from './tally.ts'
import { bytesEachMessage, soakVerdict, trendOf } from './verdict.ts'

const SECOND = 1_000_000
/** A message a second, of two customers in turn. */
const PLAN = { rate: 1, run: '01', customers: 2, newcomers: null, phoneNumberIds: ['1'] }
const [ANA, BEN] = ['1555010000000', '1555010000001'] as const

function window(due: number, answers: { index: number; at: number; status: number }[] = []): LoadWindow {
  return {
    due,
    answers: {
      index: Uint32Array.from(answers, ({ index }) => index),
      at: Float64Array.from(answers, ({ at }) => at),
      status: Uint16Array.from(answers, ({ status }) => status),
    },
    lag: new Float64Array(),
    done: false,
  }
}

test('a reply settles the oldest message of its customer, in whichever interval it comes', async (t) => {
  const tally = createTally(PLAN, SECOND)
  t.match(tally.add([], window(3)), { messages: 3, doubled: 0, refused: 0 }, 'Ana, Ben, Ana')
  t.equal(tally.owed(), 3)
  const first = tally.add([{ digits: ANA, callbackData: 'a', at: dueOf(SECOND, 1, 2) }], window(3))
  t.match(first, { messages: 0, reply: { p50: 2_000 }, doubled: 0 }, 'counted from the first message')
  t.equal(tally.owed(), 2)
  t.match(tally.add([{ digits: ANA, callbackData: 'a', at: 9 * SECOND }], window(3)), { doubled: 1 }, 'the same again settles nothing')
  t.equal(tally.owed(), 2)
  t.match(tally.add([{ digits: BEN, callbackData: 'b', at: 9 * SECOND }], window(4)), { doubled: 0, messages: 1 })
  t.match(tally.add([{ digits: '15550199', callbackData: 'c', at: 9 * SECOND }], window(4)), { doubled: 1 }, 'nobody wrote')
  t.equal(tally.owed(), 2, 'the second messages of both')
})

test('a message that was refused is owed nothing, one that was acknowledged is', async (t) => {
  const tally = createTally(PLAN, SECOND)
  const interval = tally.add(
    [],
    window(3, [
      { index: 0, at: 1.5 * SECOND, status: 200 },
      { index: 2, at: 4 * SECOND, status: 503 },
    ]),
  )
  t.match(interval, { refused: 1, ack: { p50: 500 } })
  t.equal(tally.owed(), 2)
  t.match(tally.add([{ digits: ANA, callbackData: 'a', at: 2 * SECOND }], window(3)), { reply: { p50: 1_000 } }, 'the first is left')
})

test('a line through the second half is found, whatever the first did', async (t) => {
  const points = Array.from({ length: 100 }, (_, index) => ({ at: index * 10, value: index < 50 ? index * 99 : 200 + index }))
  const trend = trendOf(points)
  t.equal(Math.round(trend?.perHour ?? 0), 360)
  t.equal(trend?.mean, 274.5)
  t.equal(trendOf(points.slice(0, 2)), null)
})

test('an hour of the same is flat, one of growth is not', async (t) => {
  t.notMatch(soakVerdict({ samples: hour(0), lost: 0, doubled: 0 }), /not|missed|short/)
  const grown = soakVerdict({ samples: hour(1), lost: 1, doubled: 0 }).split('\n')
  t.match(
    grown.find((row) => row.startsWith('memory of the app')),
    /not flat$/,
  )
  t.match(
    grown.find((row) => row.startsWith('refused, lost')),
    /missed$/,
  )
  t.match(soakVerdict({ samples: hour(-0.2), lost: 0, doubled: 0 }), /memory of the app, MB .* flat$/m, 'what shrinks is flat, too')
  t.notMatch(soakVerdict({ samples: hour(-0.2), lost: 0, doubled: 0 }), /not flat/)
  t.match(soakVerdict({ samples: hour(0).slice(0, 60), lost: 0, doubled: 0 }), /too short/)
  t.equal(bytesEachMessage(hour(0)), 2_000)
})

test('there are as many samples however long it takes, and enough of a short run', async (t) => {
  for (const [seconds, between] of [
    [3, 0.25],
    [120, 10],
    [3_600, 10],
    [36_000, 100],
  ] as const)
    t.equal(secondsBetween(seconds), between)
})

test('the plot has a line for each figure, within its panel, and words that cannot break it', async (t) => {
  const samples = hour(0)
  const svg = plot('a < b & "c"', soakPanels([...samples, { ...(samples.at(-1) as Sample), at: 3_610, memory: null }]))
  t.match(svg, 'aria-label="a &lt; b &amp; &quot;c&quot;"')
  const lines = [...svg.matchAll(/<path stroke="#\w+" d="(M[^"]+)"/g)].map(([, path]) => path as string)
  t.equal(lines.length, 10)
  for (const line of lines) {
    const numbers = [...line.matchAll(/[\d.]+/g)].map(([text]) => Number(text))
    t.ok(
      numbers.length >= 700 && numbers.every((value, index) => value >= 40 && value <= (index % 2 === 0 ? 760 : 840)),
      'all of it is seen',
    )
  }
  t.notMatch(svg, 'NaN')
  t.match(svg, /reply p99 80/, 'the legend has the median')
})

void test('of the heap counts what is left after a collection, whenever the hour ends', async (t) => {
  const samples = hour(0).map((sample, index) => ({
    ...sample,
    memory: { app: 300, postgres: 200, external: 5, heap: 90 + (index % 10) * 15 + (index === 360 ? 150 : 0) },
  }))
  t.match(
    soakVerdict({ samples, lost: 0, doubled: 0 }),
    /JavaScript heap after a collection, MB +90\.0, \+0\.0 an hour +≤ 10 % an hour +flat/,
  )
})

/** Samples of an hour in which the app grows by so many MB a sample. */
function hour(growth: number): Sample[] {
  const spread = { p50: 20, p99: 80, max: 100, slow: 0 }
  return Array.from({ length: 361 }, (_, index) => ({
    at: index * 10,
    messages: 100,
    refused: 0,
    doubled: 0,
    owed: 0,
    ack: spread,
    reply: spread,
    lag: 1,
    cpu: { app: 1, postgres: 1 },
    memory: { app: 300 + index * growth, postgres: 200, heap: 90, external: 5 },
    tables: {
      queues: { bytes: 3e6, rows: 10, dead: 100 },
      customers: { bytes: 3e7, rows: 40_000, dead: 100, count: 10_000 },
      history: { bytes: 1e6 + index * 200_000, rows: index * 300, dead: 0 },
    },
  }))
}
