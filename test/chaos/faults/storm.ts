// The most telling faults one after the other, for the tests: each run costs the start of its processes.
import type { Fault, Stage } from '../stage.ts'
import { killServer } from './database.ts'
import { kill } from './kill.ts'
import { stopInTransaction } from './pause.ts'

async function oneAfterTheOther(stage: Stage): Promise<void> {
  const [first] = stage.processes
  await stage.share(0.1)
  await killServer(stage)
  await stage.share(0.25)
  for (const { links } of stage.processes) {
    links.database.cut()
    links.provider.cut()
  }
  await stage.noteUnderWay()
  await stage.share(0.4)
  if (first !== undefined) await stopInTransaction(stage, first)
  await stage.share(0.6)
  first?.signal('SIGCONT')
  await kill(stage, stage.processes.length)
}

export const storm: Fault = {
  name: 'storm',
  what: 'PostgreSQL killed, connections reset, a pause inside a transaction, all processes killed',
  play: oneAfterTheOther,
}
