// Rasa's REST channel: `{sender, message, metadata}` in, a list of messages out. A new service session is a new sender, so that Rasa's
// tracker begins anew with it. What Rasa's protocol has no word for is said in `custom`: `{ handOff, end, attributes }`.
import type { OutgoingContent } from '@baton/router'
import { readJson } from '@baton/router'
import { z } from 'zod'
import { actions } from './answer.ts'
import type { BotReply } from './answer.ts'
import { failure } from './exchange.ts'
import type { Conversing, Said } from './protocol.ts'
import { spoken } from './spoken.ts'
import type { Turn } from './turn.ts'

/** What Rasa is told when it takes over before the customer has written. */
const SESSION_START = '/session_start'
const MOST_BUTTONS = 3
const MOST_ROWS = 10
const MOST_MESSAGES = 10

const link = z.url({ protocol: /^https?$/ })
const attachment = z.object({ type: z.enum(['image', 'video', 'audio', 'file']), payload: z.object({ src: link }) })
const said = z.object({
  recipient_id: z.string(),
  text: z.string().min(1).optional(),
  image: link.optional(),
  attachment: attachment.optional(),
  buttons: z
    .array(z.object({ title: z.string().min(1), payload: z.string().min(1) }))
    .max(MOST_ROWS)
    .optional(),
  custom: actions.optional(),
})
const answer = z.array(said).max(MOST_MESSAGES)

export async function speakRasa(turn: Turn, { exchange, secret }: Conversing): Promise<Said> {
  const sender = turn.session.id
  const words = turn.messages.map(({ content }) => (content['kind'] === 'reply' ? String(content['id']) : spoken(content)))
  const { contact, number, id } = turn.conversation
  const metadata = {
    callId: turn.callId,
    conversationId: id,
    number,
    contact,
    answers: turn.answers,
    note: turn.note,
    journey: turn.journey,
  }
  const body = JSON.stringify({ sender, message: words.length === 0 ? SESSION_START : words.join('\n'), metadata })
  const answered = await exchange({ body, headers: secret === null ? {} : { authorization: `Bearer ${secret}` } })
  if (answered.kind === 'failed') return answered
  const json = readJson(answered.text)
  if (json.kind === 'unreadable') return failure('bot-malformed', json.reason)
  const parsed = answer.safeParse(json.value)
  if (!parsed.success) return failure('bot-malformed', z.prettifyError(parsed.error))
  const stranger = parsed.data.find(({ recipient_id: recipient }) => recipient !== sender)
  if (stranger !== undefined) return failure('bot-malformed', `an answer for ${stranger.recipient_id}, not for ${sender}`)
  return replyOf(parsed.data)
}

function replyOf(all: z.infer<typeof answer>): Said {
  const messages: OutgoingContent[] = []
  const reply: Omit<BotReply, 'callId'> = { messages }
  for (const { text, image, attachment: file, buttons = [], custom } of all) {
    if (buttons.length > 0 && text === undefined) return failure('bot-malformed', 'buttons without a text')
    if (buttons.length > 0) messages.push(choice(text ?? '', buttons))
    else if (text !== undefined) messages.push({ kind: 'text', text })
    if (image !== undefined) messages.push({ kind: 'image', media: { url: image } })
    if (file !== undefined) messages.push({ kind: file.type === 'file' ? 'document' : file.type, media: { url: file.payload.src } })
    if (custom?.handOff !== undefined) reply.handOff = custom.handOff
    if (custom?.end !== undefined) reply.end = custom.end
    if (custom?.attributes !== undefined) reply.attributes = { ...reply.attributes, ...custom.attributes }
  }
  return { kind: 'replied', reply }
}

function choice(body: string, buttons: { title: string; payload: string }[]): OutgoingContent {
  const options = buttons.map(({ title, payload }) => ({ id: payload, title }))
  if (options.length <= MOST_BUTTONS) return { kind: 'buttons', body, options }
  return { kind: 'list', body, button: '…', sections: [{ rows: options }] }
}
