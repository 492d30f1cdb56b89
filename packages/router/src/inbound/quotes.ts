// Puts the right name on quoted messages before the step sees them: engines know a message by their own ref, people and the API
// by our id, the provider by its own.
import type { Transaction } from 'kysely'
import type { ConversationEvent } from '../contract/event.ts'
import { parseId } from '../contract/ids.ts'
import { findProviderIds, findRefs } from '../store/turns.ts'
import type { InboxRow } from '../store/turns.ts'
import type { Tables } from '../store/tables.ts'

/** Changes the events in place. Gives, by event id, what the customer's message quoted by the provider's id. */
export async function nameQuotes(trx: Transaction<Tables>, rows: InboxRow[]): Promise<Map<string, string>> {
  const quoted = new Map<string, string>()
  const received = rows.flatMap((row) => {
    const message = receivedMessage(row)
    return message?.replyTo === undefined ? [] : [{ row, message, providerId: message.replyTo }]
  })
  if (received.length > 0) {
    const refs = await findRefs(
      trx,
      received.map(({ row, providerId }) => ({ providerId, actorId: row.actorId })),
    )
    for (const { row, message, providerId } of received) {
      const ref = refs.get(`${row.actorId} ${providerId}`)
      if (ref === undefined) continue
      quoted.set(row.id, providerId)
      message.replyTo = `ref:${ref}`
    }
  }
  await nameTargets(trx, rows)
  return quoted
}

/** A send may quote, or react to, one of our messages by our id; the provider wants its own. */
async function nameTargets(trx: Transaction<Tables>, rows: InboxRow[]): Promise<void> {
  const wishes = rows.flatMap((row) => {
    const event = row.event as ConversationEvent
    if (event.type !== 'send.requested') return []
    const { content } = event
    const reaction = content.kind === 'reaction' ? content : null
    return [event.replyTo, reaction?.messageId].some(isOurs) ? [{ event, reaction }] : []
  })
  if (wishes.length === 0) return
  const ids = wishes.flatMap(({ event, reaction }) => [event.replyTo, reaction?.messageId].filter(isOurs))
  const found = await findProviderIds(
    trx,
    [...new Set(ids)].map((id) => ({ slot: parseId(id)?.slot ?? -1, id })),
  )
  for (const { event, reaction } of wishes) {
    const quote = found.get(event.replyTo ?? '')
    if (quote !== undefined) event.replyTo = quote
    const target = found.get(reaction?.messageId ?? '')
    if (reaction !== null && target !== undefined) reaction.messageId = target
  }
}

function receivedMessage(row: InboxRow): { replyTo?: string } | null {
  const event = row.event as ConversationEvent
  return event.type === 'message.received' ? event.message : null
}

function isOurs(id: string | undefined): id is string {
  return id !== undefined && parseId(id)?.prefix === 'ms'
}
