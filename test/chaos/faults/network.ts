// What is done to the network, between the processes and PostgreSQL or the provider.
import { setTimeout as pause } from 'node:timers/promises'
import type { BatonProcess } from '../process.ts'
import type { Fault, Stage } from '../stage.ts'

type To = 'provider' | 'database'

/** Nothing passes between one process and its server for a while; then everything that was kept back does. */
function hold(to: To, ms: number): Fault['play'] {
  return async (stage) => {
    const [victim] = stage.processes as [BatonProcess]
    await stage.share(0.2)
    victim.links[to].hold('both')
    await stage.noteUnderWay()
    await pause(ms)
    victim.links[to].release()
  }
}

/** The connections of one process are dead and nobody says so, then those of all: a firewall forgot them, or the host behind them. */
async function vanish(stage: Stage): Promise<void> {
  const [victim] = stage.processes as [BatonProcess]
  await stage.share(0.2)
  for (const each of [[victim], stage.processes]) {
    await stage.noteUnderWay()
    for (const { links } of each) links.database.vanish()
    await stage.noteUnderWay()
    await stage.share(0.5)
  }
}

/** Every connection of every process is reset, five times. */
function reset(to: To): Fault['play'] {
  return async (stage) => {
    for (const part of [0.2, 0.3, 0.4, 0.5, 0.6]) {
      await stage.share(part)
      await stage.noteUnderWay()
      for (const { links } of stage.processes) links[to].cut()
      await stage.noteUnderWay()
    }
  }
}

/** The way of one process gets slow, then that of all. */
function slow(to: To, ms: number): Fault['play'] {
  return async (stage: Stage) => {
    await stage.share(0.2)
    ;(stage.processes as [BatonProcess])[0].links[to].delay(ms)
    await stage.share(0.4)
    for (const { links } of stage.processes) links[to].delay(ms)
    await stage.share(0.7)
    for (const { links } of stage.processes) links[to].delay(0)
  }
}

export const network: Fault[] = [
  { name: 'database-silence', what: 'nothing passes between one process and PostgreSQL for 15 s', play: hold('database', 15_000) },
  { name: 'database-vanishes', what: 'connections to PostgreSQL are dead without saying so, of one process, then of all', play: vanish },
  { name: 'database-reset', what: 'all connections to PostgreSQL are reset, 5 times', play: reset('database') },
  { name: 'database-slow', what: 'PostgreSQL is 100 ms further away', play: slow('database', 50) },
  { name: 'provider-silence', what: 'nothing passes between one process and the provider for 15 s', play: hold('provider', 15_000) },
  { name: 'provider-reset', what: 'all connections to the provider are reset, 5 times', play: reset('provider') },
  { name: 'provider-slow', what: 'the provider is 2 s further away', play: slow('provider', 1_000) },
]
