// Pure. What operators write in config/queues.yaml and config/bots.yaml.
import { z } from 'zod'
import { duration, isReservedAttribute } from '@baton/router'
import { hoursSchema } from '../hours/schema.ts'
import { presenceConfig } from './presence.ts'

const id = z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and dashes')
const member = z.string().regex(/^agent:[a-z0-9-]+$/, 'an agent, such as agent:ana')
/** A target service can hand work to. */
export const serviceTarget = z.templateLiteral([z.enum(['queue', 'bot', 'agent']), ':', z.string().regex(/^[a-z0-9-]+$/)])

/** How the next agent is found. `least-active`: fewest conversations · `most-available`: most free capacity ·
 * `round-robin`: in the order of the members · `longest-idle`: who has waited longest for work. A queue may also be `external`: a routing
 * engine elsewhere says who gets what (docs/external-routing.md). */
export const ROUTING = ['least-active', 'most-available', 'round-robin', 'longest-idle'] as const

/** What becomes of work that nobody can take now. `wait`: it keeps its place. `callback`: it is kept as a promise to come back to the
 * customer, which does not run out. `to`: another queue or a bot takes it. */
const elsewhere = z.strictObject({ to: z.templateLiteral([z.enum(['queue', 'bot']), ':', z.string().regex(/^[a-z0-9-]+$/)]) })
const policy = z.union([z.enum(['wait', 'callback']), elsewhere])
const overflow = z.union([z.literal('callback'), elsewhere])
const skill = z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and dashes')
const language = z.string().regex(/^[a-z]{2,3}$/, 'a language such as en or de')
const message = z.string().min(1).max(4096)

const wrapUpTime = duration.refine((ms) => ms >= 1_000 && ms <= 3_600_000, 'between 1s and 1h')
const wrapUp = z.union([
  wrapUpTime,
  z.strictObject({ for: wrapUpTime, atMost: wrapUpTime }).refine((written) => written.atMost >= written.for, {
    error: 'less than for',
    path: ['atMost'],
    params: { fix: 'make it longer than for, or leave it out: wrapUp: 30s' },
  }),
])
const placeText = message.refine((text) => (text.match(/\{[^}]*\}/g) ?? []).every((name) => ['{position}', '{wait}'].includes(name)), {
  error: 'only {position} and {wait} are filled in',
  params: { fix: 'write the text without other braces' },
})
const positionMessage = z
  .strictObject({
    text: placeText,
    /** Instead of a text with `{wait}`, while nobody can say how long: nobody is being served. Without it nothing is sent then. */
    withoutEstimate: placeText.optional(),
    /** How long after one look at the place the next one is taken. */
    every: duration.prefault('2m').refine((ms) => ms >= 30_000, { error: 'at least 30s', params: { fix: 'write 2m' } }),
    /** Per customer and service session. */
    atMost: z.int().min(1).max(20).default(3),
    /** By how many places they must have moved since they were told last. */
    moved: z.int().min(0).max(1000).default(1),
  })
  .refine(({ withoutEstimate }) => withoutEstimate?.includes('{wait}') !== true, {
    path: ['withoutEstimate'],
    error: 'it is sent when there is no {wait} to fill in',
    params: { fix: 'leave {wait} out of it' },
  })

const survey = z
  .strictObject({
    /** Sent with a list of five answers while the reply window is open. */
    question: z.string().min(1).max(1024).optional(),
    /** What opens the list. */
    button: z.string().min(1).max(20).default('Answer'),
    /** Of the answers 1 to 5, in this order. */
    labels: z.array(z.string().min(1).max(24)).length(5).optional(),
    /** Sent for the first answer. */
    thanks: message.optional(),
    /** Sent when the reply window is closed; its quick replies begin with 1 to 5. */
    template: z.strictObject({ name: z.string().min(1), language: z.string().min(1) }).optional(),
    /** A journey that asks instead; the options of its question are called 1 to 5. */
    journey: z.string().min(1).optional(),
    /** For how long a typed number is taken for the answer. */
    within: duration.prefault('24h'),
  })
  .refine((asked) => (asked.journey === undefined) !== (asked.question === undefined && asked.template === undefined), {
    error: 'either a question or template, or a journey that asks',
    params: { fix: 'write question: "How did we do?", or journey: <id>' },
  })

const serviceLevel = z
  .strictObject({
    wait: duration.optional(),
    firstResponse: duration.optional(),
    warnAt: z.number().gt(0).lt(1).default(0.8),
  })
  .refine(({ wait, firstResponse }) => wait !== undefined || firstResponse !== undefined, {
    error: 'a service level without a time',
    params: { fix: 'write wait: 2m, firstResponse: 5m, or both' },
  })

export const engineConfig = z.strictObject({
  /** After so long without a heartbeat of the engine, Baton gives the work out itself. */
  silence: duration
    .prefault('30s')
    .refine((ms) => ms >= 5_000 && ms <= 3_600_000, { error: 'between 5s and 1h', params: { fix: 'write 30s' } }),
  /** How, while the engine is silent. `wait`: not at all. */
  otherwise: z.enum([...ROUTING, 'wait']).default('least-active'),
})

const queue = z.strictObject({
  id,
  name: z.string().optional(),
  routing: z.enum([...ROUTING, 'external']).default('least-active'),
  /** With `routing: external`. */
  engine: engineConfig.optional(),
  /** How long an agent may think about an offer. */
  offerTimeout: duration.prefault('30s'),
  /** Work is given to agents without asking them. */
  autoAccept: z.boolean().default(false),
  members: z.array(member).default([]),
  /** Lower goes first; work of equal priority goes by age. */
  priority: z.int().min(0).max(1000).default(100),
  /** What an agent must be able to do; with `relaxAfter` only for so long. */
  skills: z.array(z.union([skill, z.strictObject({ skill, relaxAfter: duration })])).default([]),
  /** Only agents who speak the customer's language (their attribute `language`), for good or for so long. */
  language: z.union([z.literal('required'), z.strictObject({ relaxAfter: duration })]).optional(),
  /** Units of an agent's capacity that one conversation takes. */
  weight: z.int().min(1).max(1000).default(1),
  /** A customer who is back within so long after a service session goes to the agent they had, a member of the queue. While that agent is
   * online, the work waits for them for `wait`; then, and when they are absent or pass on it, it is anybody's. */
  returnToAgent: z.strictObject({ within: duration, wait: duration.prefault('0s') }).optional(),
  /** More than this do not wait here. */
  maxWaiting: z.strictObject({ size: z.int().min(1), otherwise: overflow }).optional(),
  /** Nobody waits here for longer; while the queue is closed the time stands still. */
  maxWait: z.strictObject({ after: duration, otherwise: overflow }).optional(),
  /** When it is open: the id of an entry of `hours`. Without it it is always open. */
  hours: id.optional(),
  /** Work that comes out of hours, or is left waiting when the queue has closed and the last member has gone. */
  whenClosed: policy.default('wait'),
  /** Work that comes while no member is online. */
  whenNobodyOnline: policy.default('wait'),
  /** Sent once to a customer who has to wait for the queue to open. */
  closedMessage: message.optional(),
  /** Sent once to a customer who waits while no member is online. */
  waitingMessage: message.optional(),
  /** Sent to a customer who has to wait: `{position}` is their place, `{wait}` about how many minutes it will be. */
  positionMessage: positionMessage.optional(),
  /** Sent when an agent takes up a callback and the reply window is closed by then; an answer opens it. */
  callbackTemplate: z.strictObject({ name: z.string().min(1), language: z.string().min(1) }).optional(),
  /** How long an agent may be away while their customer waits for an answer, before the conversation is queued again. */
  awayLimit: duration.prefault('5m'),
  /** What becomes of a conversation whose agent goes offline, by their own word or because their console vanished. `keep`: it is theirs
   * until `awayLimit`. `requeue`: it is queued again at once. */
  whenOffline: z.enum(['keep', 'requeue']).default('keep'),
  /** An alarm is raised when work waits and nobody has taken any for so long. */
  starvationAfter: duration.prefault('5m'),
  /** How long an agent's capacity stays held after a conversation of this queue has ended, or has gone to somebody else. `atMost`: how far
   * they may extend it. */
  wrapUp: wrapUp.optional(),
  /** How soon customers are to have an agent (`wait`) and an answer of one (`firstResponse`); time in which the queue is closed does not
   * count. An alarm warns at a share of the time, and another says that it was missed. */
  serviceLevel: serviceLevel.optional(),
  /** What customers are asked when a session is over that an agent of this queue had: how content they are, from 1 to 5. */
  survey: survey.optional(),
  /** A conversation without a message for so long becomes `inactive` and frees its agent. Without it only agents do that. */
  inactiveAfter: duration.optional(),
})

const agent = z.strictObject({
  id,
  name: z.string().optional(),
  /** How many conversations at a time, in units: see the weight of a queue. */
  capacity: z.int().min(1).max(1000).default(5),
  skills: z.array(skill).default([]),
  languages: z.array(language).default([]),
  /** May end, pause and transfer the conversations of others. */
  supervisor: z.boolean().default(false),
  /** The presence statuses they may choose, beside `offline`. Without it: all. */
  statuses: z.array(id).min(1).optional(),
})

/** `config/queues.yaml`. Durations are parsed to milliseconds. */
export const queuesConfig = z.strictObject({
  hours: z.array(hoursSchema).default([]),
  queues: z.array(queue).default([]),
  agents: z.array(agent).default([]),
  presence: presenceConfig.prefault({}),
})

const reference = z.string().regex(/^(env|file):.+$/, 'a reference such as env:FAQ_BOT_SECRET, never the secret itself')

const learnt = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'a name of letters, digits and underscores')
  .refine((name) => !isReservedAttribute(name), {
    error: 'contacts are known by that name: no bot learns it',
    params: { fix: 'name it otherwise, such as given_name' },
  })

const anyBot = {
  id,
  name: z.string().optional(),
  /** Where turns are posted: exactly this address, redirects are not followed. */
  url: z.url({ protocol: /^https?$/ }).refine(hasNoCredentials, 'no user name or password in the address: bots are known by the secret'),
  timeout: duration.prefault('5s').refine((ms) => ms >= 100 && ms <= 60_000, 'between 100ms and 60s'),
  /** Who takes over when the bot fails. Without it: the remaining targets of the hand-off, then the number's entry queue. */
  fallback: z.array(serviceTarget).default([]),
  /** How many lines of the transcript go along with a turn. */
  history: z.int().min(0).max(200).default(50),
  /** What agents write for one another goes along: notes in the history, and the note of a transfer that was meant for agents. */
  notes: z.boolean().default(false),
  /** The attributes of a contact that the bot may set. Without it none: what customers write could make it set any. */
  learns: z.array(learnt).max(50).default([]),
  /** After so many failures in a row the bot is not called for so long; then one call tries whether it is back. */
  circuit: z
    .strictObject({
      failures: z.int().min(1).max(1000).default(5),
      openFor: duration.prefault('30s').refine((ms) => ms >= 1_000, 'at least 1s'),
    })
    .prefault({}),
}

const batonBot = z.strictObject({
  protocol: z.literal('baton').default('baton'),
  ...anyBot,
  /** The key turns are signed with: a reference (`env:NAME` or `file:PATH`), never the value. */
  secret: reference,
  /** How long a bot that answers 202 may take to post its reply. Without it a 202 is a failure. */
  replyWithin: duration.refine((ms) => ms >= 1_000 && ms <= 86_400_000, 'between 1s and 1d').optional(),
  /** Answers have to be signed as turns are. */
  signedAnswers: z.boolean().default(false),
})

const rasaBot = z.strictObject({
  protocol: z.literal('rasa'),
  ...anyBot,
  /** Sent as a bearer token. */
  secret: reference.optional(),
})

const openaiBot = z.strictObject({
  protocol: z.literal('openai'),
  ...anyBot,
  /** Sent as a bearer token. */
  secret: reference.optional(),
  model: z.string().min(1),
  /** What the model is told to be and to do. */
  prompt: z.string().min(1).max(20_000),
  /** Where the model may hand a customer over to, by name. Without it they go to the next target of the hand-off that led to the bot. */
  handOffTo: z.array(serviceTarget).default([]),
})

/** How a bot is spoken to: Baton's own protocol, Rasa's REST channel, or a chat model behind an OpenAI-compatible endpoint. */
const bot = z.discriminatedUnion('protocol', [batonBot, rasaBot, openaiBot])

/** `config/bots.yaml`. */
export const botsConfig = z.strictObject({ bots: z.array(bot).default([]) })

export type QueuesConfig = z.infer<typeof queuesConfig>
export type BotsConfig = z.infer<typeof botsConfig>

function hasNoCredentials(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && parsed.username === '' && parsed.password === ''
}
