import type { Author } from './message.ts'
import type { MessageRow } from './actor.ts'

/** Somebody outside the process who does work for an owner: an HTTP bot, an external app. Reached through the outbox,
 * answers through the inbox: whatever `call` returns becomes an `engine.event` of the side that asked. Never throws. */
export interface ParticipantAdapter {
  kind: string
  /** False: its calls come without the transcript, which is then not read. */
  readsHistory?: boolean
  call(request: ParticipantCall, signal: AbortSignal): Promise<ParticipantAnswer>
}

/** `history` is the transcript so far, oldest first, marketing and service. */
export interface ParticipantCall {
  callId: string
  target: string
  conversationId: string
  data: Record<string, unknown>
  history: MessageRow[]
  timeoutMs: number
}
export interface ParticipantAnswer {
  name: string
  data: Record<string, unknown>
  by?: Author
}
