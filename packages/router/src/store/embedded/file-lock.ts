// Owns a lock file that holds its owner's pid. A dead owner's lock is taken over.
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { pause } from '../retry.ts'

/** Runs `work` while nobody else on this machine runs under the same lock file. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = `${path}.${process.pid}.${process.hrtime.bigint()}`
  await writeFile(mine, String(process.pid))
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
  if (await ownerLives(path)) return
  // Moved aside before it is judged again: of two who found the owner dead, the slower may have moved a fresh lock.
  const aside = `${mine}.stale`
  await rename(path, aside).catch(() => undefined)
  if (await ownerLives(aside)) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

async function ownerLives(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => '0'))
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
