import t from 'tap'
import { readEnvironment } from '../../src/cli/environment.ts'

await t.test('without variables the documented defaults hold', async (t) => {
  t.match(readEnvironment({}), {
    kind: 'environment',
    environment: {
      host: '127.0.0.1',
      port: 8080,
      databaseUrl: null,
      configDir: 'config',
      apiKey: null,
      roles: ['web', 'worker', 'sender'],
      drainMs: 5_000,
      statementTimeoutMs: 20_000,
      streamsAtOnce: null,
      historyMs: null,
      emulator: null,
      traces: false,
    },
  })
})

await t.test('every variable that cannot be used is named', async (t) => {
  const read = readEnvironment({
    PORT: 'http',
    BATON_ROLES: 'web,boss',
    BATON_EMULATOR: 'yes',
    BATON_DRAIN_SECONDS: 'long',
    BATON_STATEMENT_SECONDS: '0',
    BATON_EVENT_STREAMS: 'many',
    BATON_KEEP_DAYS: '7',
    DATABASE_URL: 'mysql://x',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318',
  })
  t.match(read, {
    kind: 'wrong',
    problems: [
      /PORT/,
      /BATON_ROLES.*boss/,
      /BATON_DRAIN_SECONDS/,
      /BATON_STATEMENT_SECONDS/,
      /BATON_EVENT_STREAMS/,
      /BATON_KEEP_DAYS.*35 or more/,
      /BATON_EMULATOR/,
      /DATABASE_URL/,
      /OTLP_ENDPOINT/,
    ],
  })
})

await t.test('an administrator key that could be guessed, or that no header can carry, is refused with how to make one', async (t) => {
  const long = '0123456789abcdef01234567'
  t.match(readEnvironment({ BATON_API_KEY: long }), { kind: 'environment', environment: { apiKey: long } })
  for (const [key, why] of [
    ['x', /^BATON_API_KEY has 1 character: expected 24 or more; make one with openssl rand -hex 24$/],
    [long.slice(1), /^BATON_API_KEY has 23 characters: /],
    [`${long} 1`, /^BATON_API_KEY holds white space/],
    [`${long}ü`, /^BATON_API_KEY holds white space, or a character that is not ASCII/],
  ] as const) {
    const read = readEnvironment({ BATON_API_KEY: key })
    t.match(read, { kind: 'wrong', problems: [why] })
    t.equal(read.kind === 'wrong' && read.problems.length, 1)
    if (key.length > 1) t.notOk(JSON.stringify(read).includes(key), 'and is not shown')
  }
})

await t.test('traces are wanted when a collector is named and they are not switched off', async (t) => {
  const wanted = (env: Record<string, string>) => {
    const read = readEnvironment(env)
    return read.kind === 'environment' && read.environment.traces
  }
  const url = 'http://127.0.0.1:4318'
  t.ok(wanted({ OTEL_EXPORTER_OTLP_ENDPOINT: url }))
  t.ok(wanted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces` }))
  t.notOk(wanted({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }))
  t.notOk(wanted({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: 'true' }))
  t.notOk(wanted({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_EXPORTER: 'none' }))
})

await t.test('a database may be named by the directory of its Unix socket', async (t) => {
  const databaseUrl = 'postgres://baton@/baton?host=/run/postgresql'
  t.match(readEnvironment({ DATABASE_URL: databaseUrl }), { kind: 'environment', environment: { databaseUrl } })
})
