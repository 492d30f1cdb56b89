// What a provider's errors stop: the number they came for or, where they are about the account, every number of it.
// R1 one alarm for each number that is halted, not one a message.
import type { Transaction } from 'kysely'
import type { ProviderError } from '../contract/channel.ts'
import { raiseAlarms } from '../store/append.ts'
import { haltNumbers, pauseNumbers } from '../store/number-state.ts'
import type { Tables } from '../store/tables.ts'

type Scope = NonNullable<ProviderError['scope']>

/** The numbers that stand and fall with one, itself among them. */
export type NumbersWith = (numberId: string) => readonly string[]

export interface Halt {
  numberId: string
  scope: Scope
  reason: string
  code: number
  /** Whose message found out. */
  slot: number
  actorId: string
}

/** Nothing is sent before `until`, epoch milliseconds. */
export interface Pause {
  numberId: string
  scope: Scope
  until: number
}

export async function stopNumbers(
  trx: Transaction<Tables>,
  { halts, pauses }: { halts: readonly Halt[]; pauses: readonly Pause[] },
  numbersWith: NumbersWith,
  now: number,
): Promise<void> {
  const stopped = halts.flatMap((halt) => meant(halt, numbersWith).map((numberId) => ({ ...halt, numberId })))
  if (stopped.length > 0) {
    const halted = await haltNumbers(trx, stopped, now)
    const first = stopped.filter(({ numberId }) => halted.delete(numberId)) // R1
    const alarms = first.map(({ slot, actorId, numberId, reason, code }) => {
      return { slot, actorId, code: 'number-halted', detail: { numberId, reason, providerCode: code } }
    })
    await raiseAlarms(trx, alarms, now)
  }
  const paused = pauses.flatMap((pause) => meant(pause, numbersWith).map((numberId) => ({ numberId, until: pause.until })))
  if (paused.length > 0) await pauseNumbers(trx, paused, now)
}

function meant({ numberId, scope }: { numberId: string; scope: Scope }, numbersWith: NumbersWith): readonly string[] {
  return scope === 'account' ? [...new Set([numberId, ...numbersWith(numberId)])] : [numberId]
}
