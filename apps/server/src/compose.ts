// The composition root: every part of a running Baton, made by hand and in order, and taken down in the reverse one.
// R1 nothing accepted is lost on the way down: stop accepting → what was accepted is stored → the worker ends its turn → the
// sender records the calls under way → connections → the embedded PostgreSQL, if nobody else uses it. R2 a failed start leaves nothing running.
// R3 an administrator key that is made is shown: it is made last, as a start that fails shows nothing and the next one makes none.
import { setTimeout as pause } from 'node:timers/promises'
import { createWhatsAppChannel } from '@baton/adapters'
import { createEmulator } from '@baton/adapters/emulator'
import { isDatabaseTrouble, numberStates, releaseNumber } from '@baton/router'
import { accountsOf, fetchMedia, isOurs } from './whatsapp/accounts.ts'
import { createAgentSide } from './service/agent-desk.ts'
import { buildApp } from './app.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import type { Baton, BatonOptions, Started } from './baton.ts'
import { createBotSide } from './service/bot-side.ts'
import { createClosing } from './process/closing.ts'
import type { Closing } from './process/closing.ts'
import { configurationInForce } from './process/configuration-in-force.ts'
import { EMULATOR_PATH, emulatorOptions } from './whatsapp/emulation.ts'
import { createDefinitions } from './journeys/definitions.ts'
import { createHints } from './events/hints.ts'
import { layFoundation } from './process/foundation.ts'
import { freePort } from './process/free-port.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createHttpSteps } from './journeys/http-steps.ts'
import { createInbound } from './inbound.ts'
import { listen } from './process/listen.ts'
import { discreet } from './log.ts'
import { committedFigures } from './metrics/committed-figures.ts'
import { figuresOf } from './metrics/figures.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createPipeline } from './process/pipeline.ts'
import { createReadiness } from './readiness.ts'
import { repeat } from './repeat.ts'
import { readChanges, readPosition } from './store/changes.ts'
import { createReads } from './store/reads.ts'
import { createTemplateCatalogue } from './whatsapp/templates.ts'
import { createTracing } from './tracing/tracing.ts'

const WEBHOOK_PATH = '/webhooks/whatsapp'
const HOUSEKEEPING_MS = 3_600_000
/** Not a reason to take no messages: whoever revoked it knows that it leads nowhere. */
const KEY_REVOKED = 'the key in BATON_API_KEY was revoked and is not taken: set another one, made with openssl rand -hex 24'

export async function startBaton(options: BatonOptions): Promise<Started> {
  const closing = createClosing(options.log)
  try {
    const started = await compose(options, closing)
    if (started.kind !== 'started') await closing.close()
    return started.kind === 'started' ? { kind: 'started', baton: { ...started.baton, close: closing.close } } : started
  } catch (error) {
    await closing.close() // R2
    throw error
  }
}

async function compose(
  options: BatonOptions,
  closing: Closing,
): Promise<Exclude<Started, { kind: 'started' }> | { kind: 'started'; baton: Omit<Baton, 'close'> }> {
  const { host, roles } = options
  const isTold = () => options.signal?.aborted === true
  const log = discreet(options.log)
  const port = options.port === 0 ? await freePort(host) : options.port
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const { database, auth, clock } = await layFoundation(options, log, closing)
  const { db } = database
  if (isTold()) return { kind: 'ended' }

  const found = await configurationInForce(options, { database, clock, log, url }, closing)
  if (found.kind !== 'in-force') return found
  const { configuration, texts, differing } = found
  const settings = () => configuration.settings()

  // The world outside.
  const whatsapp = createWhatsAppChannel({ accounts: () => accountsOf(configuration) })
  closing.push(() => whatsapp.close())
  const { bots, botDesk } = createBotSide(configuration, clock, closing)
  const httpSteps = createHttpSteps(configuration, closing)
  const templates = createTemplateCatalogue({
    db,
    clock,
    log,
    accounts: () => accountsOf(configuration),
    businessAccountOf: (numberId) => configuration.accountOf(numberId)?.businessAccountId ?? null,
    list: (account, signal) => whatsapp.listTemplates(account, signal),
    onChange: () => configuration.refresh(),
  })
  closing.push(() => templates.close())

  // Messages on their way.
  const hints = createHints()
  const metrics = createMetrics()
  const tracing = options.onSpan === undefined ? null : createTracing(options.onSpan, clock)
  const pipeline = createPipeline(
    {
      roles,
      database,
      clock,
      log,
      configuration,
      whatsapp,
      participants: [bots, httpSteps],
      metrics,
      tracing,
      onCommitted(turns) {
        metrics.turns(turns.map(committedFigures))
        templates.hear(turns)
      },
      onChange: hints.call,
    },
    closing,
  )
  const { receiver, worker, timers, sender } = pipeline
  const loops = { worker, timers, sender }

  // Who works here, and what is asked of all of it.
  const agentSide = createAgentSide({ settings, receiver, log, closing })
  const reads = createReads(db)
  metrics.ask(figuresOf({ database, clock, settings, reads, agents: agentSide.agents, bots, receiver, loops }))

  // The HTTP face.
  let leaving = false
  const app = await buildApp({
    clock,
    log,
    settings,
    inbound: createInbound({ receiver, db, onTemplates: templates.told, isOurs: (account) => isOurs(configuration, account) }),
    reads,
    webhooks: [{ path: WEBHOOK_PATH, channel: whatsapp, handshake: (query) => whatsapp.answerHandshake(query) }],
    auth,
    authenticator: createAuthenticator({ auth, isAgent: agentSide.agents.hasAgent }),
    ...agentSide,
    botDesk,
    changes: {
      position: () => readPosition(db, clock.now()),
      read: (from, isNew, decidedFromMs) => readChanges(db, from, isNew, decidedFromMs, reads.getGroup),
      onHint: hints.on,
    },
    metrics,
    tracing,
    numbers: {
      states: () => numberStates(db),
      async release(numberId) {
        await releaseNumber(db, numberId, clock.now())
        sender?.wake()
      },
    },
    definitions: createDefinitions(db, clock, texts),
    readiness: createReadiness({ db, settings, loops, circuits: bots.circuits, isLeaving: () => leaving }),
    isLeaving: () => leaving,
    isDatabaseTrouble,
    media: (numberId, mediaId, most) => fetchMedia(whatsapp, configuration.accountOf(numberId), { mediaId, most }),
    web: roles.includes('web'),
    ...(options.streamsAtOnce === undefined ? {} : { streamsAtOnce: options.streamsAtOnce }),
  })
  closing.push(() => app.close())
  const emulator = found.isEmulated ? createEmulator(emulatorOptions(configuration, url, clock, log)) : null
  if (emulator !== null) await app.register(emulator.plugin, { prefix: EMULATOR_PATH })
  if (options.apiKey !== undefined && (await auth.takeAdministrator(options.apiKey)) === 'revoked') log.error(KEY_REVOKED)
  if (isTold()) return { kind: 'ended' }

  // Everything is there: begin.
  closing.push(await listen(app, { host, port }))
  pipeline.start()
  if (roles.includes('worker')) {
    templates.start()
    const housekeeping = repeat(createHousekeeping({ db, clock, log, historyMs: options.historyMs ?? null }), HOUSEKEEPING_MS)
    closing.push(() => housekeeping.stop())
  }
  if (emulator !== null) {
    const shaken = await emulator.setWebhook(url + WEBHOOK_PATH)
    log.info({ webhook: url + WEBHOOK_PATH, shaken }, 'the WhatsApp emulator delivers here')
  }
  // R3: nobody can use a key before it is shown, and after this nothing fails any more.
  const administratorKey = options.apiKey === undefined ? await auth.ensureAdministrator() : null
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
      madeUp: found.madeUp,
      phoneNumberIds: accountsOf(configuration).map((account) => account.phoneNumberId),
    },
  }
}
