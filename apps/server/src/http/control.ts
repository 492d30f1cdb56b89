import { startProblem } from '@baton/journeys'
import { conversationKey, ROUTER_ERRORS } from '@baton/router'
import type { ConversationEvent } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { ask } from './ask.ts'
import { conversationSchema, conversationView } from './conversation-schema.ts'
import { actorRefOf, conversationParams, goingOn } from './conversations.ts'
import { journeysOf } from '../journeys/journeys-config.ts'
import { problemSchema, refusal } from './problem.ts'

const target = z.string().regex(/^(queue|agent|bot):[a-z0-9-]+$/, 'expected queue:<id>, agent:<id> or bot:<id>')
const name = z.string().regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and dashes')

/** What an agent, a supervisor or the API does with a conversation. Each answers with the conversation as it is afterwards. */
export const controlRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const { reads, inbound, clock, settings } = deps
  const act = (id: string, ...events: ConversationEvent[]) => controlConversation(deps, id, ...events)
  const response = { 200: conversationSchema, default: problemSchema }
  const config = { permission: 'conversation:control' } as const

  /** An end is not taken back: what nobody on this number can start is refused before it. */
  async function requireStartable(id: string, wish: { journey: string; input?: Record<string, unknown> | undefined }): Promise<void> {
    const { number_id: numberId } = await goingOn(reads, id)
    const code = 'marketing-not-connected'
    const journeys = journeysOf(settings())
    if (journeys === null || settings().numbers.get(numberId ?? '')?.apps.marketing === undefined)
      throw refusal({ code, message: ROUTER_ERRORS[code] })
    const refused = startProblem(journeys, numberId ?? '', wish)
    if (refused !== null) throw refusal(refused)
  }

  app.route({
    method: 'POST',
    url: '/conversations/:id/service-session/end',
    config,
    schema: {
      summary: 'End the service session, and start a journey if one is named',
      tags: ['service sessions'],
      params: conversationParams,
      body: z
        .strictObject({ startJourney: z.string().optional(), input: z.record(z.string(), z.unknown()).optional() })
        .nullish()
        .meta({
          description:
            'startJourney: e.g. the journey whose keyword the customer sent meanwhile. One that nobody on this number can start is refused, and the session goes on.',
        }),
      response,
    },
    handler: async ({ params, body, caller }) => {
      const end: ConversationEvent = { type: 'engine.event', side: 'service', name: 'session.end', data: {}, by: caller.author }
      if (body?.startJourney === undefined) return act(params.id, end)
      const { startJourney: journey, input } = body
      await requireStartable(params.id, { journey, input })
      const start: ConversationEvent = {
        type: 'journey.requested',
        journey,
        by: caller.author,
        ...(input === undefined ? {} : { input }),
      }
      return act(params.id, end, start)
    },
  })

  for (const change of ['pause', 'inactive'] as const) {
    app.route({
      method: 'POST',
      url: `/conversations/:id/service-session/${change}`,
      config,
      schema: {
        summary: change === 'pause' ? 'Pause the service session' : 'Mark the service session inactive',
        tags: ['service sessions'],
        params: conversationParams,
        response,
      },
      handler: ({ params, caller }) =>
        act(params.id, { type: 'engine.event', side: 'service', name: `session.${change}`, data: {}, by: caller.author }),
    })
  }

  app.route({
    method: 'POST',
    url: '/conversations/:id/service-session/transfer',
    config,
    schema: {
      summary: 'Transfer the service session to a queue, an agent or a bot',
      tags: ['service sessions'],
      params: conversationParams,
      body: z.strictObject({
        to: target,
        note: z.string().optional().meta({ description: 'For whoever takes it; the customer never sees it.' }),
        skills: z
          .array(name)
          .max(20)
          .optional()
          .meta({ description: 'What the agent must be able to do, beside what the queue asks for.' }),
        language: z
          .string()
          .regex(/^[a-z]{2,3}$/, 'expected a language such as en or de')
          .optional()
          .meta({ description: 'What the customer speaks; kept with the contact, and asked for where the queue says so.' }),
      }),
      response,
    },
    handler: ({ params, body, caller }) => {
      return act(params.id, { type: 'engine.event', side: 'service', name: 'session.transfer', data: { ...body }, by: caller.author })
    },
  })

  app.route({
    method: 'POST',
    url: '/conversations/:id/notes',
    config: { permission: 'note:add' },
    schema: {
      summary: 'Write a note for whoever works on the conversation; the customer never gets it',
      description:
        'By any agent, whoever has the conversation, and also between service sessions. It is a line of the transcript with the direction note; bots get it only where config/bots.yaml says notes: true.',
      tags: ['conversations'],
      params: conversationParams,
      body: z.strictObject({ text: z.string().trim().min(1).max(4_096) }),
      response,
    },
    handler: ({ params, body, caller }) =>
      act(params.id, { type: 'engine.event', side: 'service', name: 'note.added', data: { ...body }, by: caller.author }),
  })

  app.route({
    method: 'POST',
    url: '/conversations/:id/upstream/take',
    config,
    schema: {
      summary: 'Take the thread back from the phone app or an upstream agent',
      tags: ['conversations'],
      params: conversationParams,
      response,
    },
    handler: ({ params }) => act(params.id, { type: 'upstream.released', by: 'take' }),
  })

  /** The same person on every number of the configuration; conversations are made where there are none, so that a block holds there too. */
  async function onEveryNumber(id: string, event: ConversationEvent) {
    // After its own turn a conversation knows whose it is, however new it was.
    await act(id, event)
    const { phone, user_id: userId, number_id: own } = await goingOn(reads, id)
    const person = phone === null ? { userId: userId ?? '' } : { phone }
    const others = [...settings().numbers.keys()].filter((number) => number !== own)
    await Promise.all(others.map((number) => ask(inbound, { kind: 'conversation', key: conversationKey(number, person) }, event)))
    return conversationView(await goingOn(reads, id), clock.now())
  }

  for (const change of ['block', 'unblock'] as const) {
    app.route({
      method: 'POST',
      url: `/conversations/:id/contact/${change}`,
      config,
      schema: {
        summary: change === 'block' ? 'Block the contact: messages are stored and nobody acts' : 'Unblock the contact',
        tags: ['conversations'],
        params: conversationParams,
        body: z
          .strictObject({ everywhere: z.boolean().optional().meta({ description: 'On every number, not only on this one.' }) })
          .nullish(),
        response,
      },
      handler: ({ params, body }) => {
        const event = { type: change === 'block' ? ('contact.blocked' as const) : ('contact.unblocked' as const) }
        return body?.everywhere === true ? onEveryNumber(params.id, event) : act(params.id, event)
      },
    })
  }
}

/** Gives a conversation, or the one it was merged into, events, one after the other, and answers how it is afterwards. */
export async function controlConversation({ reads, inbound, clock }: AppDeps, id: string, ...events: ConversationEvent[]) {
  const { id: known } = await goingOn(reads, id)
  // Each is decided on what the one before has left.
  // oxlint-disable-next-line no-await-in-loop
  for (const event of events) await ask(inbound, actorRefOf(known), event)
  return conversationView(await goingOn(reads, known), clock.now())
}
