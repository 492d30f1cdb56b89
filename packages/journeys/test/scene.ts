// Builds journeys from YAML and plays inputs to the engine, one after the other, for given/when/then tests.
import { parse } from 'yaml'
import { numberSettings } from '@baton/router'
import type {
  EngineContext,
  EngineEffect,
  EngineInput,
  EngineOutput,
  InboundMessage,
  IncomingContent,
  NumberSettings,
  Recognition,
  RunTrail,
  Verdict,
} from '@baton/router'
import { compileJourneys, createJourneysEngine, parseJourney } from '../src/index.ts'
import type { JourneyDefinition, JourneysConfig } from '../src/index.ts'
import type { JourneysState } from '../src/state.ts'

const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 5, 10)

export function journey(yaml: string): JourneyDefinition {
  const result = parseJourney(parse(yaml))
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems))
  return result.definition
}

export function numberWith(more: Record<string, unknown> = {}): NumberSettings {
  return numberSettings.parse({
    id: 'main',
    displayNumber: '+15550100001',
    provider: 'whatsapp',
    apps: { marketing: 'journeys', service: 'omni' },
    serviceSessions: { entry: ['queue:general'] },
    ...more,
  })
}

export interface Scene {
  state: JourneysState
  now: number
  config: JourneysConfig
  number: NumberSettings
  consent: EngineContext['consent']
  /** When marketing was sent to the customer. */
  marketing: number[]
  talking: boolean
  attributes: Record<string, unknown>
  name: string | null
  ids: number
  contact: string
}

export function scene(journeys: readonly (string | JourneyDefinition)[], more: Partial<Scene> = {}): Scene {
  const definitions = journeys.map((each) => (typeof each === 'string' ? journey(each) : each))
  const state = createJourneysEngine().initialState()
  return {
    state,
    now: START,
    config: compileJourneys(definitions),
    number: numberWith(),
    consent: 'unknown',
    marketing: [],
    talking: false,
    attributes: {},
    name: null,
    ids: 0,
    contact: 'ct_1',
    ...more,
  }
}

export interface Played {
  verdict: Verdict
  effects: EngineEffect[]
  /** What the messages say. */
  texts: string[]
  /** Their refs. */
  refs: string[]
  /** What it noted of its runs. */
  trail: RunTrail[]
  because?: EngineOutput['because']
}

const engine = createJourneysEngine()

function contextOf(at: Scene): EngineContext<JourneysConfig> {
  return {
    now: at.now,
    conversationId: 'cv_1',
    number: at.number,
    contact: {
      id: at.contact,
      identity: { phone: '15550199', ...(at.name === null ? {} : { name: at.name }) },
      attributes: at.attributes,
      tags: [],
    },
    replyWindow: { open: true, closesAt: at.now + DAY },
    consent: at.consent,
    marketing: { sent: at.marketing, talking: at.talking },
    serviceSession: null,
    config: at.config,
    newId: (prefix) => `${prefix}_${(at.ids += 1)}`,
  }
}

export function play(at: Scene, input: EngineInput): Played {
  const { state, effects, verdict, trail = [], because } = engine.receive(at.state, input, contextOf(at))
  at.state = engine.stateSchema.parse(structuredClone(state))
  const sends = effects.filter((effect) => effect.type === 'message.send')
  return {
    verdict,
    effects,
    texts: sends.map(({ content }) => ('text' in content ? content.text : 'body' in content ? content.body : content.kind)),
    refs: sends.map(({ ref }) => ref),
    trail,
    ...(because === undefined ? {} : { because }),
  }
}

export function participant(at: Scene): string | null {
  return engine.participant(at.state, contextOf(at))?.id ?? null
}

export function message(content: string | IncomingContent, more: Partial<InboundMessage> = {}): InboundMessage {
  return { providerId: 'wamid.1', at: START, content: typeof content === 'string' ? { kind: 'text', text: content } : content, ...more }
}

export function press(id: string, title: string, ref?: string): InboundMessage {
  return message(
    { kind: 'reply', via: 'button', id, title },
    ref === undefined ? {} : { replyTo: ref.startsWith('wamid') ? ref : `ref:${ref}` },
  )
}

export function recognise(at: Scene, said: string | InboundMessage): Recognition {
  return engine.recognise(at.state, typeof said === 'string' ? message(said) : said, contextOf(at))
}

/** The customer says something to the run that waits. */
export function says(at: Scene, said: string | InboundMessage): Played {
  const recognition = recognise(at, said)
  return play(at, { kind: 'message', message: typeof said === 'string' ? message(said) : said, recognition })
}

export function start(at: Scene, entry: string, more: Partial<Extract<EngineInput, { kind: 'start' }>> = {}): Played {
  return play(at, { kind: 'start', entry, by: { kind: 'api', id: 'test' }, ...more })
}

/** Lets time pass until the run's timer is due, and fires it. */
export function timeOut(at: Scene, runId = at.state.runs[0]?.id ?? ''): Played {
  const doing = at.state.runs.find((run) => run.id === runId)?.doing
  const due = doing !== undefined && 'due' in doing ? doing.due : at.now
  at.now = due
  return play(at, { kind: 'timer', name: runId, due })
}

/** A journey with one question of two buttons. */
export function asking(id: string, more = ''): string {
  return `
journey: ${id}
entry: { keywords: [${id}] }
start: q
steps:
  q:
    ask: { buttons: { body: "${id}?", options: [{ id: yes, title: Yes }, { id: no, title: No thanks }] }${more === '' ? '' : `, ${more}`} }
    on: { yes: a, no: b, invalid: { handOff: [bot:faq, queue:general] }, timeout: { after: 23h, goto: b } }
  a: { send: { text: "${id} yes" }, goto: done }
  b: { send: { text: "${id} no" }, goto: done }
  done: { end: completed }
`
}
