// Publishing: files are checked, then become the next immutable version. Anything wrong refuses it, and the version that
// runs stays.
import type { QueryExecutorProvider } from 'kysely'
import { compileFiles, type Compiled } from './compile.ts'
import { changedFiles } from './diff.ts'
import { readConfigFiles, type ConfigFiles } from './files.ts'
import { hasErrors, type Problem } from './problem.ts'
import { announceVersion, insertVersion, newestVersion } from '../store/config-versions.ts'

export type Published =
  | { kind: 'published'; version: number; problems: Problem[] }
  /** The newest version has these very files. */
  | { kind: 'unchanged'; version: number; problems: Problem[] }
  /** Another version than the one it was to follow is the newest. */
  | { kind: 'superseded'; version: number; problems: Problem[] }
  | { kind: 'refused'; problems: Problem[] }

/** `at` epoch milliseconds. `follows`: the version that was changed. */
export interface Publication {
  author: string
  note: string
  at: number
  follows?: number
}

/** `dir` is only the name shown before file names in problems. */
export async function publish(
  db: QueryExecutorProvider,
  files: ConfigFiles,
  { dir = 'config', ...how }: Publication & { dir?: string },
): Promise<Published> {
  return publishCompiled(db, files, compileFiles(files, { dir }), how)
}

/** `compiled`: what these files gave. */
export async function publishCompiled(
  db: QueryExecutorProvider,
  files: ConfigFiles,
  { problems }: Pick<Compiled, 'problems'>,
  how: Publication,
): Promise<Published> {
  if (hasErrors(problems)) return { kind: 'refused', problems }
  const stored = await insertVersion(db, { files, ...how })
  if (stored.kind !== 'inserted') return { kind: stored.kind, version: stored.version, problems }
  await announceVersion(db, stored.version)
  return { kind: 'published', version: stored.version, problems }
}

/** The newest version, and the names of files that are not as it has them. */
export interface Differing {
  version: number
  differs: string[]
}

/** The files a start runs: those of the newest version, before the first one those of the directory; null when there are neither. */
export async function filesToRun(db: QueryExecutorProvider, dir: string): Promise<ConfigFiles | null> {
  const newest = await newestVersion(db)
  if (newest !== null) return newest.files
  const read = await readConfigFiles(dir)
  return read.kind === 'files' ? read.files : null
}

/** Publishes a directory when nothing is published yet: the first start of a fresh installation. */
export async function publishFirst(
  db: QueryExecutorProvider,
  dir: string,
  at: number,
): Promise<Published | ({ kind: 'present' } & Differing) | { kind: 'absent' }> {
  const [newest, read] = [await newestVersion(db), await readConfigFiles(dir)]
  if (newest !== null) {
    const differs = read.kind === 'files' ? changedFiles(newest.files, read.files) : []
    return { kind: 'present', version: newest.version, differs }
  }
  if (read.kind === 'absent') return { kind: 'absent' }
  return publish(db, read.files, { author: 'baton start', note: 'first start', at, dir })
}
