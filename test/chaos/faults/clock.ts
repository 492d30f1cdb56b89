// The clock of one process is set, by an hour, and set right again.
import { setTimeout as pause } from 'node:timers/promises'
import type { BatonProcess } from '../process.ts'
import type { Fault, Stage } from '../stage.ts'

const HOUR_MS = 3_600_000

function step(ms: number): Fault['play'] {
  return async (stage: Stage) => {
    const [victim] = stage.processes as [BatonProcess]
    await stage.share(0.2)
    await victim.setClock(ms)
    await stage.share(0.6)
    await victim.setClock(0)
    await pause(100)
  }
}

export const clockForward: Fault = {
  name: 'clock-forward',
  what: 'the clock of one process is an hour fast for a while',
  play: step(HOUR_MS),
}

export const clockBack: Fault = { name: 'clock-back', what: 'the clock of one process is an hour slow for a while', play: step(-HOUR_MS) }
