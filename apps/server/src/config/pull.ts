// Writes a published configuration to a directory. Never loses local work: a file that differs is overwritten, or removed
// when the version does not have it, only when forced.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { changedFiles } from './diff.ts'
import { readConfigFiles, type ConfigFiles } from './files.ts'

export type Pulled = { kind: 'pulled'; written: string[]; removed: string[] } | { kind: 'refused'; changed: string[] }

/** `known`: published versions; a file that is equal to any of them holds no local work and may be replaced. */
export async function pullFiles(
  dir: string,
  published: ConfigFiles,
  { force, known }: { force: boolean; known: readonly ConfigFiles[] },
): Promise<Pulled> {
  const read = await readConfigFiles(dir)
  const local = read.kind === 'files' ? read.files : {}
  const changed = changedFiles(local, published)
  const atRisk = changed.filter((file) => local[file] !== undefined && !known.some((files) => files[file] === local[file]))
  if (atRisk.length > 0 && !force) return { kind: 'refused', changed: atRisk }

  const written: string[] = []
  const removed: string[] = []
  for (const file of changed) {
    const target = path.join(dir, file)
    const text = published[file]
    if (text === undefined) {
      await rm(target)
      removed.push(file)
    } else {
      await mkdir(path.dirname(target), { recursive: true })
      await writeFile(target, text)
      written.push(file)
    }
  }
  return { kind: 'pulled', written, removed }
}
