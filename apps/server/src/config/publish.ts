// Publishing: files are checked, then become the next immutable version. Anything wrong refuses it, and the version that
// runs stays.
import type { QueryExecutorProvider } from 'kysely'
import { compileFiles } from './compile.ts'
import type { ConfigFiles } from './files.ts'
import { hasErrors, type Problem } from './problem.ts'
import { announceVersion, insertVersion, versionsAfter } from './store.ts'

export type Published =
  | { kind: 'published'; version: number; problems: Problem[] }
  /** The newest version has these very files. */
  | { kind: 'unchanged'; version: number; problems: Problem[] }
  | { kind: 'refused'; problems: Problem[] }

/** `dir` is only the name shown before file names in problems. `at` epoch milliseconds. */
export async function publish(
  db: QueryExecutorProvider,
  files: ConfigFiles,
  { author, note, at, dir = 'config' }: { author: string; note: string; at: number; dir?: string },
): Promise<Published> {
  const older = await versionsAfter(db, 0)
  const { problems } = compileFiles(files, { dir, older: older.map((version) => version.files) })
  if (hasErrors(problems)) return { kind: 'refused', problems }
  const stored = await insertVersion(db, { files, author, note, at })
  if (stored.kind === 'unchanged') return { ...stored, problems }
  await announceVersion(db, stored.version)
  return { kind: 'published', version: stored.version, problems }
}
