// `baton config check | diff | apply | pull`
import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { migrate } from '@baton/router'
import { compileFiles } from '../config/compile.ts'
import { diffFiles } from '../config/diff.ts'
import { readConfigFiles, type ConfigFiles } from '../config/files.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import { leftBehindText, runsLeftBehind } from '../config/left-behind.ts'
import { readJourneyFiles, type JourneyDocument } from '../config/journeys.ts'
import { publish } from '../config/publish.ts'
import { pullFiles } from '../config/pull.ts'
import { editorSchemas } from '../config/schemas.ts'
import { newestVersion, versionsAfter } from '../store/config-versions.ts'
import { withDatabase, withReadDatabase } from './database.ts'
import type { Environment } from './environment.ts'
import type { Report } from './output.ts'

/** Without a database: are the files in order? */
export async function configCheck({ configDir }: Environment): Promise<Report> {
  const read = await readConfigFiles(configDir)
  if (read.kind === 'absent') return absent(configDir)
  const { problems } = compileFiles(read.files, { dir: configDir })
  const exit = problems.length === 0 ? 0 : 1
  return { exit, text: problems.length === 0 ? `${configDir}: ${count(read.files)}, no problems` : list(problems), data: { problems } }
}

/** What `apply` would change. */
export async function configDiff(environment: Environment): Promise<Report> {
  const read = await readConfigFiles(environment.configDir)
  if (read.kind === 'absent') return absent(environment.configDir)
  return withReadDatabase(environment, async (database) => {
    const newest = database === null ? null : await newestVersion(database.db)
    const diff = diffFiles(newest?.files ?? {}, read.files, { before: `version ${newest?.version ?? 0}`, after: environment.configDir })
    const same = `${environment.configDir} is version ${newest?.version}`
    if (diff === '') return { exit: 0, text: same, data: { version: newest?.version ?? null, diff } }
    const left = database === null ? [] : await runsLeftBehind(database.db, journeyDocuments(read.files))
    return { exit: 1, text: [diff.trimEnd(), ...leftBehindText(left)].join('\n'), data: { version: newest?.version ?? null, diff, left } }
  })
}

export async function configApply(environment: Environment, options: { author?: string; note?: string }): Promise<Report> {
  const read = await readConfigFiles(environment.configDir)
  if (read.kind === 'absent') return absent(environment.configDir)
  return withDatabase(environment, async (database) => {
    await migrate(database)
    const author = options.author ?? userName()
    const result = await publish(database.db, read.files, { author, note: options.note ?? '', at: Date.now(), dir: environment.configDir })
    const { problems } = result
    if (result.kind === 'refused') return { exit: 1, text: `${list(problems)}\nnothing is published`, data: { published: null, problems } }
    const said = result.kind === 'published' ? `published version ${result.version}` : `nothing has changed since version ${result.version}`
    const left = await runsLeftBehind(database.db, journeyDocuments(read.files))
    const text = [list(problems), said, ...leftBehindText(left)].filter((part) => part !== '').join('\n')
    const published = result.kind === 'published' ? result.version : null
    return { exit: 0, text, data: { published, version: result.version, problems, left } }
  })
}

export async function configPull(environment: Environment, options: { version?: number; force?: boolean }): Promise<Report> {
  return withReadDatabase(environment, async (database) => {
    const versions = database === null ? [] : await versionsAfter(database.db, 0)
    const wanted = options.version === undefined ? versions.at(-1) : versions.find(({ version }) => version === options.version)
    if (wanted === undefined) {
      const text = options.version === undefined ? 'nothing is published yet' : `there is no version ${options.version}`
      return { exit: 1, text, data: { problem: text } }
    }
    const known = versions.map(({ files }) => files)
    const pulled = await pullFiles(environment.configDir, wanted.files, { force: options.force === true, known })
    if (pulled.kind === 'refused') {
      const text = `these files hold changes that are not published: ${pulled.changed.join(', ')}\npublish them (baton config apply) or give them up (--force)`
      return { exit: 1, text, data: { changed: pulled.changed } }
    }
    const { written, removed } = pulled
    const lines = [...written.map((file) => `written ${file}`), ...removed.map((file) => `removed ${file}`)]
    return {
      exit: 0,
      text: [...lines, `${environment.configDir} is version ${wanted.version}`].join('\n'),
      data: { version: wanted.version, written, removed },
    }
  })
}

/** Writes the JSON Schemas editors use, `<configDir>/schema/*.json`. */
export async function configSchemas({ configDir }: Environment): Promise<Report> {
  const folder = path.join(configDir, 'schema')
  await mkdir(folder, { recursive: true })
  const schemas = Object.entries(editorSchemas())
  for (const [name, text] of schemas) await writeFile(path.join(folder, name), text)
  const written = schemas.map(([name]) => path.join(folder, name))
  return { exit: 0, text: written.map((file) => `written ${file}`).join('\n'), data: { written } }
}

function journeyDocuments(files: ConfigFiles): JourneyDocument[] {
  return readJourneyFiles(files, { dir: 'config' }).documents
}

function absent(dir: string): Report {
  const text = `there are no YAML files in ${dir}; BATON_CONFIG_DIR names another directory`
  return { exit: 2, text, data: { problem: text } }
}

function list(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n')
}

function count(files: ConfigFiles): string {
  const number = Object.keys(files).length
  return number === 1 ? '1 file' : `${number} files`
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown' // a user id without an account, as in many containers
  }
}
