// `baton doctor`: everything that must hold for a start, each with what to do when it does not. It changes nothing that is stored;
// the embedded PostgreSQL it makes and starts where there is none, as every command does, and so learns whether it can.
import { createServer } from 'node:net'
import type { WhatsAppAccount } from '@baton/adapters'
import { numberStates } from '@baton/router'
import type { Database, NumberState } from '@baton/router'
import { request } from 'undici'
import type { ActiveConfiguration } from '../config/activate.ts'
import { compileFiles } from '../config/compile.ts'
import { changedFiles } from '../config/diff.ts'
import { readConfigFiles, type ConfigFiles } from '../config/files.ts'
import { formatProblem, hasErrors } from '../config/problem.ts'
import { hasVersions, newestVersion } from '../store/config-versions.ts'
import type { Check } from './check.ts'
import { checkKeys } from './check-keys.ts'
import { checkSecrets, EMULATOR } from './check-secrets.ts'
import { connectDatabase } from './database.ts'
import type { Environment } from './environment.ts'
import type { Report } from './output.ts'
import { readSchemaState } from '../store/schema-state.ts'
import type { SchemaState } from '../store/schema-state.ts'
import { readServer } from '../store/server.ts'

const OLDEST_NODE = [24, 15]
const OLDEST_POSTGRES = 15
const SKEW_MS = 5_000

export async function runDoctor(environment: Environment, env: Record<string, string | undefined>): Promise<Report> {
  const files = await readConfigFiles(environment.configDir)
  const checks = [checkNode(process.versions.node), ...checkFiles(files.kind === 'files' ? files.files : null, environment.configDir)]
  const published = await checkDatabase(environment, files.kind === 'files' ? files.files : {}, checks)
  const active = published === null ? null : checkSecrets(published, environment, env, checks)
  if (active !== null) await checkNumbers(active, checks)
  checks.push(await checkPort(environment))
  const exit = checks.some(({ status }) => status === 'error' || status === 'warning') ? 1 : 0
  return { exit, text: checks.map(line).join('\n'), data: { checks } }
}

function line({ name, status, detail, fix }: Check): string {
  const mark = { ok: 'ok     ', note: 'note   ', warning: 'WARNING', error: 'ERROR  ' }[status]
  return `${mark} ${name}: ${detail}${fix === undefined ? '' : `\n        fix: ${fix}`}`
}

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = OLDEST_NODE
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return { name: 'Node', status: 'ok', detail: version }
  return {
    name: 'Node',
    status: 'error',
    detail: `${version} is too old`,
    fix: `start with pnpm, which brings Node ${OLDEST_NODE.join('.')} or later`,
  }
}

function checkFiles(files: ConfigFiles | null, dir: string): Check[] {
  const name = 'configuration files'
  if (files === null) return [{ name, status: 'error', detail: `no YAML files in ${dir}`, fix: 'set BATON_CONFIG_DIR' }]
  const { problems } = compileFiles(files, { dir })
  if (problems.length === 0) return [{ name, status: 'ok', detail: `${dir}, ${Object.keys(files).length} files` }]
  const status = hasErrors(problems) ? 'error' : 'warning'
  return [
    { name, status, detail: problems.map(formatProblem).join('\n        '), fix: 'correct the files; baton config check lists the same' },
  ]
}

export function checkSchema({ pending, newer }: SchemaState): Check {
  const name = 'schema'
  const changed = newer.filter(({ onlyAdds }) => !onlyAdds)
  if (changed.length > 0) {
    const detail = `a newer Baton has applied ${changed.map((each) => each.name).join(', ')}, which this one cannot work with`
    return { name, status: 'error', detail, fix: 'start the newer one, or restore an older backup' }
  }
  if (pending.length > 0) {
    return {
      name,
      status: 'note',
      detail: `${pending.length} to be applied: ${pending.join(', ')}`,
      fix: 'baton start or baton migrate applies them',
    }
  }
  const added = newer.length === 0 ? '' : `, and a newer Baton has added ${newer.map((each) => each.name).join(', ')}`
  return { name, status: 'ok', detail: `up to date${added}` }
}

/** Checks the database and what is in it; answers with the files in force, the local ones before the first start. */
async function checkDatabase(
  environment: Environment,
  local: ConfigFiles,
  checks: Check[],
): Promise<{ version: number; files: ConfigFiles } | null> {
  try {
    const { database, close } = await connectDatabase(environment)
    try {
      checks.push(...(await checkServer(database)))
      const schema = await readSchemaState(database)
      checks.push(checkSchema(schema))
      const { pending } = schema
      // Also of a database that this release has not migrated yet: it is what the start after an upgrade will run.
      const newest = (await hasVersions(database.db)) ? await newestVersion(database.db) : null
      checks.push(checkPublished(newest, local))
      if (pending.length === 0) checks.push(...checkHalted(await numberStates(database.db)))
      if (newest !== null) checks.push(...(await checkKeys(database, newest.files, environment.apiKey)))
      return newest ?? { version: 0, files: local }
    } finally {
      await close()
    }
  } catch (error) {
    const detail = error instanceof Error && error.message !== '' ? error.message : String(error)
    const fix =
      environment.databaseUrl === null
        ? 'see docs/errors.md, or set DATABASE_URL to a PostgreSQL of your own'
        : 'check DATABASE_URL and that PostgreSQL runs'
    checks.push({ name: 'database', status: 'error', detail, fix })
    return null
  }
}

async function checkServer({ db }: Database): Promise<Check[]> {
  const before = Date.now()
  const row = await readServer(db)
  if (row === null) return []
  const old = Number(row.number) < OLDEST_POSTGRES * 10_000
  const server: Check = { name: 'database', status: 'ok', detail: `PostgreSQL ${row.version}` }
  const tooOld: Check = {
    ...server,
    status: 'error',
    detail: `PostgreSQL ${row.version} is too old`,
    fix: `use ${OLDEST_POSTGRES} or later`,
  }
  return [old ? tooOld : server, skew("the database's clock", row.now.getTime(), before, Date.now())]
}

/** Their time should lie between the moments of asking and of the answer. */
export function skew(name: string, theirs: number, before: number, after: number): Check {
  const off = theirs < before ? before - theirs : theirs > after ? theirs - after : 0
  if (off <= SKEW_MS) return { name, status: 'ok', detail: off === 0 ? 'agrees' : `within ${Math.ceil(off / 1000)} s` }
  return {
    name,
    status: 'warning',
    detail: `${Math.round(off / 1000)} s apart from this machine's`,
    fix: 'let both follow NTP: reply windows are computed from these clocks',
  }
}

/** Numbers that send nothing until somebody says so. */
export function checkHalted(states: readonly NumberState[]): Check[] {
  return states.flatMap(({ numberId, halted }) => {
    if (halted === null) return []
    const detail = `halted since ${new Date(halted.at).toISOString()}: ${halted.reason}`
    const fix = `solve it with the provider, then let it send again: POST /api/v1/numbers/${numberId}/release`
    return [{ name: `number ${numberId}`, status: 'error' as const, detail, fix }]
  })
}

function checkPublished(newest: { version: number; files: ConfigFiles } | null, local: ConfigFiles): Check {
  const name = 'published configuration'
  if (newest === null) return { name, status: 'note', detail: 'none yet; the first start publishes the files' }
  const changed = changedFiles(newest.files, local)
  if (changed.length === 0) return { name, status: 'ok', detail: `version ${newest.version}, the same as the files` }
  return {
    name,
    status: 'note',
    detail: `version ${newest.version}; the files differ: ${changed.join(', ')}`,
    fix: 'baton config diff shows it, baton config apply publishes it',
  }
}

/** Asks the provider for each number with the number's own token. */
async function checkNumbers(active: ActiveConfiguration, checks: Check[]): Promise<void> {
  for (const [numberId, account] of active.accounts) {
    const name = `number ${numberId}`
    if (account.baseUrl === EMULATOR) {
      checks.push({ name, status: 'note', detail: 'is on the emulator, which runs inside baton start' })
      continue
    }
    const url = numberUrl(account)
    if (url === null) {
      checks.push({ name, status: 'note', detail: 'not asked: its provider has paths of its own' })
      continue
    }
    try {
      const before = Date.now()
      const response = await request(url, {
        headers: { [account.authHeader.name]: account.authHeader.prefix + account.accessToken },
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
      })
      await response.body.dump()
      const date = Date.parse(String(response.headers['date'] ?? ''))
      if (response.statusCode < 300) checks.push({ name, status: 'ok', detail: 'the provider knows it, and the token is accepted' })
      else checks.push({ name, status: 'error', detail: `${url} answered ${response.statusCode}`, fix: providerFix(response.statusCode) })
      // The Date header has whole seconds.
      if (Number.isFinite(date)) checks.push(skew(`the provider's clock (${numberId})`, date, before - 1000, Date.now()))
    } catch (error) {
      const why = error instanceof Error ? error.message || error.name : String(error)
      checks.push({
        name,
        status: 'error',
        detail: `${url} cannot be reached: ${why}`,
        fix: 'check whatsapp.baseUrl and the way out of this machine',
      })
    }
  }
}

/** Where Meta tells about a number; other providers do not have that path. */
function numberUrl({ baseUrl, pathTemplate, apiVersion, phoneNumberId }: WhatsAppAccount): string | null {
  if (pathTemplate !== '/{version}/{phoneNumberId}/messages') return null
  return `${baseUrl.replace(/\/+$/, '')}/${apiVersion}/${phoneNumberId}`
}

function providerFix(status: number): string {
  if (status === 401 || status === 403) return 'the access token is wrong, expired, or has no rights on this number: make a new one'
  if (status === 400 || status === 404)
    return 'check whatsapp.phoneNumberId and whatsapp.apiVersion, and that the token belongs to this business account'
  return 'try again later'
}

async function checkPort({ host, port }: Environment): Promise<Check> {
  const name = `port ${port}`
  if (port === 0) return { name: 'port', status: 'ok', detail: 'any free one' }
  const problem = await new Promise<string | null>((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
  if (problem === null) return { name, status: 'ok', detail: `free on ${host}` }
  if (problem !== 'EADDRINUSE')
    return { name, status: 'error', detail: `${host}:${port} cannot be used (${problem})`, fix: 'choose another HOST or PORT' }
  const own = await request(`http://${host}:${port}/healthz`, { headersTimeout: 2_000 }).catch(() => null)
  await own?.body.dump()
  if (own?.statusCode === 200) return { name, status: 'note', detail: 'a Baton answers there already' }
  return { name, status: 'error', detail: 'another program listens there', fix: 'stop it, or set PORT' }
}
