// Owns a WhatsApp emulator: its world, the HTTP routes over it, and the connections that are kept open.
// R1 After `close` nothing is sent, scheduled or open any more.

import multipart from '@fastify/multipart'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import { emulatorProblem, emulatorRoutes } from './emulator-routes.ts'
import type { Customer, CustomerInput } from './customers.ts'
import type { EmulatorEvent } from './events.ts'
import type { Fault } from './faults.ts'
import { errorAnswer, problem } from './graph-error.ts'
import { graphRoutes } from './graph-routes.ts'
import type { EmulatorOptions } from './options.ts'
import { createOtherResponders } from './other-responders.ts'
import type { OtherResponders } from './other-responders.ts'
import type { RequestRecord } from './requests.ts'
import { createTelephone } from './telephone.ts'
import type { Telephone } from './telephone.ts'
import { changeTemplate } from './template-events.ts'
import type { TemplateChange } from './template-events.ts'
import { templateRoutes } from './template-routes.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'
import type { Delivery, HandshakeResult } from './webhooks.ts'

export interface Emulator extends Telephone, OtherResponders {
  /** All routes, to be mounted in another server under a prefix of its choice; closing that server closes the emulator. */
  plugin: FastifyPluginAsync
  /** Starts a server of its own; gives its URL. */
  listen(where: { host: string; port: number }): Promise<string>
  close(): Promise<void>
  /** Where customers' media links point from now on. */
  setPublicUrl(url: string): void
  /** Takes the URL if it passes the handshake; null sends webhooks nowhere. */
  setWebhook(url: string | null): Promise<HandshakeResult>
  createCustomer(input: CustomerInput): Customer
  changeCustomer(customer: string, input: CustomerInput): Customer
  customers(): Customer[]
  /** A change of a template's status, quality or category, told by webhooks. */
  changeTemplate(name: string, language: string, change: TemplateChange): void
  /** The fault's id. */
  addFault(fault: Fault): number
  clearFaults(): void
  /** Posts any body to the webhook URL, signed with the app secret or another one. */
  injectWebhook(body: string | object, secret?: string): void
  /** Every POST to `/messages`, oldest first, read receipts apart. */
  requests(): RequestRecord[]
  /** Those that were accepted. */
  sends(): RequestRecord[]
  /** Every webhook body and its tries, oldest first. */
  webhooks(): Delivery[]
  /** The number of the latest event. */
  seq(): number
  /** The first kept event after `after` that fits (all kept ones count unless told), or the next one to come. Real milliseconds. */
  waitFor(test: (event: EmulatorEvent) => boolean, timeoutMs: number, after?: number): Promise<EmulatorEvent>
  /** Resolves when no status is scheduled and no webhook waits for its answer. A clock that stands still may keep it waiting. */
  settled(timeoutMs?: number): Promise<void>
}

export function createEmulator(options: EmulatorOptions): Emulator {
  const world = createWorld(options)
  const telephone = createTelephone(world)
  const others = createOtherResponders(world)
  const held = new Set<FastifyReply>()
  const lateAnswers = new Set<() => void>()
  let server: FastifyInstance | null = null
  let stopped: Promise<void> | null = null

  /** Takes the connection out of the server's hands; it ends with its client, or with the emulator. */
  function hold(reply: FastifyReply): void {
    reply.hijack()
    held.add(reply)
    reply.raw.on('close', () => held.delete(reply))
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      lateAnswers.add(resolve)
      world.after(ms, () => {
        lateAnswers.delete(resolve)
        resolve()
      })
    })
  }

  /** Ends whatever would keep the server from closing. */
  function letGo(): void {
    for (const reply of held) reply.raw.destroy()
    for (const resolve of lateAnswers) resolve()
    world.events.stop()
  }

  function stop(): Promise<void> {
    stopped ??= stopWorld(world)
    return stopped
  }

  const plugin: FastifyPluginAsync = async (app) => {
    // The host may have it already; the limits are given again where a file is read.
    if (!app.hasRequestDecorator('isMultipart')) await app.register(multipart)
    app.addHook('preClose', letGo)
    app.addHook('onClose', stop)
    app.setErrorHandler((error, _request, reply) => emulatorProblem(error, reply) ?? graphFailure(world, error, reply))
    app.setNotFoundHandler((request, reply) => {
      const answer = errorAnswer(problem(2500, `Unknown path components: ${request.url}`), world.ids.trace())
      return reply.code(answer.status).send(answer.body)
    })
    graphRoutes(app, world, { hold, wait })
    templateRoutes(app, world)
    await app.register(async (own) => emulatorRoutes(own, world, { ...telephone, ...others }, hold), { prefix: '/emulator' })
  }

  return {
    ...telephone,
    ...others,
    plugin,
    async listen(where) {
      server = Fastify({ forceCloseConnections: true })
      await server.register(plugin)
      const url = await server.listen(where)
      world.publicUrl ??= url
      return url
    },
    async close() {
      if (server) await server.close()
      letGo()
      await stop()
    },
    setPublicUrl(url) {
      world.publicUrl = url
    },
    setWebhook: (url) => world.webhooks.setUrl(url),
    createCustomer: (input) => world.customers.create(input),
    changeCustomer(reference, input) {
      const customer = world.customers.need(reference)
      world.customers.change(customer, input)
      return customer
    },
    customers: () => world.customers.list(),
    changeTemplate: (name, language, change) => changeTemplate(world, name, language, change),
    addFault: (fault) => world.faults.add(fault),
    clearFaults: () => world.faults.clear(),
    injectWebhook: (body, secret) => world.webhooks.inject(body, secret),
    requests: () => world.requests.all(),
    sends: () => world.requests.all().filter((request) => request.outcome === 'accepted'),
    webhooks: () => world.webhooks.deliveries(),
    seq: () => world.events.seq(),
    waitFor: (test, timeoutMs, after) => world.events.waitFor(test, timeoutMs, after),
    settled: (timeoutMs = 10_000) => world.settled(timeoutMs),
  }
}

async function stopWorld(world: World): Promise<void> {
  world.schedule.stop()
  await world.webhooks.stop()
}

/** What the server itself refuses (a body that is no JSON), or our own bug, in Meta's shape. */
function graphFailure(world: World, error: unknown, reply: FastifyReply): FastifyReply {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 500) world.settings.log.error({ err: error }, 'the emulator failed')
  const message = error instanceof Error ? error.message : String(error)
  const answer = errorAnswer(status < 500 ? problem(100, message) : problem(131000, message), world.ids.trace())
  return reply.code(answer.status).send(answer.body)
}
