// A customer with a telephone, and what Baton knows of them.
import type { ChatMessage } from '@baton/adapters/emulator'
import type { DecisionView } from '../http/conversations.ts'
import type { z } from 'zod'
import type { conversationSchema } from '../http/conversation-schema.ts'
import type { MessageView } from '../http/message-schema.ts'
import type { NumberName } from './demo-configuration.ts'
import type { Stage } from './stage.ts'

type ConversationView = z.output<typeof conversationSchema>

export interface Expected {
  owner?: ConversationView['owner']
  status?: string
  participant?: string
  rule?: string
}

export interface Person {
  name: string
  number: NumberName
  phone: string
  says(text: string): string
  presses(id: string): string
  /** Waits until the conversation is as expected; `rule` is the one behind the customer's newest message. */
  isAt(expected: Expected): Promise<ConversationView>
  /** Waits until the telephone shows a message from the business with this text, which came after `after` others of it. */
  hears(text: string, times?: number): Promise<void>
  /** What the telephone shows from the business. */
  heard(): string[]
  conversation(): Promise<ConversationView | null>
  messages(): Promise<MessageView[]>
  /** Oldest first. */
  decisions(): Promise<DecisionView[]>
}

/** `phone`: digits. The person is made known to the emulator, so templates can reach them. */
export function createPerson(stage: Stage, number: NumberName, name: string, phone: string): Person {
  stage.emulator.createCustomer({ phone, name })
  const line = stage.phoneNumberId(number)

  async function conversation(): Promise<ConversationView | null> {
    const { body } = await stage.api('GET', `/conversations?number=${number}&contact=${phone}`)
    return (body['items'] as ConversationView[] | undefined)?.[0] ?? null
  }
  async function list<T>(what: string): Promise<T[]> {
    const found = await conversation()
    if (found === null) return []
    const { body } = await stage.api('GET', `/conversations/${found.id}/${what}?limit=100`)
    return body['items'] as T[]
  }
  const messages = () => list<MessageView>('messages')
  const decisions = async () => (await list<DecisionView>('decisions')).toReversed()
  const heard = () =>
    stage.emulator
      .chat(line, phone)
      .filter((message) => message.direction === 'out')
      .map(textOf)

  return {
    name,
    number,
    phone,
    says: (text) => stage.emulator.say(line, phone, text),
    presses: (id) => stage.emulator.press(line, phone, { id }),
    async isAt(expected) {
      const look = async () => {
        const [found, made] = await Promise.all([conversation(), decisions()])
        const last = made.findLast(({ event }) => event.type === 'message.received')
        return {
          conversation: found,
          owner: found?.owner,
          status: found?.serviceSession?.status,
          participant: found?.participant == null ? undefined : `${found.participant.kind}:${found.participant.id}`,
          rule: last?.rule,
        }
      }
      const fits = (found: Awaited<ReturnType<typeof look>>) =>
        Object.entries(expected).every(([key, value]) => found[key as keyof Expected] === value)
      const found = await stage.until(`${name} at ${JSON.stringify(expected)}`, look, fits)
      return found.conversation as ConversationView
    },
    async hears(text, times = 1) {
      const count = () => Promise.resolve(heard().filter((told) => told.includes(text)).length)
      await stage.until(`${name} to hear "${text}" ${times} time(s)`, count, (found) => found >= times)
    },
    heard,
    conversation,
    messages,
    decisions,
  }
}

function textOf(message: ChatMessage): string {
  return message.text ?? message.type
}
