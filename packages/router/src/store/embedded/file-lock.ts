// Owns a lock file that holds its owner's pid. A dead owner's lock is taken over.
import { link, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { pause } from '../retry.ts'

/** The files of this process that are, or may become, a lock: by inode, which a hard link shares. After a restart of the container our
 * own pid may be in a file that somebody left who had it before. */
const ours = new Set<number>()

/** Runs `work` while nobody else on this machine runs under the same lock file. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = `${path}.${process.pid}.${process.hrtime.bigint()}`
  await writeFile(mine, String(process.pid))
  const { ino } = await stat(mine)
  ours.add(ino)
  try {
    while (!(await take(mine, path))) {
      await clearIfDead(path, mine)
      await pause(50)
    }
    try {
      return await work()
    } finally {
      await rm(path, { force: true })
    }
  } finally {
    await rm(mine, { force: true })
    ours.delete(ino)
  }
}

/** A hard link appears with its content at once, or not at all. */
async function take(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function clearIfDead(path: string, mine: string): Promise<void> {
  if ((await ownerLives(path)) !== false) return
  // Moved aside before it is judged again: of two who found the owner dead, the slower may have moved a fresh lock.
  const aside = `${mine}.stale`
  await rename(path, aside).catch(() => undefined)
  if (await ownerLives(aside)) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

/** Null: there is no such file. What is read and whose it is are of one file, whatever has the name by then. */
async function ownerLives(path: string): Promise<boolean | null> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error // it could neither be taken nor waited for
  })
  if (file === null) return null
  try {
    const pid = Number(await file.readFile('utf8'))
    if (pid === process.pid) return ours.has((await file.stat()).ino)
    return pid > 0 && processExists(pid)
  } finally {
    await file.close()
  }
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
