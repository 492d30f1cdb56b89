// A journey is published anew while runs of it wait, and they are brought over: does any jump or break, and does the migration do what its
// dry run said?
import type { Configuration } from './configuration.ts'
import { createApi } from './api.ts'
import type { Api } from './api.ts'
import type { Stage } from './stage.ts'
import { messageWebhook, sign } from './webhook.ts'

export interface LiveEditFigures {
  runs: number
  /** Steps of the old version, and how many runs wait there; what the dry run said of each, and what the migration did. */
  steps: { from: string; to: string; how: string; waiting: number; foreseen: number; migrated: number }[]
  /** Runs that were elsewhere, or had another time left, after the publication; and those that were not where the dry run said after the
   * migration, or waited for another time though they were to stay. */
  jumped: number
  strayed: number
  /** Runs that ended as they should once their customers answered; those that failed or vanished are the rest. */
  completed: number
  /** Seconds. */
  took: { starting: number; publishing: number; dryRun: number; migrating: number; answering: number }
}

interface Run {
  id: string
  version: string
  step: string
  status: string
  until: string | null
}

const template = (name: string) => ({ template: { name, language: 'en' } })
const choices = (...ids: string[]) => ids.map((id) => ({ id, title: id }))
const late = { after: '6d', goto: 'done' }
const rest = {
  thanks: { send: { text: 'Thank you' }, goto: 'done' },
  done: { end: 'completed' },
}
const head = { journey: 'survey', name: 'Survey', input: ['at'], start: 'sort' }
const sorted = (...steps: string[]) => ({
  branch: [...steps.slice(1).map((step, index) => ({ if: `input.at == ${index + 1}`, goto: step })), { else: steps[0] }],
})

export const SURVEY: Configuration['journeys'][number] = {
  ...head,
  steps: {
    sort: sorted('pick', 'size', 'rest'),
    pick: {
      ask: { ...template('pick'), options: choices('red', 'blue') },
      on: { red: 'size', blue: 'size', invalid: 'done', timeout: late },
    },
    size: { ask: { ...template('size'), accept: 'number', save: 'size' }, on: { valid: 'thanks', invalid: 'done', timeout: late } },
    rest: { wait: { for: '5d' }, goto: 'done' },
    ...rest,
  },
}
/** Steps have other names and one more answer; who rested is asked. */
const EDITED: Configuration['journeys'][number] = {
  ...head,
  steps: {
    sort: sorted('choose', 'count', 'nudge'),
    choose: {
      ask: { ...template('pick'), options: choices('red', 'blue', 'green') },
      on: { valid: 'count', invalid: 'done', timeout: late },
    },
    count: { ask: { ...template('size'), accept: 'number', save: 'size' }, on: { valid: 'thanks', invalid: 'done', timeout: late } },
    nudge: { ask: { ...template('nudge'), accept: 'number', save: 'size' }, on: { valid: 'thanks', invalid: 'done', timeout: late } },
    ...rest,
  },
}
const MAP: Readonly<Record<string, string>> = { pick: 'choose', size: 'count', rest: 'nudge' }
/** What a customer answers at each step; at `choose` one more question follows. */
const ANSWERS: Readonly<Record<string, string>> = { choose: 'red', count: '7', nudge: '7' }
const PREFIX = '1888'

export async function measureLiveEdit(stage: Stage, { runs: count }: { runs: number }): Promise<LiveEditFigures> {
  const api = createApi(stage.parts.product.url)
  const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const began = performance.now()
    return [await work(), (performance.now() - began) / 1_000]
  }
  const people = Array.from({ length: count }, (_, index) => `${PREFIX}${String(index).padStart(7, '0')}`)
  const [, starting] = await timed(() =>
    api.each(people, (to, index) => api.post('/journeys/survey/runs', { number: 'number-0', to, input: { at: index % 3 } })),
  )
  const before = await listed(api)
  const [, publishing] = await timed(() => publishEdit(stage, api))
  const after = await listed(api)
  const from = before[0]?.version ?? ''
  const migrate = (more: object) => api.post<Migrated>('/journeys/survey/migrations', { from, steps: MAP, ...more })
  const [foreseen, dryRun] = await timed(() => migrate({ dryRun: true }))
  const [done, migrating] = await timed(async () => {
    const parts: Migrated[] = []
    do parts.push(await migrate({}))
    while ((parts.at(-1)?.remaining ?? 0) > 0)
    return parts
  })
  const over = await listed(api)
  const [completed, answering] = await timed(() => answerAll(stage, api, over))
  return {
    runs: count,
    steps: foreseen.steps.map(({ from: step, to, how, runs: said }) => ({
      from: step,
      to,
      how,
      waiting: before.filter((run) => run.step === step).length,
      foreseen: said,
      migrated: done.flatMap(({ steps }) => steps).reduce((sum, each) => sum + (each.from === step ? each.runs : 0), 0),
    })),
    jumped: differing(before, after, ({ version, step, status, until }) => [version, step, status, until]),
    strayed: differing(
      before.map((run) => expected(run, foreseen)),
      over.map((run) => (run.step === 'nudge' ? { ...run, until: null } : run)),
      ({ step, status, until }) => [step, status, until],
    ),
    completed,
    took: { starting, publishing, dryRun, migrating, answering },
  }
}

interface Migrated {
  steps: { from: string; to: string; how: string; runs: number }[]
  remaining: number
}

/** By the dry run: the step it leads to, and where it stays, as long as it had. */
function expected(run: Run, { steps }: Migrated): Run {
  const planned = steps.find(({ from }) => from === run.step)
  if (planned === undefined) return run
  return planned.how === 'stays' ? { ...run, step: planned.to } : { ...run, step: planned.to, status: 'asking', until: null }
}

function differing(before: readonly Run[], after: readonly Run[], what: (run: Run) => unknown[]): number {
  const now = new Map(after.map((run) => [run.id, JSON.stringify(what(run))]))
  return before.filter((run) => now.get(run.id) !== JSON.stringify(what(run))).length
}

async function listed(api: Api): Promise<Run[]> {
  return api.all<Run>('/journeys/survey/runs?limit=200')
}

async function publishEdit(stage: Stage, api: Api): Promise<void> {
  const versionOf = async () => (await api.all<{ id: string; version: string }>('/journeys')).find(({ id }) => id === 'survey')?.version
  const old = await versionOf()
  await stage.publish([EDITED])
  await api.until(async () => (await versionOf()) !== old)
}

/** Every customer answers what they are asked, until all runs are over. */
async function answerAll(stage: Stage, api: Api, runs: readonly (Run & { contact?: { phone: string | null } })[]): Promise<number> {
  const ended = async () => (await api.get<Results>('/journeys/survey/results')).versions.reduce((sum, { ended: each }) => sum + each, 0)
  const atChoose = runs.filter(({ step }) => step === 'choose')
  await answer(stage, api, runs)
  await api.until(async () => (await ended()) >= runs.length - atChoose.length)
  await api.until(async () => (await listed(api)).every(({ step }) => step === 'count'))
  await answer(stage, api, await listed(api))
  await api.until(async () => (await ended()) >= runs.length)
  const { versions } = await api.get<Results>('/journeys/survey/results')
  return versions.reduce((sum, { outcomes }) => sum + (outcomes['completed'] ?? 0), 0)
}

interface Results {
  versions: { ended: number; outcomes: Record<string, number> }[]
}

async function answer(stage: Stage, api: Api, runs: readonly (Run & { contact?: { phone: string | null } })[]): Promise<void> {
  const { url, secret, phoneNumberIds } = stage.plan({ rate: 1, seconds: 1, customers: 1 })
  await api.each(runs, async ({ id, step, contact }) => {
    const seconds = Math.floor(Date.now() / 1_000)
    const digits = contact?.phone ?? ''
    const body = messageWebhook({
      phoneNumberId: phoneNumberIds[0] ?? '',
      digits,
      id: `wamid.${id}.${step}`,
      text: ANSWERS[step] ?? '',
      seconds,
    })
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${sign(body, secret)}` }
    const response = await fetch(url, { method: 'POST', headers, body })
    if (!response.ok) throw new Error(`a webhook was answered ${response.status}`)
  })
}
