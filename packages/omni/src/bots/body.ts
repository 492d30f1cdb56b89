// Pure. The turn as a bot gets it: versioned, and free of anything of the provider's.
import type { MessageRow, ParticipantCall } from '@baton/router'

/** `history` is the transcript before this turn, oldest first; notes of agents and the provider's raw data are left out. */
export function turnBody(request: ParticipantCall, historyLimit: number): string {
  const { data } = request
  return JSON.stringify({
    version: 1,
    callId: request.callId,
    conversation: {
      id: request.conversationId,
      number: data['number'] ?? null,
      contact: data['contact'] ?? null,
      replyWindow: data['replyWindow'] ?? null,
    },
    session: data['session'] ?? null,
    message: data['message'] ?? null,
    messages: data['messages'] ?? [],
    history: lastOf(request.history, historyLimit).map(line),
    answers: data['answers'] ?? null,
    note: data['note'] ?? null,
    journey: data['journey'] ?? null,
  })
}

function lastOf(history: MessageRow[], limit: number): MessageRow[] {
  const said = history.filter((row) => row.direction !== 'note' && row.status !== 'refused')
  return limit === 0 ? [] : said.slice(-limit)
}

function line({ id, direction, author, content, status, at }: MessageRow): Record<string, unknown> {
  return { id, direction, author: author.kind, content, status, at }
}
