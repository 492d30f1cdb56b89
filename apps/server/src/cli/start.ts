// `baton start`: the process. Log lines go to standard error; standard output has what a person needs, and when everything
// runs, the line that says so.
import closeWithGrace from 'close-with-grace'
import pino from 'pino'
import type { Logger } from 'pino'
import type { Baton } from '../baton.ts'
import { startBaton } from '../compose.ts'
import { EMULATOR_PATH } from '../whatsapp/emulation.ts'
import type { Differing } from '../config/publish.ts'
import { formatProblem } from '../config/problem.ts'
import { processSources } from '../config/references.ts'
import { discreet } from '../log.ts'
import type { Telemetry } from '../tracing/telemetry.ts'
import { planDemonstration } from './demonstration.ts'
import type { Environment } from './environment.ts'
import type { Report, Terminal } from './output.ts'

/** How long what was accepted may take to be stored before the process ends all the same. */
export const GRACE_MS = 30_000

/** Answers when the server has been told to end, or at once when it cannot start. */
export async function runStart(environment: Environment, terminal: Terminal): Promise<Report> {
  const log = pino({ name: 'baton', base: null }, pino.destination({ dest: 2, sync: true }))
  const ending = awaitEnd(discreet(log), GRACE_MS + environment.drainMs)
  try {
    return await run(environment, terminal, log, ending)
  } finally {
    ending.stop()
  }
}

async function run(environment: Environment, terminal: Terminal, log: Logger, ending: Ending): Promise<Report> {
  const { host, port, databaseUrl, postgresDir, statementTimeoutMs, streamsAtOnce, historyMs, configDir, roles, apiKey, drainMs } =
    environment
  const telemetry = environment.traces ? await loadTelemetry(terminal.env, log) : null
  // An empty variable is one that is not set.
  const env = Object.fromEntries(Object.entries(terminal.env).filter(([, value]) => value !== ''))
  const started = await startBaton({
    log,
    database: databaseUrl === null ? { directory: postgresDir } : { url: databaseUrl },
    statementTimeoutMs,
    ...(streamsAtOnce === null ? {} : { streamsAtOnce }),
    ...(historyMs === null ? {} : { historyMs }),
    configDir,
    host,
    port,
    roles,
    sources: { ...processSources, env },
    ...(apiKey === null ? {} : { apiKey }),
    ...(telemetry === null ? {} : { onSpan: telemetry.record }),
    signal: ending.signal,
    emulator: (files) => planDemonstration(environment, terminal.env, files),
  })
  const ended: Report = { exit: 0, text: '', data: { ended: true } }
  if (started.kind === 'ended') return ended
  if (started.kind === 'refused') return { exit: 1, text: started.message, data: { problem: started.message } }
  if (started.kind === 'unpublished') {
    const text = `nothing is published and there are no YAML files in ${configDir}: set BATON_CONFIG_DIR, or publish with baton config apply`
    return { exit: 1, text, data: { problem: text } }
  }
  if (started.kind === 'invalid') {
    const text = [...started.problems.map(formatProblem), 'Baton does not start with these problems'].join('\n')
    return { exit: 1, text, data: { problems: started.problems } }
  }
  const { baton } = started
  // Told to end in the last moment: nobody needs to hear of it, but this is the only time the key is seen.
  const isTold = ending.signal.aborted
  if (isTold) tellKey(baton, terminal)
  else welcome(baton, environment, terminal)
  await ending.by(async (signal) => {
    // Ctrl-C comes from a person who waits; SIGTERM from what runs processes, and a load balancer may not know yet.
    if (signal === 'SIGTERM' && !isTold) await baton.drain(drainMs)
    await baton.close()
    await telemetry?.close()
  })
  return ended
}

/** Loaded only here: it is as large as everything else together. */
async function loadTelemetry(env: Terminal['env'], log: Logger): Promise<Telemetry> {
  const { startTelemetry } = await import('../tracing/telemetry.ts')
  return startTelemetry(env, log)
}

function welcome(baton: Baton, { configDir, roles }: Environment, terminal: Terminal): void {
  const { url, settings, emulator, madeUp, differing, phoneNumberIds } = baton
  if (emulator !== null) {
    const values = madeUp.length === 0 ? '' : `; values were made up for ${madeUp.join(', ')}`
    terminal.out(`Demonstration: the WhatsApp emulator is served here too${values}`)
  }
  if (differing !== null) terminal.out(differs(configDir, differing))
  tellKey(baton, terminal)
  terminal.out(`API documentation: ${url}/docs`)
  if (roles.includes('web')) terminal.out(`Webhooks: ${url}/webhooks/whatsapp`)
  if (emulator !== null) terminal.out(asCustomer(url, phoneNumberIds))
  terminal.out(`Baton is ready at ${url} (configuration version ${settings().version})`)
}

function tellKey({ administratorKey }: Baton, terminal: Terminal): void {
  if (administratorKey !== null) terminal.out(`Administrator API key, shown this once: ${administratorKey}`)
}

/** What to type to be a customer of the demonstration. */
function asCustomer(url: string, phoneNumberIds: readonly string[]): string {
  const customer = `${url}${EMULATOR_PATH}/emulator/numbers/${phoneNumberIds[0] ?? ''}/customers/12025550123`
  const write = `curl ${customer}/messages -H 'content-type: application/json' -d '{"type":"text","text":"coupon"}'`
  return `Write as a customer: ${write}\nSee their telephone: curl ${customer}/chat`
}

/** The files are only taken up by publishing them, which is easily forgotten. */
function differs(configDir: string, { version, differs: files }: Differing): string {
  return `${configDir.replace(/\/+$/, '')}/ differs from published version ${version} in ${files.join(', ')}: run baton config apply`
}

interface Ending {
  /** Aborted when the process is told to end. */
  signal: AbortSignal
  /** How to end what has started. Answers when that was done. */
  by(end: End): Promise<void>
  /** There is nothing to end, and nothing will be. */
  stop(): void
}

type End = (signal: string | undefined) => Promise<void>

/** Hears from now on when the process is told to end: process 1 of a container is never told by default, and what was started by then
 * (PostgreSQL) is not to be left behind. An error that nobody caught ends it too. */
function awaitEnd(log: Logger, graceMs: number): Ending {
  const told = new AbortController()
  const way = Promise.withResolvers<End>()
  const over = Promise.withResolvers<void>()
  const onSecondError = (error: unknown) => log.fatal({ err: error }, 'another error that nobody caught')
  const { uninstall } = closeWithGrace({ delay: graceMs, onSecondError }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'an error that nobody caught ends the process')
    told.abort()
    const end = await way.promise
    await end(signal)
    over.resolve()
  })
  return {
    signal: told.signal,
    by(end) {
      way.resolve(end)
      return over.promise
    },
    stop() {
      way.resolve(async () => {})
      uninstall()
    },
  }
}
