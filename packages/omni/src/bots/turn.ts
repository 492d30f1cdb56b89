// Pure. A turn as bots get it: versioned, and free of anything of the provider's. It is the request body of Baton's own protocol; the
// others say the same in their own words.
import type { MessageRow, ParticipantCall } from '@baton/router'
import { z } from 'zod'

const at = z.number().meta({ description: 'Epoch milliseconds.' })
const content = z.record(z.string(), z.unknown()).meta({ description: '`kind` says what it is: text, image, reply, …' })
const message = z.object({ providerId: z.string(), at, content }).meta({
  id: 'CustomerMessage',
  description: 'What the customer wrote. A press of a button has the kind `reply`, with the id of the option.',
})

export const turn = z
  .object({
    version: z.literal(1),
    callId: z.string().meta({ description: 'The same whenever the same turn is posted again; answer it the same way.' }),
    conversation: z.object({
      id: z.string(),
      number: z.string(),
      contact: z.object({
        id: z.string(),
        identity: z.record(z.string(), z.string()),
        attributes: z.record(z.string(), z.unknown()),
        tags: z.array(z.string()),
      }),
      replyWindow: z.object({ open: z.boolean(), closesAt: at.nullable() }),
    }),
    session: z.object({ id: z.string(), openedAt: at, reason: z.string() }),
    message: message.nullable().meta({ description: 'The newest of `messages`; null when the bot takes over and nothing is unanswered.' }),
    messages: z.array(message).meta({ description: 'What the customer wrote and no bot has answered, oldest first, twenty at most.' }),
    history: z
      .array(
        z.object({
          id: z.string(),
          direction: z
            .enum(['in', 'out', 'note'])
            .meta({ description: 'note: for agents only; sent to bots that are configured with notes.' }),
          author: z.string().meta({ description: 'customer, bot, agent, journey, …' }),
          content,
          status: z.string(),
          at,
        }),
      )
      .meta({ description: 'The transcript before this turn, oldest first.' }),
    answers: z.record(z.string(), z.unknown()).nullable().meta({ description: 'What a journey collected.' }),
    note: z.string().nullable(),
    journey: z.object({ id: z.string(), runId: z.string() }).nullable(),
  })
  .meta({ id: 'Turn' })
export type Turn = z.infer<typeof turn>

/** Notes of agents, unless the bot gets them, messages that were refused and the provider's raw data are left out of the history. */
export function turnOf(
  { callId, conversationId, data, history }: ParticipantCall,
  { history: historyLimit, notes }: { history: number; notes: boolean },
): Turn {
  const { number, contact, replyWindow, session, message: newest, messages, answers, note, journey } = told(data)
  const present = new Set(messages.map(({ providerId }) => providerId))
  const said = history.filter(
    (row) => (notes || row.direction !== 'note') && row.status !== 'refused' && !(row.providerId !== null && present.has(row.providerId)),
  )
  return {
    version: 1,
    callId,
    conversation: { id: conversationId, number, contact, replyWindow },
    session,
    message: newest,
    messages,
    history: historyLimit === 0 ? [] : said.slice(-historyLimit).map(line),
    answers,
    note,
    journey,
  }
}

type Told = Omit<Turn, 'version' | 'callId' | 'conversation' | 'history'> & Omit<Turn['conversation'], 'id'>

/** The service engine wrote it (`callBot`), and it comes back as it was stored; the test of the OpenAPI file holds the two together. */
function told(data: ParticipantCall['data']): Told {
  return data as unknown as Told
}

function line({ id, direction, author, content: said, status, at: when }: MessageRow): Turn['history'][number] {
  return { id, direction, author: author.kind, content: { ...said }, status, at: when }
}
