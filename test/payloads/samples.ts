// The sample payloads of the WhatsApp adapter: one file is the exact bytes of one webhook. The manifest says what each means.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const manifest = z.object({
  appSecret: z.string(),
  d360Secret: z.string(),
  files: z.array(
    z.object({
      file: z.string(),
      provider: z.string(),
      expect: z.string(),
      xHubSignature256: z.string().optional(),
      x360dialogSignature_hex: z.string().optional(),
    }),
  ),
})

export function readSample(file: string): Buffer {
  return readFileSync(new URL(`../../packages/adapters/test/payloads/${file}`, import.meta.url))
}

export const MANIFEST = manifest.parse(JSON.parse(readSample('manifest.json').toString('utf8')))

/** The samples that are webhooks of WhatsApp, by file. */
export const WEBHOOKS = new Map(
  MANIFEST.files.filter(({ provider }) => provider === 'cloud' || provider === '360dialog').map((sample) => [sample.file, sample]),
)

/** What the manifest says of a sample; a misspelt name does not pass. */
export function expectation(file: string): string {
  return sampleOf(file).expect
}

/** The header that the manifest gives for these exact bytes. */
export function signatureOf(file: string): Record<string, string> {
  const { xHubSignature256, x360dialogSignature_hex } = sampleOf(file)
  if (x360dialogSignature_hex !== undefined) return { 'x-360dialog-signature': x360dialogSignature_hex }
  if (xHubSignature256 === undefined) throw new Error(`${file} has no signature in the manifest`)
  return { 'x-hub-signature-256': xHubSignature256 }
}

function sampleOf(file: string) {
  const sample = WEBHOOKS.get(file)
  if (sample === undefined) throw new Error(`${file} is no webhook of the manifest`)
  return sample
}

/** A body of our own, signed as Meta signs. */
export function sign(body: Uint8Array, secret: string = MANIFEST.appSecret): Record<string, string> {
  return { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
}

/** A sample with some of its text replaced, which makes it another webhook; each text has to be there. */
export function edited(file: string, ...replacements: [from: string, to: string][]): Buffer {
  let text = readSample(file).toString('utf8')
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`)
    text = text.replaceAll(from, to)
  }
  return Buffer.from(text)
}

/** The provider's id of the one message that the statuses of a sample are about. */
export function statusId(file: string): string {
  const found = readSample(file)
    .toString('utf8')
    .matchAll(/"id": "(wamid[^"]+)",\s*"status":/g)
  const [id, ...others] = new Set(Array.from(found, (match) => match[1]))
  if (id === undefined || others.length > 0) throw new Error(`${file} is not about one message`)
  return id
}
