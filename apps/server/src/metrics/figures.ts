import type { HttpBot } from '@baton/omni'
import { numberStates } from '@baton/router'
import type { Clock, Database, Receiver, Settings } from '@baton/router'
import type { AgentDesk } from '../deps.ts'
import { pulsesOf, type Loops } from '../readiness.ts'
import type { Reads } from '../store/reads.ts'
import { strandedEvents, waitingRows } from '../store/waiting.ts'
import type { Sources } from './gauges.ts'

export interface Parts {
  database: Pick<Database, 'db' | 'pool'>
  clock: Clock
  settings: () => Settings
  reads: Pick<Reads, 'getGroup'>
  agents: Pick<AgentDesk, 'liveQueues'>
  bots: Pick<HttpBot, 'circuits'>
  receiver: Pick<Receiver, 'size'>
  loops: Loops
}

/** What is asked for when the metrics of a running Baton are read. */
export function figuresOf({ database: { db, pool }, clock, settings, reads, agents, bots, receiver, loops }: Parts): Sources {
  return {
    waiting: () => waitingRows(db, clock.now()),
    stranded: () => strandedEvents(db),
    async numbers() {
      const { numbers } = settings()
      const halted = (await numberStates(db)).filter((state) => state.halted !== null && numbers.has(state.numberId))
      return { configured: [...numbers.keys()], halted: halted.length }
    },
    async queues() {
      const at = clock.now()
      return { at, queues: agents.liveQueues(await reads.getGroup(), at) }
    },
    process: () => ({ pool, intake: receiver.size(), loops: pulsesOf(loops), circuits: bots.circuits() }),
  }
}
