// What is in the database and at the provider when everything is over, as plain data.
import type { Emulator } from '@baton/adapters/emulator'
import type { Policy } from './configuration.ts'
import type { Customer, Said } from './customers.ts'
import type { ChaosDatabase } from './postgres.ts'

/** One customer's conversation. Lists are in the order in which the API shows them. */
export interface Story {
  phone: string
  policy: Policy
  rounds: number
  /** Acknowledged by a process. */
  said: Said[]
  inbound: { id: string; wamid: string; text: string }[]
  outbound: { id: string; text: string; status: string }[]
  decisions: { eventType: string; messageId: string | null; ownerBefore: string; ownerAfter: string }[]
  /** What the provider accepted, in its order: our message's id and the text. */
  heard: { messageId: string; text: string }[]
}

export interface Evidence {
  stories: Story[]
  /** Conversations that belong to nobody who wrote. */
  strangers: number
  /** Ids of messages whose sends were under way when a process was killed or stood still. */
  underWay: ReadonlySet<string>
  left: { inbox: number; outbox: number; quarantine: number; runTimers: number }
  /** Messages that people were told about: they may have been sent. */
  unconfirmed: string[]
  otherAlarms: string[]
}

export async function collect(
  db: ChaosDatabase,
  emulator: Emulator,
  customers: Customer[],
  underWay: ReadonlySet<string>,
): Promise<Evidence> {
  const heard = Map.groupBy(emulator.sends(), ({ to = '' }) => to.replace(/^\+/, ''))
  const messages = await db.query<{ phone: string; id: string; wamid: string; text: string; status: string; direction: string }>(
    `select a.phone, m.id, m.provider_id as wamid, m.content ->> 'text' as text, m.status, m.direction
     from message m join actor a on a.slot = m.slot and a.id = m.actor_id order by m.at, m.id`,
  )
  const decisions = await db.query<{ phone: string } & Story['decisions'][number]>(
    `select a.phone, d.event_type as "eventType", d.message_id as "messageId", d.owner_before as "ownerBefore", d.owner_after as "ownerAfter"
     from decision d join actor a on a.slot = d.slot and a.id = d.actor_id order by d.id`,
  )
  const alarms = await db.query<{ code: string; messageId: string | null }>(`select code, detail ->> 'messageId' as "messageId" from alarm`)
  const actors = await db.query<{ count: number }>(`select count(*)::integer as count from actor where kind = 'conversation'`)
  const left = await db.query<Evidence['left']>(
    `select (select count(*)::integer from inbox) as inbox, (select count(*)::integer from outbox) as outbox,
       (select count(*)::integer from quarantine) as quarantine, (select count(*)::integer from timer where name like '%ru\\_%') as "runTimers"`,
  )
  const messagesOf = Map.groupBy(messages, ({ phone }) => phone)
  const decisionsOf = Map.groupBy(decisions, ({ phone }) => phone)
  const stories = customers.map(({ phone, number, said, rounds }): Story => {
    const all = messagesOf.get(phone) ?? []
    return {
      phone,
      policy: number.policy,
      rounds,
      said,
      inbound: all.filter(({ direction }) => direction === 'in'),
      outbound: all.filter(({ direction }) => direction === 'out'),
      decisions: decisionsOf.get(phone) ?? [],
      heard: (heard.get(phone) ?? []).map(({ callbackData = '', body }) => ({ messageId: callbackData, text: textOf(body) })),
    }
  })
  return {
    stories,
    strangers: (actors[0]?.count ?? 0) - customers.length,
    underWay,
    left: left[0] ?? { inbox: -1, outbox: -1, quarantine: -1, runTimers: -1 },
    unconfirmed: alarms.flatMap(({ code, messageId }) => (code === 'send-unconfirmed' && messageId !== null ? [messageId] : [])),
    otherAlarms: alarms.flatMap(({ code }) => (code === 'send-unconfirmed' ? [] : [code])),
  }
}

function textOf(body: Record<string, unknown>): string {
  const { text } = body
  return typeof text === 'object' && text !== null && 'body' in text ? String(text.body) : ''
}
