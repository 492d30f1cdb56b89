// A code that the provider's documentation does not name fails its message like any other that is final; somebody should look at it.
// R1 one alarm for each code and day, not one a message.
import type { Transaction } from 'kysely'
import type { ProviderError } from '../contract/channel.ts'
import { raiseAlarms } from '../store/append.ts'
import { insertSeen } from '../store/intake.ts'
import type { Tables } from '../store/tables.ts'
import { failureOf } from './outcome.ts'

/** What a message came to nothing for, and whose message it was. */
export interface Refusal {
  error: ProviderError
  numberId: string
  messageId: string
  slot: number
  actorId: string
}

const DAY_MS = 86_400_000

/** `now` epoch milliseconds. Documented refusals are passed over. */
export async function tellUndocumented(trx: Transaction<Tables>, refusals: readonly Refusal[], now: number): Promise<void> {
  const unknown = new Map<string, Refusal>()
  for (const each of refusals) {
    const key = `undocumented:${each.error.code}:${Math.floor(now / DAY_MS)}`
    if (each.error.undocumented === true && !unknown.has(key)) unknown.set(key, each)
  }
  const fresh = await insertSeen(trx, [...unknown.keys()], now) // R1
  const first = [...unknown].flatMap(([key, refusal]) => (fresh.has(key) ? [refusal] : []))
  const alarms = first.map(({ slot, actorId, error, numberId, messageId }) => {
    const detail = { numberId, messageId, providerCode: error.code, reason: failureOf(error).reason }
    return { slot, actorId, code: 'provider-code-unknown', detail }
  })
  await raiseAlarms(trx, alarms, now)
}
