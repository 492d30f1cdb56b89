// The composition root: every part of a running Baton, made by hand and in order, and taken down in the reverse one.
// R1 nothing accepted is lost on the way down: stop accepting → what was accepted is stored → the worker ends its turn → the
// sender records the calls under way → connections → the embedded PostgreSQL, if nobody else uses it. R2 a failed start leaves nothing running.
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createWhatsAppChannel } from '@baton/adapters'
import type { WhatsAppAccount, WhatsAppChannel } from '@baton/adapters'
import { createEmulator } from '@baton/adapters/emulator'
import type { Emulator } from '@baton/adapters/emulator'
import { createJourneysEngine } from '@baton/journeys'
import { createHttpBot, createOmniEngine, createRoutingGroup } from '@baton/omni'
import {
  applyStatuses,
  createConversationLogic,
  createReceiver,
  createSender,
  createTimers,
  createWorker,
  followDatabaseClock,
  isDatabaseGone,
  migrate,
  numberStates,
  openDatabase,
  releaseNumber,
  startEmbedded,
} from '@baton/router'
import type { Clock, CommittedTurn, Database, DatabaseAddress, Sender, Settings, Timers, Worker } from '@baton/router'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { createAuth } from './auth/auth.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import type { MediaFile } from './deps.ts'
import { createAgentDesk } from './agent-desk.ts'
import { openConfiguration } from './config/configuration.ts'
import type { Configuration } from './config/configuration.ts'
import type { ConfigFiles } from './config/files.ts'
import type { Problem } from './config/problem.ts'
import { filesToRun, publishFirst } from './config/publish.ts'
import type { Differing } from './config/publish.ts'
import { processSources } from './config/references.ts'
import type { ReferenceSources } from './config/references.ts'
import { EMULATOR_PATH, emulatorOptions } from './emulation.ts'
import type { Emulation } from './emulation.ts'
import { createHints } from './events/hints.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createInbound } from './inbound.ts'
import { createJourneyWake } from './journey-wake.ts'
import { discreet } from './log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { timed } from './metrics/timed.ts'
import { createReadiness, pulsesOf } from './readiness.ts'
import { repeat } from './repeat.ts'
import { readChanges, readPosition } from './store/changes.ts'
import { createReads } from './store/reads.ts'
import { readHistory, strandedEvents, waitingRows } from './store/waiting.ts'
import { createTemplateCatalogue } from './templates.ts'

export type Role = 'web' | 'worker' | 'sender'

export interface BatonOptions {
  /** For tests and the demo; else this machine's, held to that of PostgreSQL. */
  clock?: Clock
  log: Logger
  /** A PostgreSQL, or the directory of one of our own. */
  database: DatabaseAddress | { directory: string }
  configDir: string
  host: string
  /** 0: any free one. */
  port: number
  roles: readonly Role[]
  /** The administrator key; without it one is made on the first start. */
  apiKey?: string
  sources?: ReferenceSources
  /** Whether the WhatsApp emulator is served too, decided by the files that are going to be in force. */
  emulator?: (files: ConfigFiles) => Emulation
}

export interface Baton {
  url: string
  app: FastifyInstance
  /** The key that was made on this start; this is the only time it is seen. */
  administratorKey: string | null
  settings: () => Settings
  /** The files are not what is in force: they were changed and not published. */
  differing: Differing | null
  emulator: Emulator | null
  /** The variables whose values are the demonstration's. */
  madeUp: string[]
  /** Of the configured numbers, as the provider names them. */
  phoneNumberIds: string[]
  /** Says that it is not ready, goes on answering and asks whoever calls to close the connection: for so many milliseconds. */
  drain: (ms: number) => Promise<void>
  close: () => Promise<void>
}

export type Started =
  | { kind: 'started'; baton: Baton }
  /** Nothing is published and there is no configuration to publish. */
  | { kind: 'unpublished' }
  /** The configuration cannot be used. */
  | { kind: 'invalid'; problems: Problem[] }
  | Extract<Emulation, { kind: 'refused' }>

const WEBHOOK_PATH = '/webhooks/whatsapp'
/** The largest file the provider takes is a document of 100 MB. */
const MEDIA_BYTES = 100 * 1024 * 1024
const MEDIA_MS = 60_000
const HOUSEKEEPING_MS = 3_600_000

export async function startBaton(options: BatonOptions): Promise<Started> {
  const closing: (() => Promise<void>)[] = []
  const close = closeOnce(closing, options.log)
  try {
    const started = await compose(options, closing)
    if (started.kind !== 'started') await close()
    return started.kind === 'started' ? { kind: 'started', baton: { ...started.baton, close } } : started
  } catch (error) {
    await close() // R2
    throw error
  }
}

async function compose(
  options: BatonOptions,
  closing: (() => Promise<void>)[],
): Promise<Exclude<Started, { kind: 'started' }> | { kind: 'started'; baton: Omit<Baton, 'close'> }> {
  const { host, roles } = options
  const log = discreet(options.log)
  const port = options.port === 0 ? await freePort(host) : options.port
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`

  const database = await connect(options, closing)
  await migrate(database)
  const auth = createAuth(database.pool)
  await auth.migrate()
  const clock = options.clock ?? (await databaseClock(database, log, closing))

  const files = await filesToRun(database.db, options.configDir)
  if (files === null) return { kind: 'unpublished' }
  const emulation = options.emulator?.(files) ?? { kind: 'off' }
  if (emulation.kind === 'refused') return emulation
  const variables = emulation.kind === 'on' ? emulation.variables(url + EMULATOR_PATH) : {}
  const sources = options.sources ?? processSources
  const published = await publishFirst(database.db, options.configDir, clock.now())
  if (published.kind === 'refused') return { kind: 'invalid', problems: published.problems }
  const differing = published.kind === 'present' && published.differs.length > 0 ? published : null
  const found = await openConfiguration({
    db: database.db,
    connection: database.connection,
    log,
    sources: { ...sources, env: { ...variables, ...sources.env } },
  })
  if (found.kind !== 'open') return found
  const { configuration } = found
  closing.push(() => configuration.close())
  const settings = () => configuration.settings()

  const whatsapp = createWhatsAppChannel({ accounts: () => accountsOf(configuration) })
  closing.push(() => whatsapp.close())
  const bots = createHttpBot({
    bots: (id) => configuration.bot(id),
    resolveSecret: (reference) => configuration.secret(reference) ?? undefined,
    clock,
  })
  closing.push(() => bots.close())

  const hints = createHints()
  const metrics = createMetrics({
    waiting: () => waitingRows(database.db, clock.now()),
    stranded: () => strandedEvents(database.db),
    async numbers() {
      const { numbers } = settings()
      const halted = (await numberStates(database.db)).filter((state) => state.halted !== null && numbers.has(state.numberId))
      return { configured: [...numbers.keys()], halted: halted.length }
    },
    process: () => ({ pool: database.pool, intake: receiver.size(), loops: pulsesOf({ worker, timers, sender }) }),
  })
  let worker: Worker | null = null
  let sender: Sender | null = null
  let timers: Timers | null = null
  const receiver = createReceiver({
    database,
    clock,
    log,
    applyStatuses,
    numberOf: (account) => configuration.numberOf(account),
    numbersUnder: (businessAccount) => numbersUnder(configuration, businessAccount),
    onStored: metrics.stored,
  })
  closing.push(() => receiver.close())
  receiver.onInbox((actors) => {
    worker?.wake(actors)
    hints.call()
  })

  if (roles.includes('sender')) {
    sender = createSender({
      database,
      clock,
      log,
      route(numberId) {
        const account = configuration.accountOf(numberId)
        return account === null ? null : { channel: whatsapp, account }
      },
      limits: { perSecond: (numberId) => settings().numbers.get(numberId)?.messagesPerSecond ?? 80 },
      participants: [bots],
      submit: (to, event, { dedupe }) => receiver.submit(to, event, { dedupe }),
      history: (conversationId) => readHistory(database.db, conversationId),
      onInbox: () => worker?.wake(),
      onSettled(settled) {
        metrics.settled(settled)
        hints.call()
      },
    })
    const running = sender
    closing.push(() => running.stop())
  }
  if (roles.includes('worker')) {
    worker = createWorker({
      database,
      clock,
      log,
      settings,
      ...(sender === null ? {} : { openParcel: sender.openParcel }),
      logics: [createConversationLogic({ engines: [createJourneysEngine(), createOmniEngine()] }), createRoutingGroup()].map((logic) =>
        timed(logic, metrics.stepped),
      ),
      onCommitted(turns) {
        metrics.turns(turns.map(toFigures))
        templates.hear(turns)
        receiver.look()
        hints.call()
      },
    })
    const running = worker
    closing.push(() => running.stop())
    timers = createTimers({ database, clock, log, onFired: (actors) => running.wake(actors) })
    const firing = timers
    closing.push(() => firing.stop())
    const wake = createJourneyWake({ timers: firing, log, settings: settings() })
    configuration.onChange(wake.onChange)
    closing.push(() => wake.close())
  }
  const templates = createTemplateCatalogue({
    db: database.db,
    clock,
    log,
    accounts: () => accountsOf(configuration),
    businessAccountOf: (numberId) => configuration.accountOf(numberId)?.businessAccountId ?? null,
    list: (account, signal) => whatsapp.listTemplates(account, signal),
    onChange: () => configuration.refresh(),
  })
  closing.push(() => templates.close())

  const agents = createAgentDesk(settings)
  let leaving = false
  const app = await buildApp({
    clock,
    log,
    settings,
    inbound: createInbound({ receiver, db: database.db, onTemplates: templates.told }),
    reads: createReads(database.db),
    webhooks: [{ path: WEBHOOK_PATH, channel: whatsapp, handshake: (query) => whatsapp.answerHandshake(query) }],
    auth,
    authenticator: createAuthenticator({ auth, isAgent: (id) => agents.groupOf(id) !== null }),
    agents,
    changes: {
      position: () => readPosition(database.db, clock.now()),
      read: (from, isNew) => readChanges(database.db, from, isNew),
      onHint: hints.on,
    },
    metrics,
    numbers: {
      states: () => numberStates(database.db),
      async release(numberId) {
        await releaseNumber(database.db, numberId, clock.now())
        sender?.wake()
      },
    },
    readiness: createReadiness({ db: database.db, settings, loops: { worker, timers, sender }, isLeaving: () => leaving }),
    isLeaving: () => leaving,
    isDatabaseGone,
    media: (numberId, mediaId) => fetchMedia(whatsapp, configuration.accountOf(numberId), mediaId),
    web: roles.includes('web'),
  })
  closing.push(() => app.close())

  const emulator = emulation.kind === 'off' ? null : createEmulator(emulatorOptions(configuration, url, clock, log))
  if (emulator !== null) await app.register(emulator.plugin, { prefix: EMULATOR_PATH })
  const administratorKey = await auth.ensureAdministrator(options.apiKey)
  await app.listen({ host, port })
  worker?.start()
  timers?.start()
  sender?.start()
  if (roles.includes('worker')) {
    templates.start()
    const housekeeping = repeat(createHousekeeping({ db: database.db, clock, log }), HOUSEKEEPING_MS)
    closing.push(() => housekeeping.stop())
  }
  if (emulator !== null) {
    const shaken = await emulator.setWebhook(url + WEBHOOK_PATH)
    log.info({ webhook: url + WEBHOOK_PATH, shaken }, 'the WhatsApp emulator delivers here')
  }
  return {
    kind: 'started',
    baton: {
      url,
      app,
      administratorKey,
      settings,
      differing,
      emulator,
      async drain(ms) {
        leaving = true
        await pause(ms)
      },
      madeUp: Object.keys(variables),
      phoneNumberIds: accountsOf(configuration).map((account) => account.phoneNumberId),
    },
  }
}

async function databaseClock({ db }: Database, log: Logger, closing: (() => Promise<void>)[]): Promise<Clock> {
  const { clock, stop } = await followDatabaseClock(db, log)
  closing.push(stop)
  return clock
}

async function connect({ database: where, log }: BatonOptions, closing: (() => Promise<void>)[]): Promise<Database> {
  if (!('directory' in where)) return opened(openDatabase({ ...where, max: 20, log }), closing)
  const server = await startEmbedded({ directory: where.directory })
  // Whoever leaves last stops it: another process may have adopted it, and this one may have found it after a crash.
  closing.push(async () => void (await server.leave()))
  return opened(openDatabase({ host: server.host, user: server.user, database: server.database, max: 20, log }), closing)
}

function opened(database: Database, closing: (() => Promise<void>)[]): Database {
  closing.push(() => database.close())
  return database
}

function toFigures({ actor, turn }: CommittedTurn) {
  return {
    kind: actor.kind,
    rule: turn.decision?.rule ?? null,
    alarms: turn.alarms.map(({ code }) => code),
    blockedKeyword: isBlockedKeyword(turn.decision),
  }
}

/** A reserved keyword that an open service session kept from its journey. */
function isBlockedKeyword(decision: CommittedTurn['turn']['decision']): boolean {
  const facts = decision?.inputs['facts'] as { entry?: unknown } | undefined
  return decision?.rule === 'open-service-session' && facts?.entry !== undefined
}

function accountsOf(configuration: Configuration): WhatsAppAccount[] {
  return [...configuration.settings().numbers.keys()].flatMap((id) => configuration.accountOf(id) ?? [])
}

function numbersUnder(configuration: Configuration, businessAccount: string): string[] {
  return [...configuration.settings().numbers.keys()].filter((id) => configuration.accountOf(id)?.businessAccountId === businessAccount)
}

async function fetchMedia(channel: WhatsAppChannel, account: WhatsAppAccount | null, mediaId: string): Promise<MediaFile> {
  if (account === null) return { kind: 'unavailable', reason: 'the number is not configured any more' }
  const found = await channel.downloadMedia(account, mediaId, MEDIA_BYTES, AbortSignal.timeout(MEDIA_MS))
  if (found.kind === 'failed') return { kind: 'unavailable', reason: `${found.error.code} ${found.error.title}` }
  return found.kind === 'unknown' ? { kind: 'unavailable', reason: found.reason } : found
}

/** Runs the closers from the last to the first, once; one that fails does not keep the others open. */
function closeOnce(closing: (() => Promise<void>)[], log: Logger): () => Promise<void> {
  let closed: Promise<void> | null = null
  return () => (closed ??= closeAll(closing, log))
}

async function closeAll(closing: (() => Promise<void>)[], log: Logger): Promise<void> {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) {
    try {
      // One after the other: each needs those below it.
      // oxlint-disable-next-line no-await-in-loop
      await close()
    } catch (error) {
      log.error({ err: error }, 'a part could not be closed')
    }
  }
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
