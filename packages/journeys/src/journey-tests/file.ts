// Pure. The shape of `config/journeys/<journey>.test.yaml`.
import { z } from 'zod'
import { duration } from '@baton/router'
import { METHODS } from '../calls/request.ts'
import { stepName } from '../definition/fields.ts'
import type { Problem } from '../definition/journey.ts'

const media = z.union([z.literal(true), z.string()])
const customer = z.union(
  [
    z.string().min(1),
    z.strictObject({ button: z.union([z.string(), z.number().transform(String)]) }),
    z.strictObject({ text: z.string().min(1), quote: z.string().optional() }),
    z.strictObject({ image: media, caption: z.string().optional() }),
    z.strictObject({ sticker: z.literal(true) }),
    z.strictObject({ voice: z.literal(true) }),
    z.strictObject({ advertisement: z.string(), text: z.string().min(1) }),
  ],
  {
    error:
      'a text, { button: <option id> }, { text, quote }, { image: true, caption }, { sticker: true }, { voice: true }, or { advertisement: <source id>, text }',
  },
)

/** What a message is expected to say. A plain text compares with whatever text the message carries. */
const message = z.union(
  [
    z.string(),
    z.strictObject({ text: z.string() }),
    z.strictObject({ buttons: z.string(), options: z.array(z.string()).optional() }),
    z.strictObject({ list: z.string(), options: z.array(z.string()).optional() }),
    z.strictObject({ cta: z.string() }),
    z.strictObject({ template: z.string(), variables: z.record(z.string(), z.string()).optional() }),
    z.strictObject({ media: z.enum(['image', 'video', 'audio', 'document', 'sticker']), caption: z.string().optional() }),
  ],
  { error: 'a text, or { text | buttons | list | cta | template | media: … }' },
)

const expectation = z
  .strictObject({
    /** The next message sent since the last action. */
    message: message.optional(),
    /** Every message sent since the last action, in order. */
    messages: z.array(message).optional(),
    owner: z.enum(['none', 'marketing', 'service']).optional(),
    outcome: z.string().optional(),
    handOff: z.array(z.string()).optional(),
    answers: z.record(z.string(), z.unknown()).optional(),
    attributes: z.record(z.string(), z.unknown()).optional(),
    alarm: z.string().optional(),
    /** Whether a run has met its goal since the test began. */
    converted: z.boolean().optional(),
    /** The last call that a step has made since the last action; of `headers`, those that are named. */
    called: z
      .strictObject({
        step: stepName,
        method: z.enum(METHODS),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.unknown(),
      })
      .partial()
      .optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'expect something')

/** What a server answers to the call of an HTTP step; `timeout`: nothing in time, `unreachable`: there is no connection. */
const answer = z.union(
  [
    z.strictObject({
      status: z.int().min(100).max(599).default(200),
      body: z.unknown().optional(),
      retryAfter: z.int().min(0).optional(),
    }),
    z.enum(['timeout', 'unreachable']),
  ],
  { error: '{ status: 200, body: … }, timeout, or unreachable' },
)

const step = z.union(
  [
    z.strictObject({ customer }),
    z.strictObject({ advance: duration }),
    /** Starts a journey as the API would; the file's own without a name. */
    z.strictObject({ start: z.strictObject({ journey: z.string().optional(), input: z.record(z.string(), z.unknown()).optional() }) }),
    /** Something happened elsewhere, as the API would report it. */
    z.strictObject({ event: z.string(), data: z.record(z.string(), z.unknown()).optional() }),
    /** The newest message could not be delivered. */
    z.strictObject({ undelivered: z.literal(true) }),
    z.strictObject({ service: z.enum(['takes', 'ends']) }),
    z.strictObject({ optOut: z.literal(true) }),
    z.strictObject({ expect: expectation }),
  ],
  { error: 'one of customer, advance, start, event, undelivered, service, optOut, expect' },
)

const testFile = z.strictObject({
  /** The journey a bare `start` starts; the name of the file without `.test.yaml` when it is left out. */
  journey: z.string().optional(),
  tests: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** When the test begins, UTC. */
        at: z.iso.datetime().default('2026-01-05T10:00:00Z'),
        contact: z
          .strictObject({
            /** Splits go by it. */
            id: z.string().default('contact'),
            name: z.string().optional(),
            attributes: z.record(z.string(), z.unknown()).default({}),
            tags: z.array(z.string()).default([]),
          })
          .prefault({}),
        service: z.boolean().default(true),
        /** What is there before it begins. */
        given: z
          .strictObject({
            /** What servers answer, by the step that calls; of a list one after the other, and the last one on and on. */
            http: z.record(stepName, z.union([answer, z.array(answer).min(1)])).default({}),
            /** How long ago the contact got marketing, for the caps of messages. */
            marketing: z.array(duration).default([]),
          })
          .prefault({}),
        steps: z.array(step).min(1),
      }),
    )
    .min(1),
})

export type JourneyTests = z.infer<typeof testFile>
export type JourneyTest = JourneyTests['tests'][number]
export type TestStep = JourneyTest['steps'][number]
export type Expectation = z.infer<typeof expectation>
export type MessageExpectation = z.infer<typeof message>
export type GivenAnswer = z.infer<typeof answer>
export type CustomerAction = z.infer<typeof customer>

/** Reads a test file's contents. */
export function parseJourneyTests(input: unknown): { kind: 'ok'; tests: JourneyTests } | { kind: 'invalid'; problems: Problem[] } {
  const result = testFile.safeParse(input)
  if (result.success) return { kind: 'ok', tests: result.data }
  const problems = result.error.issues.map(({ path, message: text }) => ({
    path: path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
    message: text,
  }))
  return { kind: 'invalid', problems }
}
