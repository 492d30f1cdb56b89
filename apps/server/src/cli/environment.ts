// Pure. What the environment says, checked once; docs and defaults are in README.md.
import path from 'node:path'

export const ROLES = ['web', 'worker', 'sender'] as const
export type Role = (typeof ROLES)[number]

export interface Environment {
  host: string
  port: number
  /** null: the embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | null
  dataDir: string
  /** Where the embedded PostgreSQL keeps its files. */
  postgresDir: string
  configDir: string
  /** How long a statement may take, ms. */
  statementTimeoutMs: number
  /** How long transcripts, decisions and alarms are kept, ms; null: for ever. */
  historyMs: number | null
  /** Event streams open at once; null: not said. */
  streamsAtOnce: number | null
  /** The first administrator key; null: one is made and printed once. */
  apiKey: string | null
  roles: Role[]
  /** How long a process that was told to end goes on answering while it says that it is not ready, ms. */
  drainMs: number
  /** null: not said, so the configuration decides (see demonstration.ts). */
  emulator: boolean | null
  /** Whether somebody wants traces; how and where is for the SDK to read (OTEL_…). */
  traces: boolean
}

/** Long for any statement of ours, and short enough that the result of a send outlives a dead connection. */
const STATEMENT_SECONDS = 20

/** A provider tells statuses of a message, and a customer quotes one, for weeks. */
const KEEP_DAYS_AT_LEAST = 35

/** Whoever guesses it may do everything. */
const KEY_LENGTH_AT_LEAST = 24

/** A load balancer that looks every second or two has seen it by then. */
const DRAIN_SECONDS = 5

export type Read = { kind: 'environment'; environment: Environment } | { kind: 'wrong'; problems: string[] }

export function readEnvironment(env: Record<string, string | undefined>): Read {
  const problems: string[] = []
  const given = (name: string) => (env[name] === undefined || env[name] === '' ? null : env[name])

  const port = Number(given('PORT') ?? 8080)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`PORT is "${env['PORT']}": expected a number from 0 to 65535`)

  const roles = (given('BATON_ROLES') ?? ROLES.join(',')).split(',').map((role) => role.trim())
  const known = roles.filter((role): role is Role => (ROLES as readonly string[]).includes(role))
  const unknown = roles.filter((role) => !(ROLES as readonly string[]).includes(role))
  if (unknown.length > 0) problems.push(`BATON_ROLES names "${unknown.join(', ')}": expected some of ${ROLES.join(',')}`)

  const drain = Number(given('BATON_DRAIN_SECONDS') ?? DRAIN_SECONDS)
  if (!(drain >= 0 && drain <= 600))
    problems.push(`BATON_DRAIN_SECONDS is "${env['BATON_DRAIN_SECONDS']}": expected a number from 0 to 600`)

  const statement = Number(given('BATON_STATEMENT_SECONDS') ?? STATEMENT_SECONDS)
  if (!(statement >= 1 && statement <= 600))
    problems.push(`BATON_STATEMENT_SECONDS is "${env['BATON_STATEMENT_SECONDS']}": expected a number from 1 to 600`)

  const streams = given('BATON_EVENT_STREAMS')
  if (streams !== null && !/^\d{1,5}$/.test(streams ?? ''))
    problems.push(`BATON_EVENT_STREAMS is "${env['BATON_EVENT_STREAMS']}": expected a number from 0 to 99999`)

  const keep = given('BATON_KEEP_DAYS')
  if (keep !== null && !(/^\d{1,5}$/.test(keep ?? '') && Number(keep) >= KEEP_DAYS_AT_LEAST))
    problems.push(`BATON_KEEP_DAYS is "${env['BATON_KEEP_DAYS']}": expected a number of days, ${KEEP_DAYS_AT_LEAST} or more`)

  const emulator = given('BATON_EMULATOR')
  if (emulator !== null && emulator !== 'on' && emulator !== 'off') problems.push(`BATON_EMULATOR is "${emulator}": expected on or off`)

  const databaseUrl = given('DATABASE_URL')
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl))
    problems.push(
      'DATABASE_URL: expected postgres://user:password@host/database, or postgres://user@/database?host=/directory/of/the/socket',
    )

  const collector = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].find((name) => given(name) !== null)
  if (collector !== undefined && !/^https?:\/\/[^/]/.test(given(collector) ?? ''))
    problems.push(`${collector} is "${env[collector]}": expected an address such as http://127.0.0.1:4318`)
  const traces = collector !== undefined && given('OTEL_SDK_DISABLED') !== 'true' && given('OTEL_TRACES_EXPORTER') !== 'none'

  const apiKey = given('BATON_API_KEY')
  if (apiKey !== null) problems.push(...keyProblems(apiKey))

  const dataDir = path.resolve(given('BATON_DATA_DIR') ?? '.baton')
  if (problems.length > 0) return { kind: 'wrong', problems }
  return {
    kind: 'environment',
    environment: {
      host: given('HOST') ?? '127.0.0.1',
      port,
      databaseUrl,
      dataDir,
      postgresDir: path.join(dataDir, 'postgres'),
      configDir: given('BATON_CONFIG_DIR') ?? 'config',
      statementTimeoutMs: statement * 1_000,
      historyMs: keep === null ? null : Number(keep) * 86_400_000,
      streamsAtOnce: streams === null ? null : Number(streams),
      apiKey,
      roles: known,
      drainMs: drain * 1_000,
      emulator: emulator === null ? null : emulator === 'on',
      traces,
    },
  }
}

/** The key itself is not shown. */
function keyProblems(key: string): string[] {
  const make = 'make one with openssl rand -hex 24'
  if (!/^[!-~]*$/.test(key)) {
    return [`BATON_API_KEY holds white space, or a character that is not ASCII, which no Authorization header can carry; ${make}`]
  }
  if (key.length >= KEY_LENGTH_AT_LEAST) return []
  const has = `${key.length} ${key.length === 1 ? 'character' : 'characters'}`
  return [`BATON_API_KEY has ${has}: expected ${KEY_LENGTH_AT_LEAST} or more; ${make}`]
}
