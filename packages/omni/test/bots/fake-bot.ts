// A bot as somebody else would write it, a plain HTTP server that answers as told, and the turn it is given.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MessageRow, ParticipantAnswer, ParticipantCall } from '@baton/router'
import { botsConfig, compileOmni, createHttpBot, queuesConfig } from '@baton/omni'
import type { BotSettings, HttpBot } from '@baton/omni'
import type { z } from 'zod'

export const SECRET = 'a key nobody knows'
export const NOW = 1_700_000_000_000

interface Teardown {
  teardown(end: () => unknown): void
}
export interface Seen {
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}
export type Answering = (response: ServerResponse, seen: Seen) => void

export async function startBot(t: Teardown, answer: Answering): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const heard = { url: request.url, headers: request.headers, body }
      seen.push(heard)
      answer(response, heard)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

export const json =
  (value: unknown): Answering =>
  (response) =>
    void response.end(JSON.stringify(value))
export const raw =
  (body: string): Answering =>
  (response) =>
    void response.end(body)

/** A bot as it is written in config/bots.yaml; its id is `faq`, its secret, if it has one, `env:FAQ`. */
export function botOf(written: z.input<typeof botsConfig>['bots'] extends (infer B)[] | undefined ? Partial<B> : never): BotSettings {
  const bots = botsConfig.parse({ bots: [{ id: 'faq', ...written }] })
  return compileOmni(queuesConfig.parse({}), bots).config.bots.get('faq') as BotSettings
}

/** Calls bots with a clock a test can turn; `secret`: behind `env:FAQ`. */
export function callerOf(
  t: Teardown,
  settings: BotSettings,
  options: { secret?: string | undefined; maxAnswerBytes?: number; allows?: string } = {},
) {
  let now = NOW
  const bots: HttpBot = createHttpBot({
    bots: (id) => (id === 'faq' ? settings : undefined),
    resolveSecret: (reference) => (reference === 'env:FAQ' ? ('secret' in options ? options.secret : SECRET) : undefined),
    clock: { now: () => now },
    allowsAddress: (address) => address === options.allows,
    ...(options.maxAnswerBytes === undefined ? {} : { maxAnswerBytes: options.maxAnswerBytes }),
  })
  t.teardown(() => bots.close())
  return {
    circuits: bots.circuits,
    pass: (ms: number) => void (now += ms),
    call: (request: Partial<ParticipantCall> = {}, signal = new AbortController().signal): Promise<ParticipantAnswer> =>
      bots.call(turnOf(request), signal),
  }
}

export function row(id: string, direction: MessageRow['direction'], text: string, more: Partial<MessageRow> = {}): MessageRow {
  return {
    id,
    direction,
    content: direction === 'note' ? { kind: 'note', text } : { kind: 'text', text },
    author: { kind: direction === 'in' ? 'customer' : 'bot', id: 'c' },
    purpose: null,
    session: { kind: 'service', id: null },
    status: 'received',
    providerId: null,
    replyTo: null,
    at: 1,
    raw: { secret: 'payload' },
    ...more,
  }
}

function turnOf(more: Partial<ParticipantCall>): ParticipantCall {
  const message = { providerId: 'w', at: 1, content: { kind: 'text', text: 'hello' } }
  return {
    callId: 'ca_1',
    target: 'faq',
    conversationId: 'cv_1',
    data: {
      number: 'main',
      contact: { id: 'c', identity: { name: 'Mary' }, attributes: { vip: true }, tags: [] },
      replyWindow: { open: true, closesAt: 2 },
      session: { id: 'se_1', openedAt: 0, reason: 'default-app' },
      message,
      messages: [message],
      answers: { size: 'L' },
      note: 'n',
      journey: null,
    },
    history: [
      row('1', 'in', 'one'),
      row('2', 'note', 'secret note'),
      row('3', 'out', 'refused', { status: 'refused' }),
      row('4', 'out', 'two', { status: 'sent' }),
      row('5', 'in', 'hello', { providerId: 'w' }),
    ],
    timeoutMs: 5000,
    ...more,
  }
}
