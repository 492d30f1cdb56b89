// Pure. What the service engine stores in a conversation's snapshot.
import { NewerRelease } from '@baton/router'
import { z } from 'zod'
import type { OpenServiceStatus, Participant, Target } from '@baton/router'
import { HINDRANCES } from '../config/settings.ts'
import type { OmniConfig } from '../config/settings.ts'
import { newTally, tallySchema } from '../measures/leg.ts'

const NEWEST = 4

const target = z.templateLiteral([z.enum(['queue', 'bot', 'agent']), ':', z.string().min(1)])

/** A customer message that still has to reach the bot. */
const turnMessage = z.strictObject({ providerId: z.string(), at: z.number(), content: z.record(z.string(), z.unknown()) })
export type TurnMessage = z.infer<typeof turnMessage>

/** `call`: the turn in flight, with what it is about; an answer with another call id comes too late. Earlier releases did not store the
 * messages. `lastCallId`: the turn answered last; `lastMessages`: what it was about, as the answer may turn out not to have arrived. */
const botWork = z.strictObject({
  kind: z.literal('bot'),
  id: z.string(),
  call: z.strictObject({ id: z.string(), deadline: z.number(), messages: z.array(turnMessage).optional() }).nullable(),
  pending: z.array(turnMessage),
  lastCallId: z.string().nullable(),
  lastMessages: z.array(turnMessage).optional(),
})
/** `why` nobody can take it: the queue was closed when it came, nobody is there, too many wait already, or it has waited for too long.
 * `opensAt`: when the closed queue opens, epoch milliseconds; null: no opening is known. `callback`: the customer was promised to be called
 * back, so the session does not end by itself. `opened`: the queue has opened since. */
export const heldSchema = z.strictObject({
  why: z.enum(HINDRANCES),
  callback: z.boolean(),
  opensAt: z.number().nullable(),
  opened: z.boolean().optional(),
})

export type Held = z.infer<typeof heldSchema>

/** `since`: the age of the work; it is kept when the work is requested again. */
const queueWork = z.strictObject({
  kind: z.literal('queue'),
  id: z.string(),
  since: z.number(),
  position: z.number().nullable(),
  held: heldSchema.nullable(),
})
const offeredWork = z.strictObject({ kind: z.literal('offered'), agentId: z.string(), since: z.number() })
/** `queueId`: the queue it came through. `awaySince`: since when the agent is not there (away or offline), or wrote last since then.
 * `takenAbsent`: they took it while they were not there, and have not said anything of their presence since. */
const agentWork = z.strictObject({
  kind: z.literal('agent'),
  id: z.string(),
  queueId: z.string().nullable(),
  awaySince: z.number().nullable(),
  takenAbsent: z.boolean().optional(),
})
export type BotWork = z.infer<typeof botWork>
export type AgentWork = z.infer<typeof agentWork>
export type WaitingWork = z.infer<typeof queueWork> | z.infer<typeof offeredWork>

/** Which status goes with which work. `paused` by an agent keeps the agent; upstream pauses whatever was going on (`was`). */
const phase = z.union([
  z.strictObject({ status: z.literal('waiting'), work: z.union([queueWork, offeredWork]) }),
  z.strictObject({ status: z.literal('active'), work: z.union([botWork, agentWork]) }),
  z.strictObject({ status: z.literal('paused'), by: z.literal('agent'), work: agentWork }),
  z.strictObject({
    status: z.literal('paused'),
    by: z.literal('upstream'),
    work: z.union([botWork, queueWork, offeredWork, agentWork]),
    was: z.enum(['waiting', 'active', 'paused', 'inactive']),
  }),
  z.strictObject({ status: z.literal('inactive'), work: agentWork }),
])
export type Phase = z.infer<typeof phase>

const session = z.strictObject({
  id: z.string(),
  phase,
  /** Targets of the hand-off that were not tried yet, in order. */
  targets: z.array(target),
  reason: z.string(),
  note: z.string().nullable(),
  /** Whom the note is meant for: what agents write for one another, bots do not get. */
  noteFor: z.enum(['anybody', 'agents']),
  answers: z.record(z.string(), z.unknown()).nullable(),
  /** What an agent must be able to do, beside what the queue asks for. */
  skills: z.array(z.string()),
  journey: z.strictObject({ id: z.string(), runId: z.string() }).nullable(),
  /** Number of the newest request to the routing group: what the group says about an older one is stale. */
  request: z.int(),
  /** Commands sent so far; part of their dedupe keys. */
  commands: z.int(),
  /** Queues that sent this session elsewhere because nobody was there; they do so once. */
  diverted: z.array(z.string()),
  /** The queue that promised the customer to call them back; null: none did, or an agent has taken it up. */
  callback: z.string().nullable().optional(),
  /** Bots that failed this customer, in this session or the ones it follows: none is tried twice. */
  failed: z.array(z.string()),
  /** How often bots have handed the customer on since they last wrote; without it never. */
  handedOn: z.int().optional(),
  /** Messages to a waiting customer that were sent: `general/closed`. */
  greeted: z.array(z.string()),
  /** What they were told last of their place in each queue, and how often they were told. */
  positions: z.array(z.strictObject({ queueId: z.string(), position: z.int(), sent: z.int() })),
  /** Started by an agent; `answered` once the customer wrote. */
  agentInitiated: z.boolean(),
  answered: z.boolean(),
  openedAt: z.number(),
  /** The last message in either direction, or when an agent took up a callback. */
  lastActivityAt: z.number(),
  /** Since when the customer waits: from their oldest message that nobody has answered, or from when a bot handed them over or failed them;
   * null: they have an answer. */
  waitingSince: z.number().nullable(),
  firstResponseAt: z.number().nullable(),
  /** What measures are made from; nothing here is decided by it. */
  tally: tallySchema,
})
export type Session = z.infer<typeof session>

/** The agent the customer had last, until when (epoch milliseconds), and in which session, which earlier releases did not store. */
const lastAgent = z.strictObject({ agentId: z.string(), at: z.number(), sessionId: z.string().optional() })
export type LastAgent = z.infer<typeof lastAgent>

/** The service session that ended last. The functions that work on a session leave it out of the state; `followed` puts it back. */
const past = z.strictObject({
  sessionId: z.string(),
  endedAt: z.number(),
  /** What was asked after it, and until when a typed answer counts. `journey`: which asks; null: Baton itself does. */
  survey: z
    .strictObject({ journey: z.string().nullable(), until: z.number(), answered: z.boolean(), thanks: z.string().nullable() })
    .optional(),
})
export type Past = z.infer<typeof past>

/** `lastAgent`: in this session or an earlier one; engine.ts keeps it. */
const newest = z.strictObject({
  version: z.literal(NEWEST),
  session: session.nullable(),
  lastAgent: lastAgent.optional(),
  past: past.optional(),
})
export type OmniState = z.infer<typeof newest>

/** Of the session alone; what outlives it is put back by engine.ts and `followed`. */
export function stateOf(current: Session | null): OmniState {
  return { version: NEWEST, session: current }
}

/** The engine's state: the open service session, or null between sessions. */
export const omniState = z.unknown().transform(upgrade).pipe(newest)

/** What is stored, in the newest shape. The router hands states back as they were written, so every look at one goes through here. */
export function readState(stored: OmniState): OmniState {
  return upgrade(stored) as OmniState
}

/** Version 1 knew no opening hours, version 2 no skills, version 3 not whom a note is meant for, no measures and no messages on places. */
function upgrade(stored: unknown): unknown {
  const { version, session: old } = stored as { version: number; session: OldSession | null }
  if (version > NEWEST) throw new NewerRelease('the service side of a conversation', version, NEWEST)
  if (version === NEWEST) return stored
  const { lastAgent: known } = stored as { lastAgent?: LastAgent }
  const last = known === undefined ? {} : { lastAgent: known }
  if (old === null) return { version: NEWEST, session: null, ...last }
  if (version === 3) return { version: NEWEST, session: { ...old, noteFor: 'anybody', positions: [], tally: newTally(false) }, ...last }
  if (version === 2) return upgrade({ version: 3, session: { ...old, skills: [] } })
  const { unstaffed: _, ...work } = old.phase.work
  const newWork = work.kind === 'queue' ? { ...work, held: null } : work
  return upgrade({ version: 2, session: { ...old, phase: { ...old.phase, work: newWork }, failed: [] } })
}

interface OldSession {
  phase: { work: { kind: string; unstaffed?: boolean } }
}

/** Why a waiting session cannot be given to anybody. */
export function heldIn({ phase: { status, work } }: Session): Held | null {
  return status === 'waiting' && work.kind === 'queue' ? work.held : null
}

/** The queue whose promise to call the customer back is still to be kept, wherever the session is by now. Earlier releases stored the promise
 * with the place in the queue alone. */
export function promisedBy({ callback, phase: { work } }: Session): string | null {
  if (callback !== undefined && callback !== null) return callback
  return work.kind === 'queue' && work.held?.callback === true ? work.id : null
}

export function statusOf(current: Phase): OpenServiceStatus {
  return current.status
}

/** Who works on it, for people and the API. */
export function participantOf(current: Phase, config: OmniConfig): Participant {
  const { kind, id } = whereabouts(current)
  const named = { bot: config.bots, queue: config.queues, agent: config.agents }[kind].get(id)
  return { kind, id, name: named?.name ?? id }
}

/** What the customer wrote and a bot has not answered: what its turn in flight is about, and what came during it. */
export function unansweredBy(work: Phase['work']): TurnMessage[] {
  return work.kind === 'bot' ? [...(work.call?.messages ?? []), ...work.pending] : []
}

/** The target the work is at. */
export function targetOf(current: Phase): Target {
  const { kind, id } = whereabouts(current)
  return `${kind}:${id}`
}

function whereabouts({ work }: Phase): { kind: 'bot' | 'queue' | 'agent'; id: string } {
  return work.kind === 'offered' ? { kind: 'agent', id: work.agentId } : { kind: work.kind, id: work.id }
}
