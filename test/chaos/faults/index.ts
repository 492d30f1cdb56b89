// Every fault, in the order in which they are played.
import type { Fault } from '../stage.ts'
import { clockBack, clockForward } from './clock.ts'
import { rowsFirst } from './control.ts'
import { databaseKill, databaseSessions, diskFull } from './database.ts'
import { killAll, killOne, killOneByOne, killTwo } from './kill.ts'
import { network } from './network.ts'
import { pauseBeyondLeases, pauseBriefly, pauseInTransaction } from './pause.ts'
import { numberLimit, pairLimit, providerError, providerSilence, providerTimeOut, statusDisorder } from './provider.ts'
import { rollingRestart } from './restart.ts'
import { storm } from './storm.ts'

const none: Fault = { name: 'none', what: 'nothing', play: async () => {}, quietSender: true }

/** The provider keeps no order between webhooks. */
const overtaken: Fault = {
  name: 'overtaken',
  what: 'one word in five arrives after the next',
  play: async () => {},
  quietSender: true,
  overtakenOneIn: 5,
}

export const FAULTS: readonly Fault[] = [
  none,
  overtaken,
  killOne,
  killTwo,
  killAll,
  killOneByOne,
  rollingRestart,
  pauseBeyondLeases,
  pauseInTransaction,
  pauseBriefly,
  databaseSessions,
  databaseKill,
  diskFull,
  ...network,
  providerTimeOut,
  providerSilence,
  providerError,
  pairLimit,
  numberLimit,
  statusDisorder,
  clockForward,
  clockBack,
  storm,
  rowsFirst,
]
