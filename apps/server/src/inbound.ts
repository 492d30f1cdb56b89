import type { ChannelUpdate, Receiver } from '@baton/router'
import type { QueryExecutorProvider } from 'kysely'
import type { Inbound } from './deps.ts'
import { findConversation } from './store/contacts.ts'
import { believed } from './vouched.ts'

export type TemplateUpdate = Extract<ChannelUpdate, { kind: 'template' }>

export interface InboundOptions {
  receiver: Receiver
  db: QueryExecutorProvider
  /** What webhooks said of templates is stored. */
  onTemplates: (updates: TemplateUpdate[]) => void
  /** Is it a number or business account of the configuration in force? */
  isOurs: (account: string) => boolean
}

/** The receiver, as the HTTP face uses it. */
export function createInbound({ receiver, db, onTemplates, isOurs }: InboundOptions): Inbound {
  return {
    async receive(channel, said, vouched) {
      const updates = believed(said, vouched, isOurs)
      const received = await receiver.receive(channel, updates)
      const templates = updates.filter((update) => update.kind === 'template')
      if (received.kind === 'stored' && templates.length > 0) onTemplates(templates)
      return received
    },
    async quarantine(channel, body, reason) {
      await receiver.quarantine(channel, body, reason)
    },
    async ask(to, event, options) {
      const outcome = await receiver.ask(to, event, options)
      return outcome.kind === 'pending' ? { kind: 'unknown' } : outcome
    },
    findConversation: (numberId, person) => findConversation(db, numberId, person),
  }
}
