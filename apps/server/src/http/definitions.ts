import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { formatProblem } from '../config/problem.ts'
import type { AppDeps } from '../deps.ts'
import { problem, problemSchema } from './problem.ts'

const params = z.object({ id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/) })
const configVersion = z.int().meta({ description: 'Of the whole configuration.' })
const version = z.string().meta({ description: 'Of the journey: what runs are pinned to.' })

const definitionSchema = z.object({ journey: z.string(), configVersion, version, yaml: z.string() }).meta({ id: 'JourneyDefinition' })

const publicationSchema = z
  .object({
    journey: z.string(),
    published: z.boolean().meta({ description: 'False: it was a dry run, or nothing has changed.' }),
    configVersion,
    version,
    warnings: z.array(z.string()),
    leftBehind: z
      .array(z.object({ version: z.string(), steps: z.record(z.string(), z.int()) }))
      .meta({ description: 'Runs of earlier versions, by the step they wait at: they stay on theirs until they are migrated.' }),
  })
  .meta({ id: 'JourneyPublication' })

/** Journeys as they are written: read, checked, published. */
export const definitionRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { definitions }) => {
  app.route({
    method: 'GET',
    url: '/journeys/:id/definition',
    // How a company's servers are called is nothing for everybody who reads conversations.
    config: { permission: 'journey:publish' },
    schema: {
      summary: 'The file of a journey, as it was published last',
      tags: ['journeys'],
      params,
      response: { 200: definitionSchema, default: problemSchema },
    },
    handler: async ({ params: { id: journey } }) => {
      const found = await definitions.read(journey)
      if (found === null) throw problem('journey-not-found', { journey })
      return { journey, ...found }
    },
  })
  app.route({
    method: 'PUT',
    url: '/journeys/:id/definition',
    config: { permission: 'journey:publish' },
    schema: {
      summary: 'Publish a journey, new or changed, as a new version of the configuration; dryRun only checks it',
      tags: ['journeys'],
      params,
      body: z.strictObject({
        yaml: z.string().min(1).max(200_000).meta({ description: 'The whole file, as in config/journeys/.' }),
        basedOn: z.int().meta({ description: 'The configVersion that was read. Refused when somebody has published since.' }),
        note: z.string().max(500).default('').meta({ description: 'Why, for whoever reads the history.' }),
        dryRun: z.boolean().default(false).meta({ description: 'Only say what is wrong, and whom it would leave behind.' }),
      }),
      response: { 200: publicationSchema, default: problemSchema },
    },
    handler: async ({ params: { id: journey }, body, caller }) => {
      const author = `${caller.author.kind} ${caller.author.id}`
      const changed = await definitions.change({ journey, ...body, author })
      if (changed.kind === 'superseded') throw problem('configuration-superseded', { configVersion: changed.configVersion })
      if (changed.kind === 'refused') {
        const errors = changed.problems.map((each) => ({ path: 'body.yaml', message: formatProblem(each) }))
        throw problem('journey-invalid', { errors })
      }
      const { kind: _kind, warnings, leftBehind, ...rest } = changed
      return {
        journey,
        ...rest,
        warnings: warnings.map(formatProblem),
        leftBehind: leftBehind.map((left) => ({ version: left.version, steps: left.steps })),
      }
    },
  })
}
