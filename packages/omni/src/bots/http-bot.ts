// A bot behind HTTP. It keeps nothing but its connections. Whatever goes wrong comes back as `bot.failed` with a reason: a call
// never throws, so a broken bot costs its session a fallback and nothing else.
import { Agent, request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Clock, ParticipantAdapter, ParticipantAnswer, ParticipantCall } from '@baton/router'
import { systemClock } from '@baton/router'
import type { BotSettings } from '../config/settings.ts'
import type { ErrorCode } from '../errors.ts'
import { readAnswer } from './answer.ts'
import { turnBody } from './body.ts'
import { sign, SIGNATURE_HEADER } from './signature.ts'

export interface HttpBotOptions {
  /** The bot as it is configured now. */
  bots(id: string): BotSettings | undefined
  /** The value behind a reference such as `env:FAQ_BOT_SECRET`; undefined when it is not set. */
  resolveSecret(reference: string): string | undefined
  clock?: Clock
  /** Bytes of an answer. */
  maxAnswerBytes?: number
  dispatcher?: Dispatcher
}

const MAX_ANSWER_BYTES = 256 * 1024

class TooLarge extends Error {}

/** Calls the bots of config/bots.yaml. `close()` drops idle connections. */
export function createHttpBot(options: HttpBotOptions): ParticipantAdapter & { close(): Promise<void> } {
  const own = options.dispatcher === undefined ? new Agent({ keepAliveTimeout: 30_000, connections: 32 }) : null
  const dispatcher = options.dispatcher ?? own
  return {
    kind: 'bot',
    async call(call, signal) {
      const bot = options.bots(call.target)
      if (bot === undefined) return failed(call, 'bot-unknown', call.target)
      const secret = options.resolveSecret(bot.secret)
      if (secret === undefined || secret === '') return failed(call, 'bot-secret-missing', bot.secret)
      return post(call, { bot, secret, signal, dispatcher: dispatcher as Dispatcher, ...limits(options) })
    },
    async close() {
      await own?.close()
    },
  }
}

interface Post {
  bot: BotSettings
  secret: string
  signal: AbortSignal
  dispatcher: Dispatcher
  clock: Clock
  maxAnswerBytes: number
}

function limits({ clock = systemClock, maxAnswerBytes = MAX_ANSWER_BYTES }: HttpBotOptions): Pick<Post, 'clock' | 'maxAnswerBytes'> {
  return { clock, maxAnswerBytes }
}

async function post(call: ParticipantCall, { bot, secret, signal, dispatcher, clock, maxAnswerBytes }: Post): Promise<ParticipantAnswer> {
  const timeout = AbortSignal.timeout(Math.min(call.timeoutMs, bot.timeoutMs))
  try {
    const body = turnBody(call, bot.history)
    // undici's `request` follows no redirects: an answer cannot send the turn to an address nobody configured.
    const response = await request(bot.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'baton',
        'idempotency-key': call.callId,
        [SIGNATURE_HEADER]: sign(secret, body, clock.now()),
      },
      body,
      dispatcher,
      signal: AbortSignal.any([signal, timeout]),
    })
    const text = await readBody(response.body, maxAnswerBytes)
    if (response.statusCode < 200 || response.statusCode > 299) return failed(call, 'bot-status', `HTTP ${response.statusCode}`)
    const answer = readAnswer(call.callId, text)
    if (answer.kind === 'malformed') return failed(call, 'bot-malformed', answer.detail)
    return { name: 'bot.replied', data: { ...answer.reply }, by: { kind: 'bot', id: bot.id } }
  } catch (error) {
    if (error instanceof TooLarge) return failed(call, 'bot-too-large', `more than ${maxAnswerBytes} bytes`)
    // The caller's clock may strike first, with the same meaning.
    if (timeout.aborted || isTimeout(signal.reason)) return failed(call, 'bot-timeout', `${Math.min(call.timeoutMs, bot.timeoutMs)} ms`)
    if (signal.aborted) return failed(call, 'bot-aborted')
    return failed(call, 'bot-unreachable', error instanceof Error ? error.message : String(error))
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** Stops reading as soon as it is too much: the length a bot announces is not trusted. */
async function readBody(body: Dispatcher.ResponseData['body'], limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function failed(call: ParticipantCall, reason: ErrorCode, detail?: string): ParticipantAnswer {
  return {
    name: 'bot.failed',
    data: { callId: call.callId, reason, ...(detail === undefined ? {} : { detail }) },
    by: { kind: 'bot', id: call.target },
  }
}
