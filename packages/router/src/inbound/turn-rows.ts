// Pure, but for the ids of outbox rows and revisions. The turns of a batch as rows, table by table.
import type { ActorKind, ActorLogic, ConversationSummary, Part, Recall, StoredActor, Turn } from '../contract/actor.ts'
import { formatId, newUuid } from '../contract/ids.ts'
import type { Identity } from '../contract/message.ts'
import type { ServiceLeg, ServiceWrapUp } from '../contract/leg.ts'
import type { RaisedAlarm } from '../store/append.ts'
import type { LegWrite, ScoreWrite, WrapUpWrite } from '../store/legs.ts'
import type { Readdressed, Recalled } from '../store/outbox.ts'
import type { PartWrite } from '../store/parts.ts'
import type { Link } from '../store/statuses.ts'
import type { ActorWrite, DecisionWrite, InboxKey, MessageWrite, OutboxWrite, TimerWrite } from '../store/turns.ts'
import type { AppliedActor, AppliedEvent } from './apply.ts'
import { withRevision } from './revisions.ts'

export interface TurnRows {
  actors: ActorWrite[]
  parts: PartWrite[]
  messages: MessageWrite[]
  /** Of messages that came with a provider's id. */
  links: Link[]
  decisions: DecisionWrite[]
  legs: LegWrite[]
  scores: ScoreWrite[]
  wrapUps: WrapUpWrite[]
  timers: TimerWrite[]
  /** Before the rows of `outbox`: what those say is decided already. */
  recalls: Recalled[]
  readdressed: Readdressed[]
  outbox: OutboxWrite[]
  alarms: RaisedAlarm[]
  receipts: { slot: number; id: string; outcome: unknown }[]
  /** Inbox rows that were applied. */
  done: InboxKey[]
}

/** `quoted`: by event id, what a message quoted before it was given the engine's own name for it; the transcript keeps that. */
export function turnRows(
  batch: AppliedActor[],
  quoted: ReadonlyMap<string, string>,
  logics: ReadonlyMap<ActorKind, ActorLogic>,
  now: number,
): TurnRows {
  const rows: TurnRows = {
    actors: [],
    parts: [],
    messages: [],
    links: [],
    decisions: [],
    legs: [],
    scores: [],
    wrapUps: [],
    timers: [],
    recalls: [],
    readdressed: [],
    outbox: [],
    alarms: [],
    receipts: [],
    done: [],
  }
  for (const { actor, applied } of batch) {
    const last = applied.at(-1)
    if (last === undefined) continue
    const summary = applied.findLast(({ turn }) => turn.summary !== null)?.turn.summary ?? null
    const { state } = last.turn
    const parted = logics.get(actor.kind)?.parts
    const parts = partsOf(applied)
    rows.actors.push({
      slot: actor.slot,
      id: actor.id,
      state: parted === undefined ? state : parted.head(state),
      revisions: parted === undefined ? null : withRevision(actor.revisions ?? [], { id: newUuid(now), parts: [...parts.keys()] }),
      summary: summary === null ? null : listed(summary),
    })
    rows.parts.push(...[...parts.values()].map((part) => ({ slot: actor.slot, actor_id: actor.id, ...part })))
    const messages = new Map<string, MessageWrite>()
    const timers = new Map<string, TimerWrite>()
    for (const each of applied) {
      for (const row of messageRows(actor, each, quoted)) messages.set(row.id, row) // the newest word on a message counts
      for (const row of timerRows(actor, each.turn)) timers.set(row.name, row)
      rows.outbox.push(...outboxRows(actor, each.turn, now))
      if (each.turn.recall !== undefined) recall(rows, actor, each.turn.recall, now)
      if (each.turn.readdress === true) readdress(rows, actor, each.turn)
      rows.alarms.push(...each.turn.alarms.map(({ code, detail }) => ({ slot: actor.slot, actorId: actor.id, code, detail })))
      if (each.turn.decision !== null) rows.decisions.push(decisionRow(actor, each.turn.decision))
      for (const leg of each.turn.legs ?? []) rows.legs.push(legRow(actor, leg))
      for (const { sessionId, score } of each.turn.scores ?? []) rows.scores.push({ slot: actor.slot, session_id: sessionId, score })
      for (const wrapUp of each.turn.wrapUps ?? []) rows.wrapUps.push(wrapUpRow(actor, wrapUp))
      if (each.row.wantsReceipt) rows.receipts.push({ slot: actor.slot, id: each.row.id, outcome: each.turn.outcome })
      rows.done.push(each.row)
    }
    rows.messages.push(...messages.values())
    rows.links.push(...[...messages.values()].flatMap(linkOf))
    rows.timers.push(...timers.values())
  }
  return rows
}

/** As the last turn left them. */
function partsOf(applied: readonly AppliedEvent[]): Map<string, Part> {
  return new Map(applied.flatMap(({ turn }) => (turn.parts ?? []).map((part) => [part.name, part])))
}

function listed({ owner, participant, serviceStatus, runs, contact, lastMessageAt }: ConversationSummary): ActorWrite['summary'] {
  return {
    owner,
    participant,
    service_status: serviceStatus,
    runs: runs.length === 0 ? null : runs,
    phone: contact.phone,
    user_id: contact.userId,
    contact_name: contact.name,
    last_message_at: lastMessageAt,
  }
}

function messageRows(
  { slot, id: actorId }: StoredActor,
  { event, turn }: AppliedEvent,
  quoted: ReadonlyMap<string, string>,
): MessageWrite[] {
  return turn.messages.map((message) => ({
    slot,
    id: message.id,
    actor_id: actorId,
    direction: message.direction,
    content: message.content,
    author_kind: message.author.kind,
    author_id: message.author.id,
    purpose: message.purpose,
    session_kind: message.session.kind,
    session_id: message.session.id,
    status: message.status,
    reason: message.reason ?? null,
    provider_id: message.providerId,
    reply_to: message.replyTo?.startsWith('ref:') === true ? (quoted.get(event.id) ?? message.replyTo) : message.replyTo,
    ref: message.ref ?? null,
    at: message.at,
    raw: message.raw ?? null,
  }))
}

function linkOf({ slot, id, actor_id: actorId, provider_id: providerId, at }: MessageWrite): Link[] {
  return providerId === null ? [] : [{ slot, id, actorId, providerId, at }]
}

function timerRows({ slot, id }: StoredActor, { timers }: Turn): TimerWrite[] {
  return [
    ...timers.cancel.map((name) => ({ slot, actor_id: id, name, at: null })),
    ...timers.set.map(({ name, at }) => ({ slot, actor_id: id, name, at })),
  ]
}

function decisionRow({ slot, id }: StoredActor, decision: NonNullable<Turn['decision']>): DecisionWrite {
  return {
    slot,
    id: decision.id,
    actor_id: id,
    event_id: decision.event.id,
    event_type: decision.event.type,
    message_id: decision.event.messageId ?? null,
    rule: decision.rule,
    owner_before: decision.ownerBefore,
    owner_after: decision.ownerAfter,
    inputs: decision.inputs,
    counterfactual: decision.counterfactual,
    trail: decision.trail ?? null,
    config_version: decision.configVersion,
    at: decision.at,
  }
}

function legRow({ slot, id, numberId }: StoredActor, leg: ServiceLeg): LegWrite {
  const { session } = leg
  return {
    slot,
    session_id: leg.sessionId,
    n: leg.n,
    actor_id: id,
    number_id: numberId,
    queue_id: leg.queueId,
    agent_id: leg.agentId,
    bot_id: leg.botId,
    began_at: leg.beganAt,
    taken_at: leg.takenAt,
    ended_at: leg.endedAt,
    wait_ms: leg.waitMs,
    wait_met: leg.waitMet,
    response_ms: leg.responseMs,
    response_met: leg.responseMet,
    handle_ms: leg.handleMs,
    outcome: leg.outcome,
    by_agent: leg.byAgent,
    reopened: session?.reopened ?? null,
    had_bot: session?.bot ?? null,
    had_people: session?.people ?? null,
    asked: session?.asked ?? null,
  }
}

function wrapUpRow({ slot }: StoredActor, { sessionId, agentId, queueId, numberId, beganAt, endedAt }: ServiceWrapUp): WrapUpWrite {
  return {
    slot,
    session_id: sessionId,
    agent_id: agentId,
    queue_id: queueId,
    number_id: numberId,
    began_at: beganAt,
    ended_at: endedAt,
  }
}

/** The sender keeps the order of ids within an actor, kind and target: they are made here, in the order of the turns, and not from the
 * events' own ids, which are in the order of arrival. The payloads are read by outbound/payload.ts. */
function outboxRows(actor: StoredActor, turn: Turn, now: number): OutboxWrite[] {
  const { slot, numberId } = actor
  const row = (kind: OutboxWrite['kind'], payload: object, more: Partial<OutboxWrite> = {}): OutboxWrite => {
    const id = formatId('ob', slot, newUuid(now))
    return {
      slot,
      id,
      actor_id: actor.id,
      kind,
      target: '',
      number_id: numberId,
      purpose: null,
      lane: 'interactive',
      expires_at: null,
      payload,
      ...more,
    }
  }
  return [
    ...turn.sends.map(({ messageId, lane, expiresAt, marketing }) => {
      const payload = { ...messagePayload(actor, turn, messageId), ...(marketing === undefined ? {} : { marketing }) }
      return row('message', payload, { lane, purpose: payload.purpose, expires_at: expiresAt })
    }),
    // Whoever is called waits for no other: its time begins with the turn that calls it.
    ...turn.calls.map((call) => row('call', { ...call, numberId: numberId ?? '' }, { target: `${call.kind}/${call.target}` })),
    ...(turn.reads ?? []).map((read) => row('read', read)),
    ...turn.commands.map((command) =>
      row('command', command, { target: 'id' in command.to ? command.to.id : `${command.to.kind}/${command.to.key}` }),
    ),
  ]
}

/** Earlier messages of the batch are not stored yet: they are kept back where they are. */
function recall(rows: TurnRows, { slot, id }: StoredActor, { code, reason, marketingOnly }: Recall, now: number): void {
  rows.recalls.push({ slot, actor_id: id, code, reason, marketing_only: marketingOnly })
  for (const row of rows.outbox) {
    const payload = row.payload as object
    const isMarketing = row.purpose === 'marketing' || 'marketing' in payload
    if (row.actor_id !== id || row.kind !== 'message' || (marketingOnly && !isMarketing)) continue
    row.payload = { ...payload, recalled: { code, reason } }
    row.expires_at = now
  }
}

/** The newest of the batch counts. */
function readdress(rows: TurnRows, { slot, id }: StoredActor, { summary }: Turn): void {
  if (summary === null) return
  const to = recipientOf(summary)
  rows.readdressed = [...rows.readdressed.filter((each) => each.actor_id !== id), { slot, actor_id: id, recipient: to }]
  for (const row of rows.outbox) if (row.actor_id === id && row.kind === 'message') row.payload = { ...(row.payload as object), to }
}

function recipientOf({ contact: { phone, userId, name } }: ConversationSummary): Identity {
  return { ...(userId === null ? {} : { userId }), ...(phone === null ? {} : { phone }), ...(name === null ? {} : { name }) }
}

function messagePayload(actor: StoredActor, turn: Turn, messageId: string) {
  const message = turn.messages.find(({ id }) => id === messageId)
  if (message === undefined || message.purpose === null)
    throw new Error(`the turn sends ${messageId}, which is no outgoing message of its own`)
  if (turn.summary === null || actor.numberId === null) throw new Error(`${actor.id} has no contact to send ${messageId} to`)
  return {
    messageId,
    numberId: actor.numberId,
    to: recipientOf(turn.summary),
    content: message.content,
    purpose: message.purpose,
    author: message.author,
    ...(message.replyTo === null ? {} : { replyTo: message.replyTo }),
    ...(message.ref === undefined ? {} : { ref: message.ref }),
  }
}
