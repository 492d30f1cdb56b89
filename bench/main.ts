// The pipeline measured, from the outside and on this machine: see README.md.
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CAMPAIGN, measureCampaign, SALE } from './campaign.ts'
import { measureColdStart } from './cold-start.ts'
import { CROWD, measureCrowd } from './crowd.ts'
import { reportDay } from './day-report.ts'
import { median, number } from './figures.ts'
import { isSustained } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { readOptions, USAGE } from './options.ts'
import type { Mode, Options } from './options.ts'
import { startStatements, topFunctions, topStatements } from './profile.ts'
import { measureGroup } from './group.ts'
import { plot } from './plot.ts'
import { measureLiveEdit, SURVEY } from './live-edit.ts'
import { startPostgres } from './postgres.ts'
import { campaignReport, coldStartReport, crowdReport, liveEditReport, timersReport } from './mode-reports.ts'
import { keywordGoals, keywordRoom, mixedGoals, RUN_HEAD, runRow, runTable, SOAK_HEAD, soakRow, stepGoals } from './report.ts'
import { nextRate } from './search.ts'
import { soakPanels } from './soak-plot.ts'
import { SOAK, soak } from './soak.ts'
import type { Sample } from './soak.ts'
import { openStage } from './stage.ts'
import type { Stage, StageOptions } from './stage.ts'
import { measureSteps } from './step.ts'
import { measureTimers, TIMERS } from './timers.ts'
import { soakVerdict } from './verdict.ts'
import { LATER } from './waiting.ts'

const FLOOR_SECONDS = 5
/** Thrown away: the just-in-time compiler, which takes some thousand messages, the caches and the first checkpoints. */
const WARM_UP = { rate: 400, runs: 1.5, mostSeconds: 15 }
/** A generator this late, ms, was kept from the CPU by something else on the machine: such a run says nothing, and is repeated. */
const DISTURBED_LAG = 20
const MOST_TRIES = 3
/** Of a hundred messages one decides at half of what is held: a stall of a fifth of a second. The median of so many runs counts. */
const HALVES = 3
const STEP_HISTORIES = [0, 1, 10]
const GROUP_SIZES = [
  { agents: 200, waiting: 1_000 },
  { agents: 2_000, waiting: 10_000 },
]

interface OnStage {
  /** Eight numbers, each of which may send 1,000 messages a second, unless it says otherwise: what is measured is Baton, not that. */
  stage: Pick<StageOptions, 'journeys' | 'perSecond'> & Partial<Pick<StageOptions, 'numbers' | 'statuses'>>
  run(stage: Stage, options: Options): Promise<void>
}

const ON_STAGE: Record<Exclude<Mode, 'step' | 'group' | 'day'>, OnStage> = {
  keyword: { stage: {}, run: keyword },
  mixed: { stage: { numbers: 1, statuses: true }, run: mixed },
  campaign: { stage: { numbers: 1, perSecond: CAMPAIGN.perSecond, journeys: [SALE] }, run: campaign },
  timers: { stage: { journeys: [LATER] }, run: timers },
  'cold-start': { stage: { journeys: [LATER] }, run: coldStart },
  'live-edit': { stage: { numbers: 1, journeys: [SURVEY] }, run: liveEdit },
  soak: { stage: {}, run: onSoak },
}

const read = readOptions(process.argv.slice(2))
if (read.kind === 'misuse') {
  console.error(`${read.message}\n\n${USAGE}`)
  process.exit(2)
}
if (read.options.mode === 'step') step(read.options)
else if (read.options.mode === 'group') await (read.options.processes === 2 ? crowd(read.options) : group(read.options))
else if (read.options.mode === 'day') console.log(reportDay())
else await onStage(read.options, read.options.mode)

async function onStage(options: Options, mode: keyof typeof ON_STAGE): Promise<void> {
  const { stage: wanted, run } = ON_STAGE[mode]
  const stage = await openStage({ numbers: 8, statuses: false, ...wanted, processes: options.processes, profiles: options.profiles })
  // In order, whatever happens: a database left behind would go on using the machine.
  onceStopped(() => stage.close())
  try {
    const { postgres, floor } = stage
    console.log(`${mode}, ${options.processes} process(es), PostgreSQL ${postgres.version}, floor by ${floor.client}`)
    await postgres.age()
    const seconds = Math.min(Math.ceil(options.seconds * WARM_UP.runs), WARM_UP.mostSeconds)
    await stage.run({ rate: Math.min(WARM_UP.rate, options.rate ?? WARM_UP.rate), seconds, customers: null })
    await floor.measure(2)
    if (options.profiles !== null) await startStatements(postgres)
    await run(stage, options)
    if (options.profiles !== null) console.log(`\n${await topStatements(postgres)}`)
  } finally {
    await stage.close()
  }
  if (options.profiles !== null) console.log(`\n${await topFunctions(options.profiles)}`)
}

/** Ctrl-C, or a time limit. */
function onceStopped(close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close().finally(() => process.exit(130)))
}

function keyword(stage: Stage, options: Options): Promise<void> {
  return options.rate === null ? search(stage, options) : at(stage, options, options.rate)
}

/** The floor before, between and after the runs: the machine does not stay the same. */
async function search(stage: Stage, { seconds, customers }: Options): Promise<void> {
  const floors: number[] = []
  const runs: Outcome[] = []
  console.log(RUN_HEAD.join(' · '))
  async function measured(rate: number, long: number, tries = 1): Promise<Outcome> {
    floors.push(await stage.floor.measure(FLOOR_SECONDS))
    const run = await stage.run({ rate, seconds: long, customers })
    const again = !isSustained(run) && run.lag > DISTURBED_LAG && tries < MOST_TRIES
    console.log(`${runRow(run).join(' · ')}${again ? ' · disturbed, again' : ''}`)
    return again ? measured(rate, long, tries + 1) : run
  }
  for (;;) {
    const tried = runs.map((run) => ({ rate: run.rate, held: isSustained(run) }))
    const rate = nextRate(tried, 1_000)
    if (rate === null) break
    runs.push(await measured(rate, seconds))
  }
  const best = runs.filter(isSustained).toSorted((a, b) => b.rate - a.rate)[0]
  if (best === undefined) return console.log('no rate was held')
  const halves: Outcome[] = []
  while (halves.length < HALVES) halves.push(await measured(Math.round(best.rate / 2), seconds * 2))
  console.log(`\n${runTable([...runs.toSorted((a, b) => a.rate - b.rate), ...halves])}`)
  sayFloor(floors)
  console.log(`\n${keywordGoals(best, halves, floors)}`)
  console.log(keywordRoom(best, floors, availableParallelism()))
}

async function at(stage: Stage, { seconds, customers }: Options, rate: number): Promise<void> {
  const floors = [await stage.floor.measure(FLOOR_SECONDS)]
  const run = await stage.run({ rate, seconds, customers })
  floors.push(await stage.floor.measure(FLOOR_SECONDS))
  console.log(runTable([run]))
  sayFloor(floors)
}

async function mixed(stage: Stage, { seconds, customers, rate }: Options): Promise<void> {
  const run = await stage.run({ rate: rate ?? 1_000, seconds, customers })
  console.log(runTable([run]))
  const { statuses } = run
  if (statuses !== null) {
    const { count, refused, ack } = statuses
    console.log(`statuses: ${number(count)}, ${refused} refused, ack p50 ${number(ack.p50)} ms, p99 ${number(ack.p99)} ms`)
  }
  console.log(`\n${mixedGoals(run)}`)
}

async function campaign(stage: Stage, { rate, contacts }: Options): Promise<void> {
  console.log(campaignReport(await measureCampaign(stage, { rate: rate ?? CAMPAIGN.rate, contacts: contacts ?? CAMPAIGN.contacts })))
}

async function timers(stage: Stage, { rate, seconds, contacts }: Options): Promise<void> {
  const wish = { rate: rate ?? TIMERS.rate, runs: contacts ?? TIMERS.runs, due: TIMERS.due, seconds }
  console.log(timersReport(await measureTimers(stage, wish)))
}

async function coldStart(stage: Stage, { contacts }: Options): Promise<void> {
  console.log(coldStartReport(await measureColdStart(stage, { contacts: contacts ?? TIMERS.runs })))
}

async function liveEdit(stage: Stage, { contacts }: Options): Promise<void> {
  console.log(liveEditReport(await measureLiveEdit(stage, { runs: contacts ?? 1_000 })))
}

/** A line a minute; samples and plot are there while it runs. */
async function onSoak(stage: Stage, { rate, customers, minutes, out }: Options): Promise<void> {
  const wish = { rate: rate ?? SOAK.rate, customers: customers ?? SOAK.customers, seconds: minutes * 60 }
  const samples: Sample[] = []
  let minute = -1
  const writePlot = () => writeFile(`${out.replace(/\.jsonl$/, '')}.svg`, plot(`${wish.rate} messages a second`, soakPanels(samples)))
  await writeFile(out, '')
  console.log(SOAK_HEAD.join(' · '))
  const soaked = await soak(stage, wish, async (sample) => {
    samples.push(sample)
    await appendFile(out, `${JSON.stringify(sample)}\n`)
    if (Math.floor(sample.at / 60) === minute) return
    minute = Math.floor(sample.at / 60)
    console.log(soakRow(sample).join(' · '))
    await writePlot()
  })
  await writePlot()
  console.log(`\n${soakVerdict(soaked)}`)
}

function step({ seconds }: Options): void {
  const figures = STEP_HISTORIES.map((earlier) => ({ earlier, ...measureSteps({ earlier, seconds }) }))
  for (const { earlier, perCoreSecond, bytes } of figures) {
    console.log(`after ${earlier} messages: ${number(perCoreSecond)} steps a core-second, ${number(bytes)} bytes of state`)
  }
  console.log(`\n${stepGoals(Math.min(...figures.map(({ perCoreSecond }) => perCoreSecond)))}`)
}

async function crowd({ contacts }: Options): Promise<void> {
  const items = contacts ?? CROWD.items
  const wish = { ...CROWD, items, agents: Math.ceil(items / 5) }
  const directory = await mkdtemp(join(tmpdir(), 'baton-bench-'))
  await chmod(directory, 0o755) // run by root, the database is another account's
  const postgres = await startPostgres(directory, { counting: false })
  const close = async () => {
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
  onceStopped(close)
  try {
    console.log(crowdReport(wish, await measureCrowd(postgres, wish)))
  } finally {
    await close()
  }
}

function group({ seconds }: Options): void {
  for (const size of GROUP_SIZES) {
    const { agents, waiting, bytes, alone, batched, whole } = measureGroup(size, seconds)
    const cpu = `CPU ${number(alone, 2)} ms an assignment alone, ${number(batched, 2)} ms in a batch; ${number(whole, 0)} ms to read it all`
    console.log(`${number(agents)} agents, ${number(waiting)} wait, ${number(bytes)} bytes of state: ${cpu}`)
  }
}

function sayFloor(floors: number[]): void {
  console.log(`floor: ${floors.map((floor) => number(floor)).join(', ')}; median ${number(median(floors))} msg/s`)
}
