// The sample payloads: one file is the exact bytes of one HTTP body.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { whatsappAccount } from '../../src/index.ts'
import type { WhatsAppAccount } from '../../src/index.ts'

const manifest = z.object({
  appSecret: z.string(),
  d360Secret: z.string(),
  files: z.array(
    z.object({
      file: z.string(),
      provider: z.string(),
      kind: z.string(),
      expect: z.string(),
      bytes: z.number(),
      xHubSignature256: z.string().optional(),
      x360dialogSignature_hex: z.string().optional(),
    }),
  ),
})
export type Sample = z.infer<typeof manifest>['files'][number]

export function readPayload(file: string): Buffer {
  return readFileSync(new URL(`../payloads/${file}`, import.meta.url))
}

export const MANIFEST = manifest.parse(JSON.parse(readPayload('manifest.json').toString('utf8')))

/** The account the samples are signed for; `more` as in the configuration file. */
export function makeAccount(more: Record<string, unknown> = {}): WhatsAppAccount {
  return whatsappAccount.parse({
    phoneNumberId: '301000000000001',
    businessAccountId: '201000000000001',
    accessToken: 'token',
    appSecrets: [MANIFEST.appSecret],
    verifyToken: 'verify',
    ...more,
  })
}

/** The same account behind 360dialog: no version or number in the paths, its own headers. */
export function make360dialogAccount(more: Record<string, unknown> = {}): WhatsAppAccount {
  return makeAccount({
    baseUrl: 'https://waba-v2.360dialog.io',
    pathTemplate: '/messages',
    mediaUploadPath: '/media',
    mediaPath: '/{mediaId}',
    mediaHost: 'provider',
    authHeader: { name: 'D360-API-KEY', prefix: '' },
    appSecrets: [MANIFEST.d360Secret],
    signatureHeader: 'X-360dialog-Signature',
    ...more,
  })
}
