// Pure. What agents and supervisors write for one another: a line of the transcript that the customer never gets, whoever has the
// conversation, and also between sessions.
import { z } from 'zod'
import type { Author, EngineOutput } from '@baton/router'
import type { OmniConfig } from '../config/settings.ts'
import { refuse } from './draft.ts'
import type { OmniState, Session } from './session.ts'
import { stateOf } from './session.ts'

const note = z.object({ text: z.string().trim().min(1).max(4_096) })

/** `note.added {text}`, by an agent or the API. It changes nothing but the transcript. */
export function addInternalNote(
  session: Session | null,
  data: Record<string, unknown>,
  by: Author | undefined,
  config: OmniConfig,
): EngineOutput<OmniState> {
  const parsed = note.safeParse(data)
  if (!parsed.success) return refuse(session, 'malformed-event', z.prettifyError(parsed.error))
  if (by === undefined || !isOfTeam(by, config)) return refuse(session, 'unknown-agent', by?.id)
  return { state: stateOf(session), effects: [{ type: 'note.add', text: parsed.data.text, author: by }], verdict: { kind: 'handled' } }
}

function isOfTeam({ kind, id }: Author, config: OmniConfig): boolean {
  return kind === 'api' || (kind === 'agent' && config.agents.has(id))
}
