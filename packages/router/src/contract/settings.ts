import { z } from 'zod'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration in YAML, `30s`, `24h`, `30d`; parsed to milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'a duration such as 30s, 15m, 24h or 30d')
  .transform((text) => {
    const parts = /^(\d+)([a-z]+)$/.exec(text) as RegExpExecArray
    return Number(parts[1]) * units[parts[2] as keyof typeof units]
  })
  .meta({ id: 'Duration' })

const target = z.templateLiteral([z.enum(['queue', 'bot', 'agent']), ':', z.string().min(1)])

/** `incoming`, `serviceSessions`, … of one number in `config/numbers.yaml`: everything the router itself decides by. */
export const numberSettings = z.object({
  id: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and dashes'),
  displayNumber: z.string(),
  provider: z.string(),
  apps: z.object({ marketing: z.string().optional(), service: z.string().optional() }).default({}),
  incoming: z
    .strictObject({
      defaultApp: z.enum(['service', 'marketing']).default('service'),
      allowReservedKeywords: z.boolean().default(true),
      keywordDuringBot: z.boolean().default(false),
      terminalStatuses: z.array(z.enum(['ended', 'error', 'inactive'])).default(['ended', 'error']),
      /** Without it: `service` when service is connected, else `autoReply`. */
      unmatched: z.enum(['service', 'autoReply', 'ignore']).optional(),
      autoReply: z.string().default('Thank you for your message. We will answer as soon as we can.'),
      supportPhrases: z.array(z.string()).default([]),
    })
    .prefault({}),
  serviceSessions: z
    .strictObject({
      entry: z.array(target).default([]),
      autoEndAfter: duration.default(24 * units.h),
      unansweredAfter: duration.default(48 * units.h),
    })
    .prefault({}),
  marketingSessions: z.strictObject({ separate: z.boolean().default(true), validFor: duration.default(30 * units.d) }).prefault({}),
  marketingDuringService: z.enum(['any', 'closed', 'nonActive']).default('closed'),
  /** How long a marketing send may be held for an open service session before it is refused. */
  marketingHeldAtMost: duration.default(24 * units.h),
  displayMode: z.enum(['utility-only', 'utility-and-marketing']).default('utility-and-marketing'),
  /** When the customer sees that their message was read: `service`: when a bot is asked (it also shows as typing) or an agent answers. */
  readReceipts: z.enum(['service', 'never']).default('service'),
  /** The throughput the provider gave the number: 80 to start with, 1,000 after its upgrade. All processes
   * with the role `sender` share it. */
  messagesPerSecond: z.int().min(1).max(1_000).default(80),
  /** How long the thread may be silent under an upstream owner before Baton takes it back. */
  upstreamInactiveAfter: duration.default(24 * units.h),
})
export type NumberSettings = z.infer<typeof numberSettings>

const wordsByLanguage = z.record(z.string(), z.array(z.string().min(1)))
const textByLanguage = z.record(z.string(), z.string())
const consentWords = z.strictObject({ words: wordsByLanguage, reply: textByLanguage })

/** `config/consent.yaml`. */
export const consentSettings = z.strictObject({
  optOut: consentWords.prefault({ words: { en: ['stop', 'unsubscribe'] }, reply: { en: 'You will get no more offers.' } }),
  optIn: consentWords.prefault({ words: { en: ['start'] }, reply: { en: 'Welcome back.' } }),
  help: consentWords.prefault({ words: { en: ['help'] }, reply: { en: 'Reply STOP to get no more offers.' } }),
})
export type ConsentSettings = z.infer<typeof consentSettings>

/** What the provider says of a template, in its own words: `APPROVED`, `MARKETING`. */
export interface TemplateStatus {
  status: string
  category: string
}

/** One published, immutable, numbered configuration, as the step sees it. `engines` holds each engine's own part by engine name. */
export interface Settings {
  version: number
  numbers: ReadonlyMap<string, NumberSettings>
  consent: ConsentSettings
  engines: Readonly<Record<string, unknown>>
  /** Known templates of each number, by number id and then by `name/language`; one that is not listed is left to the provider to
   * judge. Numbers of one business account share theirs. */
  templates: ReadonlyMap<string, ReadonlyMap<string, TemplateStatus>>
}
