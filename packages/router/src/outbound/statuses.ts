// What delivery statuses change, in the caller's transaction: the message's line, its open send, the conversation when a send
// came to nothing, the number when the provider stopped it.
// R1 a status never downgrades (merge-status.ts); R2 a conversation is told once that a message failed;
// R3 a status nobody can place is parked, not lost; R4 a status settles a send whose outcome is not known.
import type { Transaction } from 'kysely'
import type { ActorRef } from '../contract/actor.ts'
import type { StatusUpdate } from '../contract/channel.ts'
import type { ConversationEvent } from '../contract/event.ts'
import { parseId } from '../contract/ids.ts'
import { appendEvents } from '../store/append.ts'
import type { AppendedEvent } from '../store/append.ts'
import { deleteRows } from '../store/outbox.ts'
import {
  findByProviderId,
  findOutgoing,
  linkProviderIds,
  lockDeliveries,
  lockSendsOf,
  parkStatuses,
  updateDeliveries,
  writeParticipantStatuses,
} from '../store/statuses.ts'
import type { DeliveryRow, Link, MessageKey, NumberStatus } from '../store/statuses.ts'
import { run } from '../store/statement.ts'
import type { Tables } from '../store/tables.ts'
import { mergeStatus } from './merge-status.ts'
import { failureOf } from './outcome.ts'
import { stopNumbers } from './stops.ts'
import type { Halt, NumbersWith, Pause } from './stops.ts'
import { tellUndocumented } from './undocumented.ts'
import type { Refusal } from './undocumented.ts'

interface Placed extends NumberStatus {
  key: MessageKey
}

/** A message that this status says has failed. */
interface Failed {
  item: Placed
  row: DeliveryRow
}

const UNSETTLED = ['queued', 'sending', 'maybe-sent']
const THROTTLED_MS = 1_000

/** Applies a batch of statuses, in the order given. `now` epoch milliseconds. A batch may name a message several times. Gives the
 * conversations whose inbox may have got something. */
export async function applyStatuses(
  trx: Transaction<Tables>,
  items: NumberStatus[],
  now: number,
  numbersWith: NumbersWith = (numberId) => [numberId],
): Promise<ActorRef[]> {
  if (items.length === 0) return []
  const { placed, unplaced } = await place(trx, items)
  if (unplaced.length > 0) await parkStatuses(trx, unplaced, now)
  const group = placed.filter((each) => each.status.participant !== undefined)
  if (group.length > 0) await writeParticipantStatuses(trx, group.map(participantRow))
  return applyPlaced(trx, placed, numbersWith, now)
}

/** Finds each status's message: by our own id when the provider gave it back, else by the provider's. */
async function place(trx: Transaction<Tables>, items: NumberStatus[]): Promise<{ placed: Placed[]; unplaced: NumberStatus[] }> {
  const claimed = items.map(ownKey)
  const known = claimed.some((key) => key !== null) ? await findOutgoing(trx, uniqueKeys(claimed.filter((key) => key !== null))) : []
  const unsettled = known.filter((row) => UNSETTLED.includes(row.status))
  if (unsettled.length > 0) {
    const sends = await lockSendsOf(trx, unsettled)
    await run(trx, deleteRows(sends))
  }
  const exists = new Set(known.map(nameOf))
  const rest = items.filter((_, index) => !has(exists, claimed[index]))
  const byProvider = new Map<string, MessageKey>()
  if (rest.length > 0) {
    const found = await findByProviderId(
      trx,
      rest.map((item) => item.status.providerId),
    )
    for (const { providerId, slot, id } of found) byProvider.set(providerId, { slot, id })
  }
  const placed: Placed[] = []
  const unplaced: NumberStatus[] = []
  for (const [index, item] of items.entries()) {
    const own = claimed[index]
    const key = has(exists, own) ? own : byProvider.get(item.status.providerId)
    if (key === undefined || key === null) unplaced.push(item)
    else placed.push({ ...item, key })
  }
  return { placed, unplaced }
}

async function applyPlaced(trx: Transaction<Tables>, placed: Placed[], numbersWith: NumbersWith, now: number): Promise<ActorRef[]> {
  if (placed.length === 0) return []
  const rows = new Map((await lockDeliveries(trx, uniqueKeys(placed.map((each) => each.key)))).map((row) => [nameOf(row), row]))
  const changed = new Map<string, DeliveryRow>()
  const events: AppendedEvent[] = []
  const links: Link[] = []
  const failed: Failed[] = []
  for (const item of placed) {
    const name = nameOf(item.key)
    const row = rows.get(name)
    // The transcript's line may be gone (retention) while its provider id is still known.
    if (row === undefined) continue
    const { providerId } = item.status
    if (row.providerId !== providerId) links.push({ ...item.key, providerId, actorId: row.actorId, at: now })
    const merged = { ...row, ...(item.status.participant === undefined ? mergeStatus(row, item.status) : seenInGroup(row, item.status)) }
    if (JSON.stringify(merged) === JSON.stringify(row)) continue
    rows.set(name, merged)
    changed.set(name, merged)
    if (item.status.freeEntryUntil !== undefined) events.push(freeEntryEvent(merged, item.status.freeEntryUntil))
    if (merged.status === 'failed' && row.status !== 'failed') {
      events.push(...failureEvents(merged, item.status))
      failed.push({ item, row: merged })
    }
  }
  await run(trx, [...linkProviderIds(links), ...updateDeliveries([...changed.values()])])
  await appendEvents(trx, events, now)
  await stopNumbers(trx, stopsOf(failed, now), numbersWith, now)
  await tellUndocumented(trx, failed.flatMap(refusalOf), now)
  return events.map(({ slot, actorId }) => ({ slot, id: actorId }))
}

function refusalOf({ item: { numberId, status }, row: { id, slot, actorId } }: Failed): Refusal[] {
  return status.error === undefined ? [] : [{ error: status.error, numberId, messageId: id, slot, actorId }]
}

function freeEntryEvent({ slot, actorId, id }: DeliveryRow, until: number): AppendedEvent {
  const event: ConversationEvent = { type: 'free-entry.opened', until }
  return { slot, actorId, event, dedupe: `free-entry:${id}` }
}

/** An error that is about the number stops or slows the number, also when it comes as a status. */
function stopsOf(failed: Failed[], now: number): { halts: Halt[]; pauses: Pause[] } {
  const halts: Halt[] = []
  const pauses: Pause[] = []
  for (const { item, row } of failed) {
    const { numberId, status } = item
    if (status.error === undefined) continue
    const { class: kind, scope = 'number', code, retryAfterMs = THROTTLED_MS } = status.error
    if (kind === 'halt') halts.push({ numberId, scope, reason: failureOf(status.error).reason, code, slot: row.slot, actorId: row.actorId })
    if (kind === 'wait' && (scope === 'number' || scope === 'account')) pauses.push({ numberId, scope, until: now + retryAfterMs })
  }
  return { halts, pauses }
}

/** A participant's status says of the message itself only that the provider has it. */
function seenInGroup(row: DeliveryRow, status: StatusUpdate): Partial<DeliveryRow> {
  return { providerId: row.providerId ?? status.providerId, status: UNSETTLED.includes(row.status) ? 'accepted' : row.status }
}

function failureEvents(row: DeliveryRow, status: StatusUpdate): AppendedEvent[] {
  const failure =
    status.error === undefined ? { code: 'provider-refused', reason: 'the provider reports that it failed' } : failureOf(status.error)
  return failureEventsOf({ ...row, messageId: row.id, ref: row.ref ?? undefined, triedAt: row.at }, failure, status.at)
}

/** What a conversation is told when a send of its came to nothing. Each at most once a message. `triedAt`: when it was sent, or decided
 * where that is not known, epoch milliseconds. */
export function failureEventsOf(
  message: {
    slot: number
    actorId: string
    messageId: string
    author: Extract<ConversationEvent, { type: 'send.failed' }>['author']
    ref?: string | undefined
    triedAt: number
  },
  failure: { code: string; reason: string },
  at: number,
): AppendedEvent[] {
  const { slot, actorId, messageId, author, ref, triedAt } = message
  const failed: ConversationEvent = {
    type: 'send.failed',
    messageId,
    author,
    ...(ref === undefined ? {} : { ref }),
    ...failure,
    ...(failure.code === 'window-closed' ? { triedAt } : {}),
  }
  const events: AppendedEvent[] = [{ slot, actorId, event: failed, dedupe: `failed:${messageId}` }]
  if (failure.code === 'customer-opted-out') {
    const event: ConversationEvent = { type: 'preference.changed', marketing: 'out', at, source: 'provider' }
    events.push({ slot, actorId, event, dedupe: `opted-out:${messageId}` })
  }
  return events
}

function participantRow(item: Placed): MessageKey & { participant: string; status: string; at: number } {
  return { ...item.key, participant: item.status.participant as string, status: item.status.status, at: item.status.at }
}

function ownKey(item: NumberStatus): MessageKey | null {
  const parts = item.status.messageId === undefined ? null : parseId(item.status.messageId)
  return parts?.prefix === 'ms' ? { slot: parts.slot, id: item.status.messageId as string } : null
}

function has(names: Set<string>, key: MessageKey | null | undefined): key is MessageKey {
  return key !== null && key !== undefined && names.has(nameOf(key))
}

function nameOf(key: MessageKey): string {
  return `${key.slot}/${key.id}`
}

function uniqueKeys(keys: MessageKey[]): MessageKey[] {
  return [...new Map(keys.map((key) => [nameOf(key), { slot: key.slot, id: key.id }])).values()]
}
