// Brings runs of one version of a journey over to another, run by run: each is an event of its conversation, decided in its own turn, so
// a migration that ends half way is gone on with by asking for it again.
import type { PlannedStep } from '@baton/journeys'
import type { Author, ConversationEvent, Outcome } from '@baton/router'
import { actorRefOf } from '../http/conversations.ts'
import type { Inbound } from '../deps.ts'
import type { LiveCount, LiveRunRecord, RunReads } from '../store/runs.ts'

/** Events that wait for their outcome at the same time. */
const AT_ONCE = 16
const PAGE = 200
const WAIT_MS = 10_000

export interface Migration {
  journey: string
  from: string
  to: string
  steps: readonly PlannedStep[]
}

export interface MigratedStep extends PlannedStep {
  /** Runs that went over, or would. */
  runs: number
  /** Runs that gave the conversation to service: they come back by their own version. */
  handedOff: number
  /** Runs that had gone on by themselves when it was their turn. */
  goneOn: number
}

/** What the migration would do, by the runs that are under way. */
export function foreseen({ journey, from, steps }: Migration, live: readonly LiveCount[]): MigratedStep[] {
  const of = live.filter((each) => each.journey === journey && each.version === from)
  const count = (step: string, handedOff: boolean): number =>
    of.filter((each) => each.step === step && (each.status === 'handed-off') === handedOff).reduce((sum, each) => sum + each.count, 0)
  return steps.map((step) => ({ ...step, runs: count(step.from, false), handedOff: count(step.from, true), goneOn: 0 }))
}

/** Does it, for at most `limit` runs. Throws what the inbox throws; a run whose outcome is not known in time counts as gone on. */
export async function migrateRuns(
  migration: Migration,
  limit: number,
  by: Author,
  { reads, inbound }: { reads: RunReads; inbound: Inbound },
): Promise<MigratedStep[]> {
  const done: MigratedStep[] = migration.steps.map((step) => ({ ...step, runs: 0, handedOff: 0, goneOn: 0 }))
  let left = limit
  for (const step of done) {
    let cursor: string | null | undefined
    while (left > 0 && cursor !== null) {
      const query = { journey: migration.journey, version: migration.from, step: step.from, limit: Math.min(PAGE, left), cursor }
      // One page after the other: what has gone over is not listed again.
      // oxlint-disable-next-line no-await-in-loop
      const page = await reads.listLiveRuns(query)
      if (page === null) throw new Error('a listing of runs does not know its own cursor')
      const mine = page.items.filter(({ status }) => status !== 'handed-off')
      step.handedOff += page.items.length - mine.length
      left -= mine.length
      // oxlint-disable-next-line no-await-in-loop
      for (const outcome of await inOrder(mine, (run) => migrateRun(run, step, migration, by, inbound))) note(step, outcome)
      cursor = page.nextCursor
    }
  }
  return done
}

function migrateRun(run: LiveRunRecord, step: PlannedStep, { from, to }: Migration, by: Author, inbound: Inbound) {
  const change = { kind: 'migrate' as const, from: { version: from, step: step.from }, to: { version: to, step: step.to } }
  const event: ConversationEvent = { type: 'run.changeRequested', run: run.id, change, by }
  return inbound.ask(actorRefOf(run.conversationId), event, { timeoutMs: WAIT_MS })
}

function note(step: MigratedStep, outcome: Outcome | { kind: 'unknown' }): void {
  if (outcome.kind === 'done') step.runs += 1
  else if (outcome.kind === 'refused' && outcome.code === 'journey-run-handed-off') step.handedOff += 1
  else step.goneOn += 1
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    // So many at once and no more: the rest of the inbox goes on meanwhile.
    // oxlint-disable-next-line no-await-in-loop
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  }
  return results
}
