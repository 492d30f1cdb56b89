// Owns the virtual conversation of one journey test: the engine's state, the clock, the timers and what was sent. It plays
// the router's part for the marketing side only: routing rules 4 to 7, the owner and the reply window; consent words it does not know.
import { numberSettings, withAttributes } from '@baton/router'
import type { EngineContext, EngineInput, HandOff, InboundMessage, OutgoingContent, Owner, Verdict } from '@baton/router'
import type { JourneysConfig } from '../compile.ts'
import type { CallData } from '../calls/request.ts'
import { createJourneysEngine } from '../engine.ts'
import { messageLine } from '../in-words.ts'
import { initialState } from '../state.ts'
import type { JourneysState } from '../state.ts'
import type { CustomerAction, JourneyTest } from './file.ts'
import { givenServers } from './servers.ts'
import { customerLine, elapsed, trailLines } from './transcript.ts'

interface Sent {
  ref: string
  content: OutgoingContent
}

export interface Telephone {
  owner: Owner
  /** Messages since the last action that no expectation has taken yet. */
  fresh: Sent[]
  outcome: string | null
  handOff: HandOff | null
  alarms: { code: string; detail: Record<string, unknown> }[]
  refusal: string | null
  /** The last call of an HTTP step since the last action. */
  called: CallData | null
  /** A call that the test gives no answer to. */
  unanswered: CallData | null
  attributes: Record<string, unknown>
  answers: Record<string, unknown>
  /** A run has met its goal. */
  converted: boolean
  /** All that was said and done, line by line. */
  transcript: string[]
  customer(action: CustomerAction): void
  advance(ms: number): void
  start(journey: string, input: Record<string, unknown>): void
  event(name: string, data: Record<string, unknown>): void
  undelivered(): void
  serviceTakes(): void
  serviceEnds(): void
  optOut(): void
}

export function newTelephone(config: JourneysConfig, test: JourneyTest): Telephone {
  const engine = createJourneysEngine()
  const number = numberSettings.parse({
    id: 'test',
    displayNumber: '+15550100001',
    provider: 'test',
    apps: { marketing: 'journeys', ...(test.service ? { service: 'omni' } : {}) },
    incoming: { defaultApp: 'marketing' },
    serviceSessions: { entry: test.service ? ['queue:test'] : [] },
  })
  let state: JourneysState = initialState()
  let now = Date.parse(test.at)
  let ids = 0
  let tags = test.contact.tags
  let consent: EngineContext['consent'] = 'unknown'
  let lastMessageAt = -Infinity
  const timers = new Map<string, number>()
  const sent: Sent[] = []
  const held: Extract<EngineInput, { kind: 'start' }>[] = []
  const marketing = test.given.marketing.map((ago) => now - ago).toSorted((a, b) => a - b)
  const isTalking = (): boolean => now - lastMessageAt < 300_000
  const servers = givenServers(test.given.http)
  const answers: NonNullable<ReturnType<typeof servers>['answer']>[] = []

  // A journey limited to some numbers is tested on the first of them.
  const limited = [...config.journeys.values()].find((journey) => journey.numbers !== undefined)?.numbers?.[0]
  const context = (): EngineContext<JourneysConfig> => {
    const closesAt = lastMessageAt + 24 * 3_600_000
    return {
      now,
      conversationId: 'cv_test',
      number: limited === undefined ? number : { ...number, id: limited },
      contact: {
        id: test.contact.id,
        identity: { phone: '15550199', ...(test.contact.name === undefined ? {} : { name: test.contact.name }) },
        attributes: phone.attributes,
        tags,
      },
      replyWindow: now < closesAt ? { open: true, closesAt } : { open: false, closesAt: null },
      consent,
      marketing: { sent: marketing, talking: isTalking() },
      serviceSession: null,
      config,
      newId: (prefix) => `${prefix}_${(ids += 1)}`,
    }
  }

  const call = (effect: Parameters<typeof servers>[0]): void => {
    const made = servers(effect, now)
    note(`calls     ${made.call.method} ${made.call.url}`)
    phone.called = made.call
    if (made.answer === null) phone.unanswered = made.call
    else answers.push(made.answer)
  }

  /** Servers answer once what led to the call is done. */
  const settle = (): void => {
    for (let at = answers.findIndex((each) => each.at <= now); at !== -1; at = answers.findIndex((each) => each.at <= now))
      for (const { event } of answers.splice(at, 1)) tell(event)
  }

  const begin = now
  const note = (line: string): void => void phone.transcript.push(`${elapsed(now - begin).padEnd(8)} ${line}`)

  const tell = (input: EngineInput): Verdict => {
    for (const run of state.runs) phone.answers = run.answers
    const output = engine.receive(state, input, context())
    state = engine.stateSchema.parse(structuredClone(output.state))
    for (const run of state.runs) phone.answers = run.answers
    for (const effect of output.effects) {
      if (effect.type === 'message.send' && effect.content.kind !== 'template' && !context().replyWindow.open) {
        note(`not sent, the reply window is closed: ${messageLine(effect.content)}`)
        phone.alarms.push({ code: 'window-closed', detail: { ref: effect.ref } })
        tell({ kind: 'sendFailed', ref: effect.ref, messageId: effect.ref, code: 'window-closed', reason: 'the reply window is closed' })
      } else if (effect.type === 'message.send') {
        note(`journey   ${messageLine(effect.content)}`)
        sent.push({ ref: effect.ref, content: effect.content })
        if (effect.purpose === 'marketing' && !isTalking()) marketing.push(now)
        phone.fresh.push({ ref: effect.ref, content: effect.content })
      }
      if (effect.type === 'timer.set') timers.set(effect.name, effect.at)
      if (effect.type === 'timer.cancel') timers.delete(effect.name)
      if (effect.type === 'participant.call') call(effect)
      if (effect.type === 'alarm.raise') {
        note(`(alarm ${effect.code})`)
        phone.alarms.push(effect)
      }
      if (effect.type === 'contact.set') {
        phone.attributes = withAttributes(phone.attributes, effect.attributes).attributes
        tags = [...new Set([...tags, ...(effect.addTags ?? [])])].filter((tag) => effect.removeTags?.includes(tag) !== true)
      }
    }
    const { verdict, trail = [] } = output
    phone.converted ||= trail.some(({ marks }) => marks.some(([what]) => what === 'converted'))
    for (const line of trailLines(trail)) note(line)
    phone.outcome = state.finished.at(-1)?.outcome ?? null
    phone.refusal = verdict.kind === 'refused' ? `${verdict.code}: ${verdict.message}` : null
    if (phone.refusal !== null) note(`(refused: ${phone.refusal})`)
    const handOff = verdict.kind === 'handOff' || verdict.kind === 'start' ? verdict.handOff : undefined
    if (handOff !== undefined) {
      phone.handOff = handOff
      phone.answers = handOff.answers ?? {}
      if (input.kind !== 'yield') phone.owner = 'service'
    }
    if ((verdict.kind === 'ended' || verdict.kind === 'error') && phone.owner === 'marketing') phone.owner = 'none'
    return verdict
  }

  const receive = (message: InboundMessage): unknown => {
    lastMessageAt = now
    const recognition = engine.recognise(state, message, context())
    const { reply, entry } = recognition
    if (phone.owner === 'service') return tell({ kind: 'notice', message, recognition })
    const interrupts = entry !== null && entry.by !== 'any' && reply.match !== 'none'
    if (reply.match === 'valid' && !(reply.interruptible === 'always' && interrupts)) return tell({ kind: 'message', message, recognition })
    const supersede = interrupts && reply.interruptible !== 'never'
    if (reply.match === 'invalid' && !supersede) return tell({ kind: 'message', message, recognition })
    if (entry !== null)
      return enter({ kind: 'start', entry: entry.id, by: { kind: 'customer', id: 'contact' }, message, recognition, supersede })
    if (test.service) {
      tell({ kind: 'yield', reason: 'service-took' })
      phone.owner = 'service'
    }
    return null
  }

  const enter = (input: Extract<EngineInput, { kind: 'start' }>): void => {
    if (phone.owner === 'none') phone.owner = 'marketing'
    tell(input)
    if (phone.refusal !== null && state.runs.length === 0 && phone.owner === 'marketing') phone.owner = 'none'
  }

  /** While service has the conversation marketing waits for its end; a utility journey starts beside it. */
  const request = (input: Extract<EngineInput, { kind: 'start' }>): void => {
    const purpose = engine.purposeOf?.(input.entry, config) ?? 'marketing'
    if (phone.owner === 'service' && purpose === 'marketing') held.push(input)
    else enter(input)
  }

  const phone: Telephone = {
    owner: 'none',
    fresh: [],
    outcome: null,
    handOff: null,
    alarms: [],
    refusal: null,
    called: null,
    unanswered: null,
    attributes: test.contact.attributes,
    answers: {},
    converted: false,
    transcript: [],
    customer(action) {
      note(`customer  ${customerLine(action)}`)
      receive(messageOf(action, sent, now))
      settle()
    },
    advance(ms) {
      const until = now + ms
      for (let at = nextOf(timers, answers, until); at !== null; at = nextOf(timers, answers, until)) {
        now = Math.max(now, at)
        settle()
        const due = dueBy(timers, now)
        if (due === null) continue
        timers.delete(due.name)
        tell({ kind: 'timer', name: due.name, due: due.at })
      }
      now = until
    },
    start(journey, input) {
      note(`start     ${journey} ${JSON.stringify(input)}`)
      request({ kind: 'start', entry: journey, by: { kind: 'api', id: 'test' }, input })
      settle()
    },
    event(name, data) {
      note(`event     ${name} ${JSON.stringify(data)}`)
      const by = { kind: 'api', id: 'test' } as const
      const verdict = tell({ kind: 'event', name, data, by })
      if (verdict.kind === 'start') for (const entry of verdict.entries) request({ kind: 'start', entry, by, input: data })
      settle()
    },
    undelivered() {
      const last = sent.at(-1)
      if (last !== undefined)
        tell({ kind: 'sendFailed', ref: last.ref, messageId: last.ref, code: 'undelivered', reason: 'the test says so' })
      settle()
    },
    serviceTakes() {
      note('service   takes the conversation')
      tell({ kind: 'yield', reason: 'service-took' })
      phone.owner = 'service'
    },
    serviceEnds() {
      note('service   gives the conversation back')
      phone.owner = 'none'
      tell({ kind: 'resume', after: 'service' })
      if (phone.owner === 'none' && engine.participant(state, context()) !== null) phone.owner = 'marketing'
      for (const input of held.splice(0)) request(input)
      settle()
    },
    optOut() {
      note('customer  opts out')
      consent = 'out'
      tell({ kind: 'withdraw' })
    },
  }
  return phone
}

/** When something happens next, at the latest at `until`. */
function nextOf(timers: ReadonlyMap<string, number>, answers: readonly { at: number }[], until: number): number | null {
  const next = Math.min(...timers.values(), ...answers.map(({ at }) => at))
  return next <= until ? next : null
}

function dueBy(timers: Map<string, number>, until: number): { name: string; at: number } | null {
  const [first] = [...timers].filter(([, at]) => at <= until).toSorted((a, b) => a[1] - b[1])
  return first === undefined ? null : { name: first[0], at: first[1] }
}

function messageOf(action: CustomerAction, sent: readonly Sent[], now: number): InboundMessage {
  const base = { providerId: `in_${now}_${sent.length}`, at: now }
  if (typeof action === 'string') return { ...base, content: { kind: 'text', text: action } }
  if ('button' in action) return { ...base, ...pressOf(action.button, sent) }
  if ('sticker' in action) return { ...base, content: { kind: 'sticker', media: {} } }
  if ('voice' in action) return { ...base, content: { kind: 'audio', media: { voice: true } } }
  if ('image' in action)
    return { ...base, content: { kind: 'image', media: {}, ...(action.caption === undefined ? {} : { caption: action.caption }) } }
  if ('advertisement' in action)
    return { ...base, content: { kind: 'text', text: action.text }, referral: { sourceType: 'ad', sourceId: action.advertisement } }
  const quoted = sent.findLast((each) => action.quote !== undefined && textIn(each.content) === action.quote)
  return { ...base, content: { kind: 'text', text: action.text }, ...(quoted === undefined ? {} : { replyTo: `ref:${quoted.ref}` }) }
}

// The button of the newest message that has it.
function pressOf(id: string, sent: readonly Sent[]): Pick<InboundMessage, 'content' | 'replyTo'> {
  const from = sent.findLast(({ content }) => choicesOf(content).some((choice) => choice.id === id))
  const title = from === undefined ? id : (choicesOf(from.content).find((choice) => choice.id === id)?.title ?? id)
  const via = from?.content.kind === 'template' ? 'template' : from?.content.kind === 'list' ? 'list' : 'button'
  return { content: { kind: 'reply', via, id, title }, ...(from === undefined ? {} : { replyTo: `ref:${from.ref}` }) }
}

/** The choices a message shows. A template's titles are not known here: its payloads stand for them. */
export function choicesOf(content: OutgoingContent): { id: string; title: string }[] {
  if (content.kind === 'buttons') return content.options
  if (content.kind === 'list') return content.sections.flatMap((section) => section.rows)
  if (content.kind !== 'template') return []
  return (content.buttons ?? []).filter((button) => button.type === 'quickReply').map(({ value }) => ({ id: value, title: value }))
}

/** The text of a message as a customer reads it. */
export function textIn(content: OutgoingContent): string | null {
  if (content.kind === 'text') return content.text
  if ('body' in content) return content.body
  if (content.kind === 'template') return content.preview ?? null
  return 'caption' in content ? (content.caption ?? null) : null
}
