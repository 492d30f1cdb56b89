import { planMigration } from '@baton/journeys'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { journeysOf } from '../journeys/journeys-config.ts'
import { foreseen, migrateRuns } from '../journeys/migrate-runs.ts'
import { problem, problemSchema } from './problem.ts'

const RUNS_AT_A_TIME = 1_000

const body = z.strictObject({
  from: z.string().meta({ description: 'The version whose runs are to go over; GET /api/v1/journeys lists them.' }),
  to: z.string().optional().meta({ description: 'The current version without it.' }),
  steps: z
    .record(z.string(), z.string())
    .refine((steps) => Object.keys(steps).length > 0, 'name at least one step')
    .meta({ description: 'From the step a run is at to the step it is to be at. Runs at other steps stay on their version.' }),
  dryRun: z.boolean().default(false).meta({ description: 'Only say what would happen.' }),
})

const migrationSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    dryRun: z.boolean(),
    steps: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        how: z.enum(['stays', 'enters']).meta({
          description:
            'stays: it goes on waiting, with the question it asked and the time that is left. enters: it comes to the step anew.',
        }),
        runs: z.int().meta({ description: 'That went over, or would.' }),
        handedOff: z.int().meta({ description: 'That service has: they stay on their version until they come back.' }),
        goneOn: z.int().meta({ description: 'That had gone on by themselves.' }),
      }),
    ),
    unmapped: z.array(z.object({ step: z.string(), runs: z.int() })).meta({ description: 'Runs that stay on their version.' }),
    remaining: z.int().meta({ description: 'A request migrates a thousand runs; repeat it until this is 0.' }),
  })
  .meta({ id: 'Migration' })

/** Runs under way go over to another version of their journey. */
export const migrationRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads, inbound, settings }) => {
  app.route({
    method: 'POST',
    url: '/journeys/:id/migrations',
    config: { permission: 'journey:publish' },
    schema: {
      summary: 'Bring runs of an earlier version over, step by step; dryRun says beforehand what happens',
      tags: ['journeys'],
      params: z.object({ id: z.string() }),
      body,
      response: { 200: migrationSchema, default: problemSchema },
    },
    handler: async ({ params: { id: journey }, body: { from, to: wanted, steps, dryRun }, caller }) => {
      const config = journeysOf(settings())
      const current = config?.journeys.get(journey)
      if (config === null || current === undefined) throw problem('journey-not-found', { journey })
      const to = wanted ?? current.version
      const [before, after] = [config.versions.get(from), config.versions.get(to)]
      const unknown = Object.entries({ from: before, to: after }).filter(([, found]) => found?.journey !== journey)
      if (before === undefined || after === undefined || unknown.length > 0 || from === to) {
        const errors = unknown.map(([path]) => ({ path: `body.${path}`, message: `the journey has no such version` }))
        throw problem('migration-invalid', { errors: errors.length > 0 ? errors : [{ path: 'body.to', message: 'is the same version' }] })
      }
      const plan = planMigration(before, after, steps, [...config.journeys.values()])
      if (plan.problems.length > 0) {
        const errors = plan.problems.map(({ path, message, fix }) => ({
          path: `body.${path.join('.')}`,
          message: `${message} — fix: ${fix ?? ''}`,
        }))
        throw problem('migration-invalid', { errors })
      }
      const migration = { journey, from, to, steps: plan.steps }
      const done = dryRun ? null : await migrateRuns(migration, RUNS_AT_A_TIME, caller.author, { reads, inbound })
      const live = await reads.countLiveRuns(journey)
      const left = foreseen(migration, live)
      return {
        from,
        to,
        dryRun,
        steps: done ?? left,
        unmapped: unmappedOf(live.filter(({ version, step }) => version === from && !Object.hasOwn(steps, step))),
        remaining: left.reduce((sum, { runs }) => sum + runs, 0),
      }
    },
  })
}

function unmappedOf(live: readonly { step: string; count: number }[]): { step: string; runs: number }[] {
  const steps = Map.groupBy(live, ({ step }) => step)
  return [...steps].map(([step, all]) => ({ step, runs: all.reduce((sum, { count }) => sum + count, 0) }))
}
