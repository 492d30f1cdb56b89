// The whole of Baton without its shell: the real machine, step, journeys, service engine and routing group, with inboxes,
// timers and a provider held in memory, and a clock that only moves when told. What a story says happens, nothing else.
import { createConversationLogic, newUuid, numberSettings, consentSettings, slotOf, viewOf } from '@baton/router'
import type {
  ActorLogic,
  Author,
  ConversationEvent,
  ConversationView,
  DecisionRow,
  IncomingContent,
  InboxEvent,
  MessageRow,
  NumberSettings,
  OutgoingContent,
  Outcome,
  Purpose,
  Settings,
  ServiceLeg,
  StoredActor,
  Turn,
} from '@baton/router'
import { compileJourneys, createJourneysEngine, parseJourney, PAUSED_TIMER } from '@baton/journeys'
import type { JourneyDefinition, JourneysConfig } from '@baton/journeys'
import { botsConfig, compileOmni, createOmniEngine, createRoutingGroup, queuesConfig } from '@baton/omni'
import type { z } from 'zod'

export const HOUR = 3_600_000
const START = Date.UTC(2026, 10, 23, 9)

type BotScript = (turn: { text: string | null; data: Record<string, unknown> }) => { name: string; data: Record<string, unknown> } | null

export interface WorldOptions {
  number?: z.input<typeof numberSettings> extends infer N ? Partial<N> : never
  journeys?: unknown[]
  queues?: z.input<typeof queuesConfig>
  bots?: z.input<typeof botsConfig>
  templates?: Record<string, { status: string; category: string }>
}

interface Inboxed {
  actor: string
  event: InboxEvent<unknown>
}

const QUEUES: z.input<typeof queuesConfig> = {
  queues: [{ id: 'general', name: 'General', members: ['agent:ana', 'agent:ben'], offerTimeout: '30s' }],
  agents: [
    { id: 'ana', name: 'Ana', capacity: 2 },
    { id: 'ben', name: 'Ben', capacity: 2 },
  ],
}
const BOTS: z.input<typeof botsConfig> = {
  bots: [{ id: 'faq', name: 'FAQ', url: 'http://127.0.0.1:9000/turn', secret: 'env:FAQ', timeout: '5s', fallback: ['queue:general'] }],
}

/** A number, its configuration, one customer (Mary) unless a name is given, and everything that happens to them. */
export function createWorld(options: WorldOptions = {}) {
  let now = START
  const number = numberSettings.parse({
    id: 'main',
    displayNumber: '+15550100001',
    provider: 'whatsapp',
    apps: { marketing: 'journeys', service: 'omni' },
    serviceSessions: { entry: ['queue:general'] },
    ...options.number,
  })
  const settings: Settings = {
    version: 1,
    numbers: new Map<string, NumberSettings>([[number.id, number]]),
    consent: consentSettings.parse({}),
    engines: {
      journeys: compileJourneys((options.journeys ?? []).map(definitionOf)),
      omni: compileOmni(queuesConfig.parse(options.queues ?? QUEUES), botsConfig.parse(options.bots ?? BOTS)).config,
    },
    templates: new Map([[number.id, new Map(Object.entries(options.templates ?? {}))]]),
  }
  const conversations = createConversationLogic({ engines: [createJourneysEngine(), createOmniEngine()] })
  const logics: Record<string, ActorLogic> = { conversation: conversations, 'routing-group': createRoutingGroup() }

  const actors = new Map<string, StoredActor>()
  /** Of actors whose state is stored in parts, by name. */
  const parts = new Map<string, Map<string, unknown>>()
  const inbox: Inboxed[] = []
  const seen = new Set<string>()
  const timers = new Map<string, { actor: string; name: string; at: number }>()
  const transcript = new Map<string, MessageRow[]>()
  const decisions = new Map<string, DecisionRow[]>()
  const alarms: Turn['alarms'] = []
  const legs: ServiceLeg[] = []
  const scores: (number | null)[] = []
  const recalls: (NonNullable<Turn['recall']> | 'readdressed')[] = []
  const sent: MessageRow[] = []
  const lanes = new Map<string, Turn['sends'][number]['lane']>()
  const botTurns: { target: string; data: Record<string, unknown> }[] = []
  const outcomes = new Map<string, Outcome>()
  const bots = new Map<string, BotScript>([
    ['faq', () => ({ name: 'bot.replied', data: { messages: [{ kind: 'text', text: 'Bot: how can I help?' }] } })],
  ])
  const log: { actor: StoredActor; event: InboxEvent<unknown>; now: number; settings: Settings; turn: string }[] = []
  let watchSend: (row: MessageRow, view: ConversationView) => void = () => {}
  let providerIds = 0

  function actorOf(kind: StoredActor['kind'], key: string): StoredActor {
    const id = `${kind}/${key}`
    let actor = actors.get(id)
    if (actor === undefined) {
      const slot = slotOf(key)
      actor = {
        slot,
        id: `${kind === 'conversation' ? 'cv' : 'rg'}_${slot}_${newUuid(now)}`,
        kind,
        key,
        numberId: kind === 'conversation' ? number.id : null,
        state: null,
      }
      actors.set(id, actor)
      actors.set(actor.id, actor)
    }
    return actor
  }

  function submit(actor: StoredActor, event: unknown, at = now, dedupe?: string): string | null {
    if (dedupe !== undefined) {
      if (seen.has(`${actor.id} ${dedupe}`)) return null
      seen.add(`${actor.id} ${dedupe}`)
    }
    const id = `ev_${actor.slot}_${newUuid(now)}`
    inbox.push({ actor: actor.id, event: { id, at, receivedAt: now, event } })
    return id
  }

  /** As its logic is given it. */
  function loaded(actor: StoredActor): StoredActor {
    const stored = [...(parts.get(actor.id) ?? [])].map(([name, value]) => ({ name, value }))
    const logic = (logics[actor.kind] as ActorLogic).parts
    return { ...actor, state: logic === undefined ? actor.state : logic.read(actor.state, stored) }
  }

  /** Works until no inbox holds anything. */
  function settle(): void {
    for (let rounds = 0; inbox.length > 0; rounds += 1) {
      if (rounds > 10_000) throw new Error('the world does not settle')
      const next = inbox.shift() as Inboxed
      const actor = actors.get(next.actor) as StoredActor
      const logic = logics[actor.kind] as ActorLogic
      const before = loaded(actor)
      const turn = logic.step(before, next.event, now, settings)
      const stored = storedOf(logic, turn)
      log.push({ actor: before, event: structuredClone(next.event), now, settings: { ...settings }, turn: stored })
      // What is stored is JSON, so what is read back is too.
      const { state, parts: changed = [] } = JSON.parse(stored) as Turn
      actor.state = state
      const kept = new Map([...(parts.get(actor.id) ?? []), ...changed.map(({ name, value }) => [name, value] as const)])
      parts.set(actor.id, new Map([...kept].filter(([, value]) => value !== null)))
      commit(actor, next.event.id, turn)
    }
  }

  function commit(actor: StoredActor, eventId: string, turn: Turn): void {
    const rows = transcript.get(actor.id) ?? []
    transcript.set(actor.id, rows)
    for (const row of turn.messages) {
      const index = rows.findIndex((known) => known.id === row.id)
      if (index === -1) rows.push({ ...row })
      else rows[index] = { ...row }
    }
    if (turn.decision !== null) decisions.set(actor.id, [...(decisions.get(actor.id) ?? []), turn.decision])
    alarms.push(...turn.alarms)
    legs.push(...(turn.legs ?? []))
    scores.push(...(turn.scores ?? []).map(({ score }) => score))
    recalls.push(...(turn.recall === undefined ? [] : [turn.recall]), ...(turn.readdress === undefined ? [] : (['readdressed'] as const)))
    outcomes.set(eventId, turn.outcome)
    for (const name of turn.timers.cancel) timers.delete(`${actor.id} ${name}`)
    for (const { name, at } of turn.timers.set) timers.set(`${actor.id} ${name}`, { actor: actor.id, name, at })
    for (const { messageId, lane } of turn.sends) {
      lanes.set(messageId, lane)
      const row = rows.find((message) => message.id === messageId) as MessageRow
      row.status = 'sent'
      row.providerId = `wamid.${(providerIds += 1)}`
      sent.push(row)
      watchSend(row, viewOf(actor.state, now))
    }
    for (const call of turn.calls) {
      botTurns.push({ target: call.target, data: call.data })
      const last = rows.findLast((message) => message.direction === 'in')
      const text = last !== undefined && last.content.kind === 'text' ? last.content.text : null
      const answer = (bots.get(call.target) ?? (() => null))({ text, data: call.data })
      if (answer !== null)
        submit(
          actor,
          { type: 'engine.event', side: call.side, name: answer.name, data: { callId: call.callId, ...answer.data } },
          now,
          `call:${call.callId}`,
        )
    }
    for (const command of turn.commands) {
      const target = 'id' in command.to ? (actors.get(command.to.id) as StoredActor) : actorOf(command.to.kind, command.to.key)
      submit(target, command.event, now, command.dedupe)
    }
  }

  /** Moves the clock, stopping at every timer on the way. */
  function advance(ms: number): void {
    const until = now + ms
    for (;;) {
      const due = [...timers.entries()].filter(([, timer]) => timer.at <= until).toSorted((a, b) => a[1].at - b[1].at)[0]
      if (due === undefined) break
      timers.delete(due[0])
      now = Math.max(now, due[1].at)
      submit(actors.get(due[1].actor) as StoredActor, { type: 'timer.fired', name: due[1].name, due: due[1].at })
      settle()
    }
    now = until
  }

  /** Publishes other journeys; runs keep the versions they started with. `wakes`: as a running server does, it looks at what a pause
   * kept waiting. */
  function publish(journeys: unknown[], { wakes = true } = {}): void {
    const before = settings.engines['journeys'] as JourneysConfig
    const versions = [...before.versions.values()]
    Object.assign(settings, {
      version: settings.version + 1,
      engines: { ...settings.engines, journeys: compileJourneys(journeys.map(definitionOf), versions) },
    })
    if (!wakes) return
    for (const timer of timers.values()) if (timer.name === `marketing:${PAUSED_TIMER}`) timer.at = now
    advance(0)
  }

  function ask(actor: StoredActor, event: unknown): Outcome {
    const id = submit(actor, event) as string
    settle()
    return outcomes.get(id) as Outcome
  }

  const group = () => loaded(actorOf('routing-group', 'group/default'))
  const groupEvent = (name: string, data: Record<string, unknown>, by?: Author) =>
    ask(group(), { type: 'engine.event', side: 'service', name, data, ...(by === undefined ? {} : { by }) })

  function customer(who = 'mary') {
    const phone = `1202555${String(slotOf(who)).padStart(4, '0')}`
    const actor = actorOf('conversation', `${number.id}/phone:${phone}`)
    const rows = () => transcript.get(actor.id) ?? []
    function receive(
      content: IncomingContent,
      how: {
        at?: number
        quoting?: MessageRow
        id?: string
        standby?: boolean
        hold?: boolean
        referral?: { sourceType: string; sourceId?: string }
      } = {},
    ): void {
      const quoted = how.quoting
      const event: ConversationEvent = {
        type: 'message.received',
        message: {
          providerId: how.id ?? `in.${(providerIds += 1)}`,
          at: how.at ?? now,
          content,
          ...(quoted === undefined ? {} : { replyTo: quoted.ref === undefined ? (quoted.providerId ?? '') : `ref:${quoted.ref}` }),
          ...(how.referral === undefined ? {} : { referral: how.referral }),
        },
        from: { phone, name: 'Mary' },
        ...(how.standby === undefined ? {} : { standby: how.standby }),
      }
      submit(actor, event, event.message.at, `in:${event.message.providerId}`)
      if (how.hold !== true) settle()
    }
    const view = () => viewOf(actor.state, now)
    /** As people list it now. */
    const look = () =>
      conversations.step(
        actor,
        { id: `ev_${actor.slot}_${newUuid(now)}`, at: now, receivedAt: now, event: { type: 'timer.fired', name: 'look', due: now } },
        now,
        settings,
      ).summary
    return {
      actor,
      receive,
      says: (text: string, how: Parameters<typeof receive>[1] = {}) => receive({ kind: 'text', text }, how),
      /** Presses a button or list row of a message: the newest that has one of that id, unless it is given. */
      presses(id: string, how: { quoting?: MessageRow; template?: boolean } = {}) {
        const quoting = how.quoting ?? rows().findLast((row) => row.direction === 'out' && JSON.stringify(row.content).includes(`"${id}"`))
        const via = (how.template ?? quoting?.content.kind === 'template') ? ('template' as const) : ('button' as const)
        receive({ kind: 'reply', via, id, title: id }, quoting === undefined ? {} : { quoting })
      },
      event: (event: ConversationEvent) => ask(actor, event),
      session(name: string, data: Record<string, unknown>, by: Author = { kind: 'api', id: 'test' }) {
        return ask(actor, { type: 'engine.event', side: 'service', name, data: { sessionId: view().serviceSession?.id, ...data }, by })
      },
      startsJourney: (journey: string, input?: Record<string, unknown>) =>
        ask(actor, { type: 'journey.requested', journey, by: { kind: 'api', id: 'test' }, ...(input === undefined ? {} : { input }) }),
      view,
      messages: rows,
      lanes: () => sent.filter((row) => rows().includes(row)).map((row) => lanes.get(row.id)),
      heard: () => sent.filter((row) => rows().includes(row)).map((row) => plain(row.content)),
      decisions: () => decisions.get(actor.id) ?? [],
      decision: () => (decisions.get(actor.id) ?? []).at(-1) as DecisionRow,
      /** The newest decision, whatever the queue it led to said. */
      led: () => (decisions.get(actor.id) ?? []).findLast((decision) => decision.rule !== 'queue-policy') as DecisionRow,
      /** The newest decision about a customer message. */
      decided: () => (decisions.get(actor.id) ?? []).findLast((decision) => decision.event.type === 'message.received') as DecisionRow,
      participant: () => look()?.participant ?? null,
      runs: () => look()?.runs ?? [],
    }
  }

  function agent(id: string) {
    const by: Author = { kind: 'agent', id }
    const offers = () =>
      timersOf(group().id)
        .filter((name) => name.startsWith('offer:'))
        .map((name) => name.slice('offer:'.length))
    return {
      online: () => groupEvent('presence.changed', { agentId: id, status: 'online' }, by),
      away: () => groupEvent('presence.changed', { agentId: id, status: 'away' }, by),
      offline: () => groupEvent('presence.changed', { agentId: id, status: 'offline' }, by),
      offers,
      accepts: (offerId = offers()[0] ?? 'none') => groupEvent('offer.accepted', { offerId, agentId: id }, by),
      declines: (offerId = offers()[0] ?? 'none', reason?: string) =>
        groupEvent('offer.declined', { offerId, agentId: id, ...(reason === undefined ? {} : { reason }) }, by),
      writes: (who: ReturnType<typeof customer>, content: string | OutgoingContent, purpose: Purpose = 'service') =>
        who.event({
          type: 'send.requested',
          content: typeof content === 'string' ? { kind: 'text', text: content } : content,
          purpose,
          by,
        }),
      ends: (who: ReturnType<typeof customer>) => who.session('session.end', {}, by),
      pauses: (who: ReturnType<typeof customer>) => who.session('session.pause', {}, by),
      rests: (who: ReturnType<typeof customer>) => who.session('session.inactive', {}, by),
      transfers: (who: ReturnType<typeof customer>, to: string, note?: string) =>
        who.session('session.transfer', { to, ...(note === undefined ? {} : { note }) }, by),
    }
  }

  const timersOf = (actorId: string) => [...timers.values()].filter((timer) => timer.actor === actorId).map((timer) => timer.name)

  return {
    number,
    settings,
    /** What was measured: legs that are over, and answers to surveys; and what was to be kept back, or go elsewhere, of earlier sends. */
    legs,
    scores,
    recalls,
    customer,
    agent,
    bot: (id: string, script: BotScript) => bots.set(id, script),
    botTurns,
    publish,
    advance,
    settle,
    /** Works off what was held back, in the order of the provider's time, then arrival. */
    settleInOrder() {
      inbox.sort((a, b) => a.event.at - b.event.at || (a.event.id < b.event.id ? -1 : 1))
      settle()
    },
    sent,
    alarms: (of: 'code' | 'detail' = 'code') => alarms.map((alarm) => alarm[of]),
    timers: (who: ReturnType<typeof customer>) => timersOf(who.actor.id),
    group,
    now: () => now,
    /** Looks on whenever something is sent. */
    onSend(watch: typeof watchSend) {
      watchSend = watch
    },
    /** Applies every event again to the state it met: throws when anything comes out differently. */
    replay() {
      for (const { actor, event, now: then, settings: those, turn } of log) {
        const logic = logics[actor.kind] as ActorLogic
        const again = storedOf(logic, logic.step(actor, event, then, those))
        if (again !== turn) throw new Error(`not deterministic: ${JSON.stringify(event)}`)
      }
    },
  }
}
export type World = ReturnType<typeof createWorld>
export type Customer = ReturnType<World['customer']>

/** A turn as it is stored: of a state in parts the head, beside what changed of the rest. */
function storedOf({ parts }: ActorLogic, turn: Turn): string {
  return JSON.stringify(parts === undefined ? turn : { ...turn, state: parts.head(turn.state) })
}

function definitionOf(input: unknown): JourneyDefinition {
  const parsed = parseJourney(input)
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems))
  return parsed.definition
}

/** A message as a person would read it aloud. */
function plain(content: MessageRow['content']): string {
  if ('text' in content && typeof content.text === 'string') return content.text
  if ('body' in content) return content.body
  if (content.kind === 'template') return `template ${content.name}`
  return content.kind
}
