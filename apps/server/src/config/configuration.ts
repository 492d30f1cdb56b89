// The configuration of a running process: the newest published version, compiled once, with the secrets of its numbers in memory.
// R1 readers never wait: they get the last good one. R2 a version that cannot be used (a secret of a number is not set here)
// leaves the running one in place and is logged once. R3 a missed notification is made up for by the poll. R4 a text of a journey is
// parsed once, and between two of them other work goes on, so that a long history holds nobody up. R5 what would not be published any more,
// by rules that came after a version, keeps it from nothing; it is logged once.
import { setImmediate as others } from 'node:timers/promises'
import type { Logger, Settings } from '@baton/router'
import type { QueryExecutorProvider } from 'kysely'
import pg from 'pg'
import type { JourneyDefinition } from '@baton/journeys'
import type { BotSettings } from '@baton/omni'
import type { WhatsAppAccount } from '@baton/adapters'
import { activate, sameTemplates, templatesByAccount, type ActiveConfiguration } from './activate.ts'
import { createJourneyTexts, type JourneyTexts } from './journey-texts.ts'
import { journeyTextsOf } from './journeys.ts'
import type { Outgoing } from './outgoing.ts'
import type { Problem } from './problem.ts'
import { processSources, type ReferenceSources } from './references.ts'
import { readTemplates } from '../store/templates.ts'
import { CONFIG_CHANNEL, journeyTextsIn, newestVersion } from '../store/config-versions.ts'

export interface Configuration {
  /** The newest published version that works here; the same object until something changes. */
  settings(): Settings
  /** From the provider's name for a number (a phone number id) to our number id. */
  numberOf(account: string): string | null
  /** The account of a number, secrets resolved. */
  accountOf(numberId: string): WhatsAppAccount | null
  /** What a reference of the running version leads to now, a bot's secret for example; null when it leads to nothing. */
  secret(reference: string): string | null
  bot(id: string): BotSettings | undefined
  outgoing(): Outgoing
  /** Looks for a newer version and for changed templates now. */
  refresh(): Promise<void>
  /** Called after `settings()` has changed. */
  onChange(callback: (settings: Settings) => void): void
  close(): Promise<void>
}

export interface OpenOptions {
  db: QueryExecutorProvider
  /** Of a connection of its own that hears of new versions at once; without it they are found by the poll. */
  connection?: pg.ClientConfig
  log: Logger
  sources?: ReferenceSources
  /** What this process has read of journey files. */
  texts?: JourneyTexts
  /** Milliseconds between two looks; 0: only when told. */
  pollMs?: number
}

export type Opened =
  | { kind: 'open'; configuration: Configuration }
  /** Nothing is published yet. */
  | { kind: 'unpublished' }
  /** The published version cannot be used in this process. */
  | { kind: 'invalid'; version: number; problems: Problem[] }

export async function openConfiguration(options: OpenOptions): Promise<Opened> {
  const { db, connection, log, sources = processSources, texts = createJourneyTexts(), pollMs = 2_000 } = options
  /** Every version of a journey that was ever published. None is left out: runs, results and reports of events may name any of them, and a
   * process that is late may still begin runs of the one before. */
  const versions = new Map<string, JourneyDefinition>()
  let active: ActiveConfiguration | null = null
  let lastSeen = 0
  let templates = templatesByAccount(await readTemplates(db))
  let settings: Settings
  const callbacks: ((settings: Settings) => void)[] = []

  /** Takes in versions published since the last look; answers with the problems of the newest when it cannot be used. */
  async function takeNewest(): Promise<Problem[]> {
    const newest = await newestVersion(db, lastSeen)
    if (newest === null) return []
    await texts.hold(journeyTextsOf(newest.files))
    await readJourneys(lastSeen, newest.version)
    lastSeen = newest.version
    const next = activate(newest, { older: versions.values(), read: texts.read, sources })
    if (next.kind === 'invalid') return next.problems
    active = next.active
    if (next.borne.length > 0) log.warn({ version: newest.version, problems: next.borne }, BORNE) // R5
    return []
  }

  /** R4. What no longer parses has no runs that could go on. */
  async function readJourneys(after: number, last: number): Promise<void> {
    const seen = new Set<string>()
    for (let from = after; from < last; from += VERSIONS_AT_ONCE) {
      for (const text of await journeyTextsIn(db, from, Math.min(from + VERSIONS_AT_ONCE, last))) {
        if (seen.has(text)) continue
        seen.add(text)
        await others()
        const { parsed } = texts.read(text)
        if (parsed?.kind === 'ok') versions.set(parsed.definition.version, parsed.definition)
      }
    }
  }

  const first = await takeNewest()
  if (lastSeen === 0) return { kind: 'unpublished' }
  if (active === null) return { kind: 'invalid', version: lastSeen, problems: first }
  let current: ActiveConfiguration = active
  settings = current.settings(templates)

  let looking: Promise<void> | null = null
  let again = false
  /** One look at a time; a call during a look makes one more. */
  async function refresh(): Promise<void> {
    if (looking !== null) {
      again = true
      return looking
    }
    looking = (async () => {
      do {
        again = false
        await look()
      } while (again)
    })()
    try {
      await looking
    } finally {
      looking = null
    }
  }

  async function look(): Promise<void> {
    const problems = await takeNewest()
    if (problems.length > 0) log.error({ version: lastSeen, problems }, 'the new configuration cannot be used here; the running one stays') // R2
    const nextTemplates = templatesByAccount(await readTemplates(db))
    const sameVersion = active === current
    if (sameVersion && sameTemplates(templates, nextTemplates)) return
    if (active !== null) current = active
    templates = nextTemplates
    settings = current.settings(templates)
    if (!sameVersion) log.info({ version: settings.version }, 'configuration in force')
    for (const callback of callbacks) callback(settings)
  }

  const stopWatching = watch({ refresh, log, pollMs, ...(connection === undefined ? {} : { connection }) })
  return {
    kind: 'open',
    configuration: {
      settings: () => settings,
      numberOf: (account) => current.numberOf(account),
      accountOf: (numberId) => current.accounts.get(numberId) ?? null,
      secret: (reference) => current.secret(reference),
      bot: (id) => current.bots.get(id),
      outgoing: () => current.outgoing,
      refresh,
      onChange: (callback) => void callbacks.push(callback),
      async close() {
        await stopWatching()
        await looking
      },
    },
  }
}

const BORNE = 'the configuration runs, but would not be published like this any more: correct it before the next change'

/** So that a statement over the history stays short. */
const VERSIONS_AT_ONCE = 100

interface WatchOptions {
  refresh(): Promise<void>
  connection?: pg.ClientConfig
  log: Logger
  pollMs: number
}

/** Calls `refresh` on notifications and by the clock; a lost connection is opened again at the next tick. */
function watch({ refresh, connection, log, pollMs }: WatchOptions): () => Promise<void> {
  let listener: pg.Client | null = null
  let connecting: Promise<void> | null = null
  let closed = false

  const look = () => {
    refresh().catch((error: unknown) => log.warn({ err: error }, 'could not look for a new configuration; trying again'))
  }
  async function listen(): Promise<void> {
    const client = new pg.Client({ ...connection, application_name: 'baton-config' })
    client.on('error', (error) => log.warn({ err: error }, 'the connection that hears of new configurations broke; opening it again'))
    client.on('end', () => {
      if (listener === client) listener = null
    })
    client.on('notification', look)
    await client.connect()
    await client.query(`listen ${CONFIG_CHANNEL}`)
    listener = client
    // What was published while nobody listened.
    look()
  }
  function connect(): void {
    if (connection === undefined || listener !== null || connecting !== null || closed) return
    connecting = listen()
      .catch((error: unknown) => log.warn({ err: error }, 'could not listen for new configurations; the poll finds them'))
      .finally(() => {
        connecting = null
      })
  }
  connect()
  const tick = () => {
    connect()
    look()
  }
  const timer = pollMs === 0 ? null : setInterval(tick, pollMs).unref()

  return async () => {
    closed = true
    if (timer !== null) clearInterval(timer)
    await connecting
    await listener?.end()
  }
}
