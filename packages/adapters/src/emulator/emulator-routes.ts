// The emulator's own API: the customer's telephone, faults, and what was seen. No authentication: it is for tests and demos.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Chat } from './chats.ts'
import { windowOpen } from './chats.ts'
import type { Customer } from './customers.ts'
import { EmulatorError } from './errors.ts'
import type { EmulatorErrorCode } from './errors.ts'
import type { EmulatorEvent } from './events.ts'
import * as shapes from './emulator-requests.ts'
import { UPLOAD_LIMITS } from './media.ts'
import type { OtherResponders } from './other-responders.ts'
import { changeTemplate } from './template-events.ts'
import type { Telephone } from './telephone.ts'
import type { World } from './world.ts'

interface OfChat {
  Params: { number: string; customer: string }
}

/** Registers the routes below `/emulator`. `hold` keeps a connection that stays open (the event stream). */
export function emulatorRoutes(
  app: FastifyInstance,
  world: World,
  phone: Telephone & OtherResponders,
  hold: (reply: FastifyReply) => void,
): void {
  function known(reference: string): Customer {
    const customer = world.customers.find(reference)
    if (!customer) throw new EmulatorError('emulator-unknown-customer', `No customer "${reference}"`)
    return customer
  }

  function chatOf(request: FastifyRequest<OfChat>): Chat {
    return world.chats.of(world.needNumber(request.params.number), known(request.params.customer))
  }

  app.get('/', async () => ({
    now: world.now(),
    seq: world.events.seq(),
    webhookUrl: world.webhooks.url(),
    pending: world.schedule.size + world.webhooks.pending(),
    numbers: world.settings.numbers.map(({ accessToken: _secret, ...shown }) => shown),
  }))
  app.put('/webhook', async (request, reply) => {
    const result = await world.webhooks.setUrl(shapes.webhook.parse(request.body).url)
    return reply.code(result.kind === 'verified' ? 200 : 409).send(result)
  })
  app.get('/settled', async (request) => {
    await world.settled(shapes.settled.parse(request.query).timeoutMs)
    return { settled: true, seq: world.events.seq() }
  })

  app.get('/customers', async () => ({ items: world.customers.list() }))
  app.post('/customers', async (request, reply) => reply.code(201).send(world.customers.create(shapes.customer.parse(request.body))))
  app.patch<{ Params: { customer: string } }>('/customers/:customer', async (request) => {
    const customer = known(request.params.customer)
    world.customers.change(customer, shapes.customer.parse(request.body))
    world.events.emit({ kind: 'customer', customer: customer.key })
    return customer
  })
  app.get<{ Params: { number: string } }>('/numbers/:number/customers', async (request) => {
    const number = world.needNumber(request.params.number)
    const chats = world.chats.list().filter((chat) => chat.number === number)
    return { items: chats.map((chat) => ({ ...chatView(chat, world.now()), lastMessage: chat.messages.all().at(-1) ?? null })) }
  })

  app.get<OfChat>('/numbers/:number/customers/:customer/chat', async (request) => {
    const chat = chatOf(request)
    const { after, waitMs } = shapes.chatQuery.parse(request.query)
    if (waitMs > 0) await change(world, chat, waitMs, after)
    return { ...chatView(chat, world.now()), seq: world.events.seq(), messages: chat.messages.all() }
  })
  app.post<OfChat>('/numbers/:number/customers/:customer/messages', { bodyLimit: 32 * 1024 * 1024 }, async (request, reply) => {
    const { number, customer } = request.params
    return reply.code(201).send({ id: write(phone, number, customer, shapes.message.parse(request.body)) })
  })
  app.post<OfChat>('/numbers/:number/customers/:customer/media', async (request, reply) => {
    const file = await request.file({ limits: UPLOAD_LIMITS })
    if (!file) throw new EmulatorError('emulator-bad-request', 'The form needs a file')
    const bytes = await file.toBuffer()
    const { kind, caption } = shapes.upload.parse(request.query)
    const { number, customer } = request.params
    const input = { bytes, mimeType: file.mimetype, filename: file.filename, ...(caption === undefined ? {} : { caption }) }
    return reply.code(201).send({ id: phone.sendMedia(number, customer, kind, input) })
  })
  app.post<OfChat>('/numbers/:number/customers/:customer/call', async (request, reply) =>
    reply.code(201).send({ id: phone.call(request.params.number, request.params.customer) }),
  )
  app.put<OfChat>('/numbers/:number/customers/:customer/marketing', async (request) => {
    const { number, customer } = request.params
    if (shapes.marketing.parse(request.body).value === 'stop') phone.stopMarketing(number, customer)
    else phone.resumeMarketing(number, customer)
    return chatView(chatOf(request), world.now())
  })
  app.post<OfChat>('/numbers/:number/customers/:customer/echo', async (request, reply) => {
    const { text, source } = shapes.echo.parse(request.body)
    return reply.code(201).send({ id: phone.echo(request.params.number, request.params.customer, text, source) })
  })
  app.put<OfChat>('/numbers/:number/customers/:customer/handover', async (request) => {
    phone.handover(request.params.number, request.params.customer, shapes.handover.parse(request.body).value)
    return chatView(chatOf(request), world.now())
  })
  app.post<OfChat>('/numbers/:number/customers/:customer/number', async (request, reply) => {
    const id = phone.changeNumber(request.params.number, request.params.customer, shapes.newNumber.parse(request.body).phone)
    return reply.code(201).send({ id })
  })

  app.get<{ Params: { id: string } }>('/media/:id', async (request, reply) => {
    const file = world.media.find(request.params.id)
    if (!file) throw new EmulatorError('emulator-unknown-media', `No file ${request.params.id}`)
    return reply.type(file.mimeType).send(file.bytes)
  })
  app.patch<{ Params: { name: string; language: string } }>('/templates/:name/:language', async (request) => {
    changeTemplate(world, request.params.name, request.params.language, shapes.templateChange.parse(request.body))
    return { changed: true }
  })

  app.get('/requests', async () => ({ items: world.requests.all() }))
  app.get('/webhooks', async () => ({ items: world.webhooks.deliveries() }))
  app.post('/webhooks', async (request, reply) => {
    const { body, secret } = shapes.rawWebhook.parse(request.body)
    world.webhooks.inject(body, secret)
    return reply.code(202).send({ queued: true })
  })
  app.get('/faults', async () => ({ items: world.faults.list() }))
  app.post('/faults', async (request, reply) => reply.code(201).send({ id: world.faults.add(shapes.fault.parse(request.body)) }))
  app.delete('/faults', async () => (world.faults.clear(), { cleared: true }))
  app.delete<{ Params: { id: string } }>(
    '/faults/:id',
    async (request) => (world.faults.clear(Number(request.params.id)), { cleared: true }),
  )
  app.get('/events', (request, reply) => stream(world, request, reply, hold))
}

/** A refusal as a problem document. */
export function emulatorProblem(error: unknown, reply: FastifyReply): FastifyReply | null {
  const code: EmulatorErrorCode | null =
    error instanceof EmulatorError ? error.code : error instanceof z.ZodError ? 'emulator-bad-request' : null
  if (code === null) return null
  const status =
    code === 'emulator-bad-request'
      ? 400
      : code === 'emulator-customer-exists' || code === 'emulator-no-such-button'
        ? 409
        : code === 'emulator-wait-timed-out'
          ? 408
          : 404
  const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error instanceof Error ? error.message : error)
  return reply.code(status).type('application/problem+json').send({ title: code, status, code, detail })
}

function write(phone: Telephone, number: string, customer: string, message: shapes.Message): string {
  if (message.type === 'text') return phone.say(number, customer, message.text, message)
  if (message.type === 'press') return phone.press(number, customer, message)
  if (message.type === 'location') return phone.sendLocation(number, customer, message.location, message)
  if (message.type === 'contacts') return phone.sendContacts(number, customer, message.contacts, message)
  if (message.type === 'reaction') return phone.react(number, customer, message.messageId, message.emoji)
  const { base64, ...input } = message
  const bytes = base64 === undefined ? {} : { bytes: Buffer.from(base64, 'base64') }
  return phone.sendMedia(number, customer, message.type, { ...input, ...bytes }, message)
}

function chatView(chat: Chat, now: number): { number: string; customer: Customer } & Record<string, unknown> {
  return {
    number: chat.number.phoneNumberId,
    customer: chat.customer,
    windowOpen: windowOpen(chat, now),
    marketingStopped: chat.marketingStopped,
    controlledByOther: chat.controlledByOther,
    businessTyping: chat.typingUntil !== null && now < chat.typingUntil,
  }
}

/** Waits for the next event of this chat; that none came in time is no error. */
async function change(world: World, chat: Chat, waitMs: number, after: number): Promise<void> {
  const concerns = (event: EmulatorEvent) =>
    'customer' in event && event.customer === chat.customer.key && (!('number' in event) || event.number === chat.number.phoneNumberId)
  try {
    await world.events.waitFor(concerns, waitMs, after)
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error
  }
}

/** Server-sent events; `Last-Event-ID` (or `?after=`) replays what was missed. */
function stream(world: World, request: FastifyRequest, reply: FastifyReply, hold: (reply: FastifyReply) => void): void {
  const header = request.headers['last-event-id']
  const after = header === undefined ? shapes.streamQuery.parse(request.query).after : Number(header)
  hold(reply)
  const { raw } = reply
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  raw.flushHeaders()
  const push = (event: EmulatorEvent) => raw.write(`id: ${event.seq}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`)
  for (const event of world.events.since(after ?? world.events.seq())) push(event)
  raw.on('close', world.events.subscribe(push))
}
