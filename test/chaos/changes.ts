// Preloaded into a process under test (`node --import`): changes one thing in its code or its clock that no configuration can change.
// R1: a change that finds nothing to change ends the process: it would prove nothing.
import { readFileSync, watchFile } from 'node:fs'
import { registerHooks } from 'node:module'
import { CHANGES } from './change-list.ts'
import type { Change } from './change-list.ts'

const wanted = (process.env['CHAOS_CHANGES'] ?? '').split(',').filter((name): name is Change => name in CHANGES)

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    for (const name of wanted) {
      const { file, replace, by } = CHANGES[name]
      if (!url.endsWith(file)) continue
      const source = loaded.source instanceof Uint8Array ? Buffer.from(loaded.source).toString() : (loaded.source as string)
      if (!source.includes(replace)) throw new Error(`the change ${name} finds nothing to change in ${file}`) // R1
      loaded.source = source.replace(replace, by)
    }
    return loaded
  },
})

const clock = process.env['CHAOS_CLOCK']
if (clock !== undefined) stepWith(clock)

/** Steps the clock by as many milliseconds as the file says, whenever it says something new; timers of Node go on, as they do when the
 * clock of a machine is set. */
function stepWith(file: string): void {
  const trueNow = Date.now
  let offset = 0
  Date.now = () => trueNow() + offset
  watchFile(file, { interval: 100, persistent: false }, () => (offset = Number(readFileSync(file, 'utf8'))))
}
