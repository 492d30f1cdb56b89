// The composition root: every part of a running Baton, made by hand and in order, and taken down in the reverse one.
// R1 nothing accepted is lost on the way down: stop accepting → what was accepted is stored → the worker ends its turn → the
// sender records the calls under way → connections → the embedded PostgreSQL, if nobody else uses it. R2 a failed start leaves nothing running.
// R3 an administrator key that is made is shown: it is made last, as a start that fails shows nothing and the next one makes none.
import { setTimeout as pause } from 'node:timers/promises'
import { createWhatsAppChannel } from '@baton/adapters'
import { createEmulator } from '@baton/adapters/emulator'
import { isDatabaseTrouble, numberStates, releaseNumber } from '@baton/router'
import { accountsOf, fetchMedia } from './accounts.ts'
import { createAgentSide } from './agent-desk.ts'
import { buildApp } from './app.ts'
import { createAuthenticator } from './auth/authenticate.ts'
import type { Baton, BatonOptions, Started } from './baton.ts'
import { createBotSide } from './bot-side.ts'
import { createClosing } from './closing.ts'
import type { Closing } from './closing.ts'
import { openConfiguration } from './config/configuration.ts'
import { filesToRun, publishFirst } from './config/publish.ts'
import { processSources } from './config/references.ts'
import { EMULATOR_PATH, emulatorOptions } from './emulation.ts'
import { createDefinitions } from './definitions.ts'
import { createHints } from './events/hints.ts'
import { layFoundation } from './foundation.ts'
import { freePort } from './free-port.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createHttpSteps } from './http-steps.ts'
import { createInbound } from './inbound.ts'
import { listen } from './listen.ts'
import { discreet } from './log.ts'
import { committedFigures } from './metrics/committed-figures.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createPipeline } from './pipeline.ts'
import { createReadiness, pulsesOf } from './readiness.ts'
import { repeat } from './repeat.ts'
import { readChanges, readPosition } from './store/changes.ts'
import { createReads } from './store/reads.ts'
import { strandedEvents, waitingRows } from './store/waiting.ts'
import { createTemplateCatalogue } from './templates.ts'
import { createTracing } from './tracing/tracing.ts'

const WEBHOOK_PATH = '/webhooks/whatsapp'
const HOUSEKEEPING_MS = 3_600_000

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

  // The configuration in force.
  const files = await filesToRun(db, options.configDir)
  if (files === null) return { kind: 'unpublished' }
  const emulation = options.emulator?.(files) ?? { kind: 'off' }
  if (emulation.kind === 'refused') return emulation
  const variables = emulation.kind === 'on' ? emulation.variables(url + EMULATOR_PATH) : {}
  const sources = options.sources ?? processSources
  const published = await publishFirst(db, options.configDir, clock.now())
  if (published.kind === 'refused') return { kind: 'invalid', problems: published.problems }
  const differing = published.kind === 'present' && published.differs.length > 0 ? published : null
  const found = await openConfiguration({
    db,
    connection: database.connection,
    log,
    sources: { ...sources, env: { ...variables, ...sources.env } },
  })
  if (found.kind !== 'open') return found
  const { configuration } = found
  closing.push(() => configuration.close())
  const settings = () => configuration.settings()

  // The world outside.
  const whatsapp = createWhatsAppChannel({ accounts: () => accountsOf(configuration) })
  closing.push(() => whatsapp.close())
  const { bots, botDesk } = createBotSide(configuration, clock, closing)

  // Messages on their way.
  const reads = createReads(db)
  const hints = createHints()
  const metrics = createMetrics({
    waiting: () => waitingRows(db, clock.now()),
    stranded: () => strandedEvents(db),
    async numbers() {
      const { numbers } = settings()
      const halted = (await numberStates(db)).filter((state) => state.halted !== null && numbers.has(state.numberId))
      return { configured: [...numbers.keys()], halted: halted.length }
    },
    async queues() {
      const at = clock.now()
      return { at, queues: agentSide.agents.liveQueues(await reads.getGroup(), at) }
    },
    process: () => ({ pool: database.pool, intake: pipeline.receiver.size(), loops: pulsesOf(loops), circuits: bots.circuits() }),
  })
  const tracing = options.onSpan === undefined ? null : createTracing(options.onSpan, clock)
  const pipeline = createPipeline(
    {
      roles,
      database,
      clock,
      log,
      configuration,
      whatsapp,
      participants: [bots, createHttpSteps(configuration, closing)],
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

  // The HTTP face.
  const agentSide = createAgentSide({ settings, receiver, log, closing })
  let leaving = false
  const app = await buildApp({
    clock,
    log,
    settings,
    inbound: createInbound({ receiver, db, onTemplates: templates.told }),
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
    definitions: createDefinitions(db, clock),
    readiness: createReadiness({ db, settings, loops, circuits: bots.circuits, isLeaving: () => leaving }),
    isLeaving: () => leaving,
    isDatabaseTrouble,
    media: (numberId, mediaId) => fetchMedia(whatsapp, configuration.accountOf(numberId), mediaId),
    web: roles.includes('web'),
    ...(options.streamsAtOnce === undefined ? {} : { streamsAtOnce: options.streamsAtOnce }),
  })
  closing.push(() => app.close())
  const emulator = emulation.kind === 'off' ? null : createEmulator(emulatorOptions(configuration, url, clock, log))
  if (emulator !== null) await app.register(emulator.plugin, { prefix: EMULATOR_PATH })
  if (options.apiKey !== undefined) await auth.ensureAdministrator(options.apiKey)
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
  const administratorKey = options.apiKey === undefined ? await auth.ensureAdministrator(undefined) : null
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
