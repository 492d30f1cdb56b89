// Pure. Reads a journey as YAML gave it.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { duration } from '@baton/router'
import { checkRegex } from '../replies.ts'
import { STEP_KINDS } from '../steps/catalogue.ts'
import { condition, eventName, fallbackZone, fieldName, journeyId, stepName, text, zone } from './fields.ts'

/** What is wrong, and where: a path into the YAML document. */
export interface Problem {
  path: (string | number)[]
  message: string
  fix?: string
}

const more = { language: z.string().min(2).max(20).optional(), priority: z.int().default(0) }
const regex = z
  .string()
  .min(1)
  .max(500)
  .superRefine((pattern, context) => {
    const problem = checkRegex(pattern)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

const keyword: z.ZodType<Keyword> = z.union(
  [
    z
      .string()
      .min(1)
      .transform((exact) => ({ by: 'exact' as const, text: exact, priority: 0 })),
    z
      .strictObject({ exact: z.string().min(1), ...more })
      .transform(({ exact, ...rest }) => ({ by: 'exact' as const, text: exact, ...rest })),
    z
      .strictObject({ startsWith: z.string().min(1), ...more })
      .transform(({ startsWith, ...rest }) => ({ by: 'startsWith' as const, text: startsWith, ...rest })),
    z
      .strictObject({ contains: z.string().min(1), ...more })
      .transform(({ contains, ...rest }) => ({ by: 'contains' as const, text: contains, ...rest })),
    z.strictObject({ regex, ...more }).transform(({ regex: pattern, ...rest }) => ({ by: 'regex' as const, text: pattern, ...rest })),
  ],
  { error: 'a word, or { exact | startsWith | contains | regex: …, language?, priority? }' },
)
export interface Keyword {
  by: 'exact' | 'startsWith' | 'contains' | 'regex'
  text: string
  /** Preferred for contacts of this language. */
  language?: string | undefined
  /** Decides between equal matches; higher wins. */
  priority: number
}

/** So many starts, and so many messages, are remembered. */
export const MOST_CAPPED = 50

const entry = z.strictObject({
  keywords: z.array(keyword).min(1).optional(),
  /** Messages that come from an advertisement: any, or those of one source. */
  referral: z.union([z.literal(true), z.strictObject({ sourceId: z.string().min(1) })]).optional(),
  /** Every message nothing else takes, where marketing is the number's default. */
  any: z.literal(true).optional(),
  /** Something that happened elsewhere and is reported by API; `consent.given` is the customer's opt-in. Its data is the input. */
  event: eventName.optional(),
  reEntry: z.union([z.enum(['always', 'once']), z.strictObject({ after: duration })]).default('always'),
  /** Nobody is brought in who was brought into so many marketing journeys within this time; who asks for it is let in. */
  cap: z.strictObject({ starts: z.int().min(1).max(MOST_CAPPED, `at most ${MOST_CAPPED}`), per: duration }).optional(),
  /** Decides between several journeys' `referral` and `any`; higher wins. */
  priority: z.int().default(0),
})

/** What a paused journey does with the customers in the middle of it. */
const pause = z.strictObject({
  /** How long a reply, or a step that came due, waits for the journey to go on. Free-form answers need the reply window, so the default is
   * half of it. */
  maxAge: duration.refine((ms) => ms >= 60_000, 'at least 1m').prefault('12h'),
  /** Said once to a customer whose reply has to wait. */
  reply: text(1024).optional(),
})

/** What takes a contact out of the journey at once, wherever they are in it. */
const exit = z
  .strictObject({
    events: z.array(eventName).min(1).optional(),
    if: condition.optional(),
  })
  .refine((given) => given.events !== undefined || given.if !== undefined, 'give events, if, or both')

/** How much marketing a contact gets outside of a talk, from whomever: what would be one too many is not sent. `skip`: the run goes on as
 * if nobody had answered; `wait`: until there is room; `end`: the run is over. */
const messageCap = z.strictObject({
  messages: z.int().min(1).max(MOST_CAPPED, `at most ${MOST_CAPPED}`),
  per: duration.refine((ms) => ms >= 3_600_000 && ms <= 30 * 86_400_000, 'between 1h and 30d'),
  otherwise: z.enum(['skip', 'wait', 'end']).default('skip'),
})
export type MessageCap = z.infer<typeof messageCap>

/** What the journey is for: a run that meets it leaves as `converted`, and counts. */
const goal = z
  .strictObject({
    events: z.array(eventName).min(1).optional(),
    if: condition.optional(),
    /** An event that comes so long after the end of a run counts for it too. */
    within: duration.optional(),
  })
  .refine((given) => given.events !== undefined || given.if !== undefined, 'give events, if, or both')
  .refine((given) => given.within === undefined || given.events !== undefined, { path: ['within'], message: 'within is about events' })

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 21:00')

/** From when to when, by the clocks of a zone, nothing is sent that is no answer: it waits until the end. */
const quietHours = z
  .strictObject({ from: timeOfDay, to: timeOfDay, zone: zone.default('contact'), fallbackZone })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'from and to are the same time' })
export type QuietHours = z.infer<typeof quietHours>

const header = z.strictObject({
  journey: journeyId,
  name: z.string().min(1).max(100).optional(),
  description: z.string().optional(),
  /** `paused`: nobody enters, replies and timers wait. `retired`: nobody enters, whoever is in it finishes. */
  status: z.enum(['active', 'paused', 'retired'], { error: 'active, paused or retired' }).default('active'),
  pause: pause.prefault({}),
  purpose: z.enum(['marketing', 'utility']).default('marketing'),
  /** The numbers it runs on, by id; all of them without it. */
  numbers: z.array(z.string()).min(1).optional(),
  entry: entry.prefault({}),
  exit: exit.optional(),
  goal: goal.optional(),
  quietHours: quietHours.optional(),
  messageCap: messageCap.optional(),
  /** Names of the values a start by API must give, for `input.<name>`. */
  input: z.array(fieldName).default([]),
  start: stepName,
  steps: z.record(stepName, z.unknown()).refine((steps) => Object.keys(steps).length > 0, 'a journey has at least one step'),
})

/** The shape of a journey file, for editors; `parseJourney` reads it step by step, so that every problem has its own place. */
export const journeyFile = header.extend({ steps: z.record(stepName, z.union([...STEP_KINDS.values()].map(({ schema }) => schema))) })

/** One version of a journey. `version` is the hash of what was written, `status` and `pause` apart: those two are taken from the
 * newest publication, also for runs of earlier versions. */
export interface JourneyDefinition extends Omit<z.infer<typeof header>, 'steps' | 'name'> {
  name: string
  version: string
  steps: ReadonlyMap<string, ParsedStep>
}
export interface ParsedStep {
  kind: string
  step: unknown
}

export type ParsedJourney = { kind: 'ok'; definition: JourneyDefinition } | { kind: 'invalid'; problems: Problem[] }

/** Reads one journey file's contents (already parsed from YAML). Every problem is reported, each with its path. */
export function parseJourney(input: unknown): ParsedJourney {
  const head = header.safeParse(input)
  const written = stepsOf(input)
  const problems = head.success ? [] : problemsOf(head.error, [])
  const steps = new Map<string, ParsedStep>()
  for (const [name, step] of Object.entries(written)) {
    const result = parseStep(step, ['steps', name])
    if (result.kind === 'ok') steps.set(name, result.parsed)
    else problems.push(...result.problems)
  }
  if (!head.success || problems.length > 0) return { kind: 'invalid', problems }
  const { name, steps: _steps, ...rest } = head.data
  return { kind: 'ok', definition: { ...rest, name: name ?? rest.journey, version: hashOf(input), steps } }
}

function stepsOf(input: unknown): Record<string, unknown> {
  const steps = isRecord(input) ? input['steps'] : undefined
  return isRecord(steps) ? steps : {}
}

function parseStep(step: unknown, path: Problem['path']): { kind: 'ok'; parsed: ParsedStep } | { kind: 'invalid'; problems: Problem[] } {
  const known = [...STEP_KINDS.keys()]
  const kinds = isRecord(step) ? known.filter((kind) => Object.hasOwn(step, kind)) : []
  const kind = STEP_KINDS.get(kinds[0] ?? '')
  if (kind === undefined || kinds.length > 1) {
    const message =
      kinds.length > 1 ? `a step has one kind, this has ${kinds.join(' and ')}` : `no step kind; give one of ${known.join(', ')}`
    return { kind: 'invalid', problems: [{ path, message }] }
  }
  const result = kind.schema.safeParse(step)
  if (!result.success) return { kind: 'invalid', problems: problemsOf(result.error, path) }
  return { kind: 'ok', parsed: { kind: kind.kind, step: result.data } }
}

function problemsOf(error: z.ZodError, prefix: Problem['path']): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
    if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return [{ path, message: 'missing' }]
    if (issue.code === 'too_big' && issue.message.startsWith('Too big')) return [{ path, message: `at most ${issue.maximum}` }]
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }))
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key ${key}`, fix: `remove ${key}, or check its spelling` }))
  })
}

// The written form and not the parsed one is hashed: a later release with more defaults keeps the versions of running runs.
// To pause, resume or retire a journey changes nothing a customer is asked or told, so it makes no new version.
function hashOf(input: unknown): string {
  const { status: _status, pause: _pause, ...content } = isRecord(input) ? input : {}
  return createHash('sha256').update(canonical(content)).digest('hex').slice(0, 16)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
