// Who runs PostgreSQL. It refuses uid 0, so root lends it another face: the account `postgres` or `nobody`, or, where neither can
// reach the files (a checkout below /root), a user namespace in which root is nobody and still owns its files.
import { spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StoreError } from '../errors.ts'

export interface Account {
  uid: number
  gid: number
  /** The program runs as `unshare -U <program>`. */
  namespace: boolean
}

/** `null`: as ourselves. `directory`: the data directory, which need not exist. Throws `embedded-unreachable`. */
export async function chooseAccount(directory: string, programs: string[]): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  const existing = await stat(`${directory}/PG_VERSION`).catch(() => null)
  // A directory that exists says itself how it was made.
  if (existing !== null && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid, namespace: false }
  if (existing === null) {
    const account = await systemAccount()
    if (account !== null && (await canReach(account, [directory, ...programs]))) return account
  }
  if ((await run(['unshare', '-U', 'true'], null)).code === 0) return { uid: 0, gid: 0, namespace: true }
  throw new StoreError(
    'embedded-unreachable',
    `PostgreSQL does not run as root, and neither the account "postgres" nor "nobody" can reach ${directory}; user namespaces are closed too.`,
  )
}

/** Runs a program to its end, apart from our terminal: Ctrl-C must not stop the database before we have drained. */
export async function run(command: string[], account: Account | null): Promise<{ code: number | null; output: string }> {
  const [program, ...args] = account?.namespace === true ? ['unshare', '-U', ...command] : command
  return new Promise((resolve) => {
    const child = spawn(program as string, args, {
      ...(account === null || account.namespace ? {} : { uid: account.uid, gid: account.gid }),
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    // `exit`, not `close`: a server that was started holds the pipes open.
    child.on('exit', (code) => {
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code, output })
    })
  })
}

async function systemAccount(): Promise<Account | null> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  const found = ['postgres', 'nobody'].map((name) => lines.find((fields) => fields[0] === name)).find((fields) => fields !== undefined)
  return found === undefined ? null : { uid: Number(found[2]), gid: Number(found[3]), namespace: false }
}

/** May the account enter every directory above these paths? */
async function canReach({ uid, gid }: Account, paths: string[]): Promise<boolean> {
  for (const path of paths) {
    for (let at = dirname(path); ; at = dirname(at)) {
      const found = await stat(at).catch(() => null)
      if (found !== null) {
        const enter = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001
        if ((found.mode & enter) === 0) return false
      }
      if (at === dirname(at)) break
    }
  }
  return true
}
