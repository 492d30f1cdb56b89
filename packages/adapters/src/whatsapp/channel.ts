// Owns the connections to the provider. Stores nothing and decides nothing.
// R1 Accounts, and with them secrets, are read at every call: a new configuration holds from the next webhook on.
// R2 A send is one POST, never repeated here.
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import type { Channel, SendOutcome } from '@baton/router'
import { ERRORS } from '../errors.ts'
import { credentials, endpoint } from './account.ts'
import type { WhatsAppAccount } from './account.ts'
import { answerHandshake } from './handshake.ts'
import { exchange } from './http.ts'
import type { Answer } from './http.ts'
import type { Problem } from './limit-checks.ts'
import { contentProblems } from './limits.ts'
import { downloadMedia, uploadMedia } from './media.ts'
import type { MediaDownload, MediaUpload } from './media.ts'
import { readOutcome, sendOutcome } from './outcome.ts'
import { parseWebhook } from './parse.ts'
import { renderMessage, renderRead } from './render.ts'
import { mayBeAuthentic, vouchedFor } from './signature.ts'
import { listTemplates } from './templates.ts'
import type { TemplateListing } from './templates.ts'

export interface WhatsAppChannelOptions {
  /** All accounts whose webhooks come to this callback URL, as configured at the moment. */
  accounts: () => readonly WhatsAppAccount[]
  /** Connections to use instead of own ones; not closed by `close`. */
  dispatcher?: Dispatcher
  /** For a whole call, connecting included; milliseconds [15 000]. */
  timeoutMs?: number
  /** For connecting only: running out here means that nothing was sent; milliseconds [5 000]. */
  connectTimeoutMs?: number
  /** Connections to each provider [512]. */
  connections?: number
}

/** The Cloud API as a channel, and what only it can do. */
export interface WhatsAppChannel extends Channel<WhatsAppAccount> {
  /** Answers the GET on the callback URL: the text/plain body, or null to refuse with 403. */
  answerHandshake(query: Record<string, unknown>): string | null
  uploadMedia(
    account: WhatsAppAccount,
    file: { bytes: Uint8Array<ArrayBuffer>; mimeType: string; filename: string },
    signal: AbortSignal,
  ): Promise<MediaUpload>
  downloadMedia(account: WhatsAppAccount, mediaId: string, maxBytes: number, signal: AbortSignal): Promise<MediaDownload>
  listTemplates(account: WhatsAppAccount, signal: AbortSignal): Promise<TemplateListing>
  /** Waits for calls under way and closes the connections. */
  close(): Promise<void>
}

const CAPABILITIES: WhatsAppChannel['capabilities'] = {
  content: [
    'text',
    'image',
    'video',
    'audio',
    'document',
    'sticker',
    'location',
    'contacts',
    'reaction',
    'buttons',
    'list',
    'cta',
    'template',
  ],
  readReceipts: true,
  typing: true,
  templates: true,
}

/** Makes the channel; nothing is connected until the first call. */
export function createWhatsAppChannel(options: WhatsAppChannelOptions): WhatsAppChannel {
  const { accounts, timeoutMs = 15_000 } = options
  const agent = options.dispatcher ?? ownAgent(options)

  function post(account: WhatsAppAccount, body: object, signal: AbortSignal): Promise<Answer> {
    const url = endpoint(account, account.pathTemplate)
    const headers = { ...credentials(account), 'content-type': 'application/json' }
    return exchange(agent, { method: 'POST', url, headers, body: JSON.stringify(body), signal, timeoutMs, maxBytes: 1024 * 1024 })
  }

  return {
    name: 'whatsapp',
    capabilities: CAPABILITIES,
    mayBeAuthentic: (headers) => mayBeAuthentic(headers, accounts()),
    authenticate: (request) => vouchedFor(request, accounts()),
    parse: parseWebhook,
    check: contentProblems,
    async send(account, request, signal) {
      const problems = contentProblems(request.content)
      return problems.length > 0 ? overLimit(problems) : sendOutcome(await post(account, renderMessage(request), signal))
    },
    async markRead(account, providerId, typing, signal) {
      return readOutcome(await post(account, renderRead(providerId, typing), signal), providerId)
    },
    answerHandshake: (query) =>
      answerHandshake(
        query,
        accounts().flatMap(({ verifyToken }) => verifyToken ?? []),
      ),
    uploadMedia: (account, file, signal) => uploadMedia({ agent, account, signal, timeoutMs }, file),
    downloadMedia: (account, mediaId, maxBytes, signal) => downloadMedia({ agent, account, signal, timeoutMs }, mediaId, maxBytes),
    listTemplates: (account, signal) => listTemplates(agent, account, { signal, timeoutMs }),
    async close() {
      if (options.dispatcher === undefined) await agent.close()
    },
  }
}

/** Idle connections are given up early: a POST that runs into the provider closing one ends as `unknown`, and cannot be repeated.
 * As many connections as the sender has calls under way: one that queues here is `sending` already, and a crash would make it
 * uncertain although it never left. No HTTP/2: there the agent repeats by itself what a server turns away. */
function ownAgent({ connections = 512, connectTimeoutMs = 5_000 }: WhatsAppChannelOptions): Agent {
  const keep = { keepAliveTimeout: 10_000, keepAliveMaxTimeout: 60_000 }
  return new Agent({ connections, allowH2: false, connect: { timeout: connectTimeoutMs }, ...keep })
}

/** The provider would answer with error 100 (invalid parameter): the same, without the call. */
function overLimit(problems: Problem[]): SendOutcome {
  const detail = `${ERRORS['message-over-limit']} ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`
  return { kind: 'failed', error: { code: 100, class: 'final', scope: 'message', title: 'message-over-limit', detail } }
}
