// Owns a lock file that names its owner: by pid and, where that can be known, when it began, as its pid may be somebody else's by now. A dead
// owner's lock is taken over; a living one's is waited for, however long it takes. Whoever may write into the directory can hold it.
import { link, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { pause } from '../retry.ts'

/** The files of this process that are, or may become, a lock: by inode, which a hard link shares. After a restart of the container our
 * own pid may be in a file that somebody left who had it before. */
const ours = new Set<number>()

export interface Waiting {
  /** Told once who holds the lock, when that has taken a while. */
  onWait?: (owner: { pid: number }) => void
  /** [2 000] */
  quietMs?: number
}

/** Runs `work` while nobody else on this machine runs under the same lock file. */
export async function withFileLock<T>(path: string, work: () => Promise<T>, { onWait, quietMs = 2_000 }: Waiting = {}): Promise<T> {
  const mine = `${path}.${process.pid}.${process.hrtime.bigint()}`
  await writeFile(mine, `${process.pid} ${(await beganAt(process.pid)) ?? ''}`)
  const { ino } = await stat(mine)
  ours.add(ino)
  try {
    let isTold = false
    const began = performance.now()
    while (!(await take(mine, path))) {
      const owner = await clearIfDead(path, mine)
      if (owner !== null && !isTold && performance.now() - began >= quietMs) {
        isTold = true
        onWait?.(owner)
      }
      await pause(50)
    }
    await rm(mine) // a killed process leaves the lock only
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

/** Answers who holds it, when they live. */
async function clearIfDead(path: string, mine: string): Promise<{ pid: number } | null> {
  const owner = await ownerOf(path)
  if (owner === null) return null
  if (owner.lives) return owner
  // Moved aside before it is judged again: of two who found the owner dead, the slower may have moved a fresh lock.
  const aside = `${mine}.stale`
  await rename(path, aside).catch(() => undefined)
  if ((await ownerOf(aside))?.lives === true) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
  return null
}

/** Null: there is no such file. What is read and whose it is are of one file, whatever has the name by then. */
async function ownerOf(path: string): Promise<{ pid: number; lives: boolean } | null> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error // it could neither be taken nor waited for
  })
  if (file === null) return null
  try {
    const [pid = 0, began = 0] = (await file.readFile('utf8')).split(' ').map(Number)
    if (pid === process.pid) return { pid, lives: ours.has((await file.stat()).ino) }
    const now = pid > 0 && processExists(pid) ? await beganAt(pid) : 0
    return { pid, lives: now === null || (now > 0 && (began === 0 || began === now)) }
  } finally {
    await file.close()
  }
}

/** When a process began, in ticks since the machine did; null where the system does not say. */
async function beganAt(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  // The name of the program, in brackets, may hold anything.
  return text === null ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
