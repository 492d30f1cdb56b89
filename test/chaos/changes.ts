// Preloaded into a process under test (`node --import`): changes one thing in its code or its clock that no configuration can change.
// R1: a change that does not find its place ends the process: it would prove nothing.
import { readFileSync, watchFile } from 'node:fs'
import { registerHooks } from 'node:module'
import { CHANGES } from './change-list.ts'
import type { Change } from './change-list.ts'

const wanted = (process.env['CHAOS_CHANGES'] ?? '').split(',').filter((name): name is Change => name in CHANGES)

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    for (const name of wanted) {
      const { file, replace } = CHANGES[name]
      if (!url.endsWith(file)) continue
      let source = loaded.source instanceof Uint8Array ? Buffer.from(loaded.source).toString() : (loaded.source as string)
      for (const [text, by] of replace) {
        if (source.split(text).length !== 2) throw new Error(`the change ${name} does not find its place in ${file}`) // R1
        source = source.replace(text, () => by)
      }
      loaded.source = source
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
