import type { NumberSettings, NumberState } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { problem, problemSchema } from './problem.ts'

const engineName = z.string().nullable().meta({ description: 'The engine, by name; null when the number has none on this side.' })
const numberSchema = z
  .object({
    id: z.string(),
    displayNumber: z.string(),
    provider: z.string(),
    apps: z.object({ marketing: engineName, service: engineName }),
    defaultApp: z
      .enum(['marketing', 'service'])
      .nullable()
      .meta({ description: 'Takes what no rule takes before; null when neither side has an app.' }),
    halted: z
      .object({ at: z.iso.datetime(), reason: z.string() })
      .nullable()
      .meta({ description: 'Why the provider stopped it. Nothing is sent and everything waits until it is released.' }),
    waitUntil: z.iso.datetime().nullable().meta({ description: 'The provider asked to slow down: nothing is sent before this.' }),
  })
  .meta({ id: 'Number' })

/** The numbers of the configuration in force, and whether they may send. */
export const numberRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { settings, numbers, clock, log }) => {
  app.route({
    method: 'GET',
    url: '/numbers',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The numbers of the configuration in force, and whether they may send',
      tags: ['numbers'],
      response: { 200: z.object({ items: z.array(numberSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => {
      const states = new Map((await numbers.states()).map((state) => [state.numberId, state]))
      const items = [...settings().numbers.values()].map((number) => numberView(number, states.get(number.id), clock.now()))
      return { items, nextCursor: null }
    },
  })

  app.route({
    method: 'POST',
    url: '/numbers/:id/release',
    config: { permission: 'number:control' },
    schema: {
      summary: 'Let a halted number send again, after the cause was removed at the provider; what waited is sent now',
      tags: ['numbers'],
      params: z.object({ id: z.string().meta({ description: 'A number id of config/numbers.yaml' }) }),
      response: { 200: numberSchema, default: problemSchema },
    },
    handler: async ({ params, caller }) => {
      const number = settings().numbers.get(params.id)
      if (number === undefined) throw problem('number-not-found', { number: params.id })
      await numbers.release(number.id)
      log.info({ number: number.id, by: caller.author }, 'a number was released')
      const state = (await numbers.states()).find(({ numberId }) => numberId === number.id)
      return numberView(number, state, clock.now())
    },
  })
}

function numberView(number: NumberSettings, state: NumberState | undefined, now: number) {
  const { id, displayNumber, provider, apps } = number
  const halted = state?.halted ?? null
  const waitUntil = state?.waitUntil ?? null
  return {
    id,
    displayNumber,
    provider,
    apps: { marketing: apps.marketing ?? null, service: apps.service ?? null },
    defaultApp: defaultAppOf(number),
    halted: halted === null ? null : { at: new Date(halted.at).toISOString(), reason: halted.reason },
    waitUntil: waitUntil === null || waitUntil <= now ? null : new Date(waitUntil).toISOString(),
  }
}

/** With one app there is nothing to choose. */
function defaultAppOf({ apps, incoming }: NumberSettings): 'marketing' | 'service' | null {
  if (apps.marketing !== undefined && apps.service !== undefined) return incoming.defaultApp
  if (apps.service !== undefined) return 'service'
  return apps.marketing === undefined ? null : 'marketing'
}
