// Pure. The shape of config/numbers.yaml: the router's own settings of a number and the provider's block, in which secrets
// are references.
import { whatsappAccount, type WhatsAppAccount } from '@baton/adapters'
import { numberSettings, type NumberSettings } from '@baton/router'
import { z } from 'zod'
import { isReference, resolveReference, secretReference, type ReferenceSources } from './references.ts'

/** As written: every secret is a reference, and the base URL may be one, so that one file serves several environments. */
const whatsappBlock = z
  .strictObject({
    ...whatsappAccount.shape,
    baseUrl: z
      .string()
      .regex(/^(https?:\/\/.|env:.|file:.)/, 'a URL such as https://graph.facebook.com, or a reference to one')
      .default('https://graph.facebook.com'),
    accessToken: secretReference,
    appSecrets: z.array(secretReference).default([]),
    verifyToken: secretReference.optional(),
    webhookHeader: z.strictObject({ name: z.string(), value: secretReference }).optional(),
  })
  .superRefine(({ appSecrets, webhookHeader }, context) => {
    if (appSecrets.length > 0 || webhookHeader !== undefined) return
    const message = 'missing: without an app secret or a webhookHeader every webhook would be refused'
    context.addIssue({ code: 'custom', path: ['appSecrets'], message, params: { fix: 'write appSecrets: [env:WHATSAPP_APP_SECRET]' } })
  })

const numberEntry = z.strictObject({
  ...numberSettings.shape,
  displayNumber: z.string().regex(/^\+[1-9]\d{6,14}$/, 'an international number such as "+15550100001", in quotes'),
  provider: z.literal('whatsapp'),
  apps: z.strictObject({ marketing: z.string().optional(), service: z.string().optional() }).default({}),
  whatsapp: whatsappBlock,
})
type NumberEntry = z.output<typeof numberEntry>
export type AccountEntry = NumberEntry['whatsapp']

/** `config/numbers.yaml`. */
export const numbersFile = z.strictObject({ numbers: z.array(numberEntry).min(1) })

/** The part the router decides by, and the account without its secrets. */
export function splitEntry({ whatsapp, ...settings }: NumberEntry): { settings: NumberSettings; account: AccountEntry } {
  return { settings, account: whatsapp }
}

export interface MissingSecret {
  /** Inside the `whatsapp` block. */
  path: (string | number)[]
  message: string
  fix: string
}

/** The account as the adapter takes it, every reference followed. */
export function resolveAccount(
  entry: AccountEntry,
  sources: ReferenceSources,
): { kind: 'resolved'; account: WhatsAppAccount } | { kind: 'missing'; missing: MissingSecret[] } {
  const missing: MissingSecret[] = []
  const follow = (reference: string, ...path: (string | number)[]): string => {
    const found = resolveReference(reference, sources)
    if (found.kind === 'value') return found.value
    missing.push({ path, message: found.message, fix: found.fix })
    return ''
  }
  const resolved = {
    ...entry,
    baseUrl: isReference(entry.baseUrl) ? follow(entry.baseUrl, 'baseUrl') : entry.baseUrl,
    accessToken: follow(entry.accessToken, 'accessToken'),
    appSecrets: entry.appSecrets.map((reference, index) => follow(reference, 'appSecrets', index)),
    ...(entry.verifyToken === undefined ? {} : { verifyToken: follow(entry.verifyToken, 'verifyToken') }),
    ...(entry.webhookHeader === undefined
      ? {}
      : { webhookHeader: { name: entry.webhookHeader.name, value: follow(entry.webhookHeader.value, 'webhookHeader', 'value') } }),
  }
  if (missing.length > 0) return { kind: 'missing', missing }
  const checked = whatsappAccount.safeParse(resolved)
  if (checked.success) return { kind: 'resolved', account: checked.data }
  // The value itself may be a secret, so only its place and the rule are told.
  const wrong = checked.error.issues.map(({ path, message }) => ({
    path: path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
    message: `what the reference leads to is not usable: ${message}`,
    fix: 'correct the value it leads to',
  }))
  return { kind: 'missing', missing: wrong }
}
