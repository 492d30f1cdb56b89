// SIGKILL: a process is gone between two instructions, and knows nothing afterwards.
import type { BatonProcess } from '../process.ts'
import type { Fault, Stage } from '../stage.ts'

/** Sends that must be under way when a process is killed, or the kill proves little. */
const UNDER_WAY = 3

/** The first `count` processes die at once: every other one before the provider heard it, the rest after, but before they heard the
 * provider. Those that live learn of these sends by their statuses. */
export async function kill(stage: Stage, count: number): Promise<void> {
  const victims = stage.processes.slice(0, count)
  stage.provider.holdStatuses()
  for (const [at, { links }] of victims.entries()) links.provider.hold(at % 2 === 0 ? 'answers' : 'requests')
  const held = (): number => victims.reduce((sum, { links }) => sum + links.provider.held(), 0)
  await stage.until('sends were under way', () => held() >= UNDER_WAY)
  await Promise.all(victims.map((each) => each.end('SIGKILL')))
  await stage.noteUnderWay()
  for (const { links } of victims) links.provider.release()
  stage.provider.releaseStatuses()
  // Those that live go on alone for a while.
  if (count < stage.processes.length) await stage.share(0.6)
  await Promise.all(victims.map((each) => each.start()))
}

function inMidLoad(count: (stage: Stage) => number): Fault['play'] {
  return async (stage) => {
    await stage.share(0.3)
    await kill(stage, count(stage))
  }
}

/** One process after the other dies at any moment, and comes back. */
async function killAgain(stage: Stage): Promise<void> {
  const times = 8
  for (let time = 0; time < times; time += 1) {
    await stage.share((time + 0.5) / (times + 1))
    const victim = stage.processes[time % stage.processes.length] as BatonProcess
    await victim.end('SIGKILL')
    await stage.noteUnderWay()
    await victim.start()
  }
}

export const killOne: Fault = { name: 'kill-one', what: 'kill -9 of one, its answers kept back', play: inMidLoad(() => 1) }

export const killTwo: Fault = { name: 'kill-two', what: 'kill -9 of two at once', play: inMidLoad(() => 2) }

export const killAll: Fault = { name: 'kill-all', what: 'kill -9 of all at once', play: inMidLoad(({ processes }) => processes.length) }

export const killOneByOne: Fault = { name: 'kill-again', what: 'kill -9 of one after the other, 8 times', play: killAgain }
