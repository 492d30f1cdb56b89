// Pure.
import { z } from 'zod'

const path = z.string().regex(/^\//, 'a path that starts with /')
const headerName = z.string().regex(/^[A-Za-z0-9-]+$/, 'a header name')

/** The `whatsapp:` block of one number in `config/numbers.yaml`, secrets already resolved. Everything but ids and secrets
 * has Meta's own values as default; a Cloud-compatible provider is the same block with its base, paths and headers.
 * In paths `{version}`, `{phoneNumberId}`, `{businessAccountId}` and `{mediaId}` are filled in; what is not named is left out. */
export const whatsappAccount = z
  .strictObject({
    phoneNumberId: z.string().regex(/^\d+$/, 'digits: the phone number id, not the phone number'),
    businessAccountId: z.string().regex(/^\d+$/, 'digits: the WhatsApp Business account id'),
    baseUrl: z.url({ protocol: /^https?$/ }).default('https://graph.facebook.com'),
    apiVersion: z
      .string()
      .regex(/^v\d+\.\d+$/, 'a Graph API version such as v26.0')
      .default('v26.0'),
    pathTemplate: path.default('/{version}/{phoneNumberId}/messages'),
    mediaUploadPath: path.default('/{version}/{phoneNumberId}/media'),
    mediaPath: path.default('/{version}/{mediaId}'),
    templatesPath: path.default('/{version}/{businessAccountId}/message_templates'),
    /** `provider`: media links are fetched from `baseUrl`, whatever host they name (360dialog proxies Meta's media host). */
    mediaHost: z.enum(['as-given', 'provider']).default('as-given'),
    authHeader: z.strictObject({ name: headerName.default('Authorization'), prefix: z.string().default('Bearer ') }).prefault({}),
    accessToken: z.string().min(1),
    /** Of the Meta app, or the platform secret of a compatible provider; several while one is being exchanged, or where several apps are told of
     * the number: a secret vouches for the numbers that have it, and for no other. */
    appSecrets: z.array(z.string().min(1)).default([]),
    signatureHeader: headerName.toLowerCase().default('x-hub-signature-256'),
    /** For providers that do not sign: a header with a secret value, set where their webhook is set up. */
    webhookHeader: z.strictObject({ name: headerName.toLowerCase(), value: z.string().min(16, 'at least 16 characters') }).optional(),
    /** Only asked for by the GET handshake; a provider without one needs none. */
    verifyToken: z.string().min(1).optional(),
  })
  .refine((account) => account.appSecrets.length > 0 || account.webhookHeader !== undefined, {
    path: ['appSecrets'],
    message: 'without an app secret or a webhookHeader every webhook would be refused',
  })
  .meta({ id: 'WhatsAppAccount' })

export type WhatsAppAccount = z.infer<typeof whatsappAccount>

/** The address of one call: the account's base and a path template of it, filled in. */
export function endpoint(account: WhatsAppAccount, template: string, values: { mediaId?: string } = {}): string {
  const known: Record<string, string | undefined> = {
    version: account.apiVersion,
    phoneNumberId: account.phoneNumberId,
    businessAccountId: account.businessAccountId,
    mediaId: values.mediaId,
  }
  const filled = template.replace(/\{(\w+)\}/g, (whole, name: string) => encodeURIComponent(known[name] ?? whole))
  return account.baseUrl.replace(/\/+$/, '') + filled
}

/** What proves to the provider who is calling. */
export function credentials(account: WhatsAppAccount): Record<string, string> {
  return { [account.authHeader.name.toLowerCase()]: account.authHeader.prefix + account.accessToken }
}
