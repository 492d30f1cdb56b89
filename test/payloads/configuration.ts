// Two numbers of two business accounts, as the samples name them: service answers, and a journey waits for its keyword.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { MANIFEST } from './samples.ts'

/** What a customer reads who comes while no agent is there. */
export const WAITING = 'Somebody will be with you soon.'
export const OFFER = 'Ten percent off. Shall we?'

export const SECRETS = {
  PAYLOADS_TOKEN: 'token',
  PAYLOADS_SECRET: MANIFEST.appSecret,
  PAYLOADS_360DIALOG_SECRET: MANIFEST.d360Secret,
  PAYLOADS_VERIFY: 'verify',
  PAYLOADS_OTHER_SECRET: 'secret of the other app',
}

/** `two-apps`: number `other` has another app, with its own secret. */
export type Door = 'cloud' | '360dialog' | 'two-apps'

const number = (id: string, display: string, phoneNumberId: string, businessAccountId: string, door: Door) => `  - id: ${id}
    displayNumber: "${display}"
    provider: whatsapp
    whatsapp:
      phoneNumberId: "${phoneNumberId}"
      businessAccountId: "${businessAccountId}"
      baseUrl: env:PAYLOADS_BASE_URL
      accessToken: env:PAYLOADS_TOKEN
${
  door !== '360dialog'
    ? `      appSecrets: [env:${door === 'two-apps' && id === 'other' ? 'PAYLOADS_OTHER_SECRET' : 'PAYLOADS_SECRET'}]
      verifyToken: env:PAYLOADS_VERIFY`
    : `      appSecrets: [env:PAYLOADS_360DIALOG_SECRET]
      signatureHeader: X-360dialog-Signature
      pathTemplate: /messages
      authHeader: { name: D360-API-KEY, prefix: "" }`
}
    apps: { marketing: journeys, service: omni }
    incoming: { defaultApp: service }
    serviceSessions: { entry: [queue:general] }
`

const QUEUES = `queues:
  - { id: general, name: General, members: [agent:ana], waitingMessage: ${WAITING} }
agents:
  - { id: ana, name: Ana, capacity: 5 }
`

const JOURNEY = `journey: coupon
name: Coupon
entry: { keywords: [coupon] }
start: offer
steps:
  offer: { ask: { text: "${OFFER}", accept: text }, on: { valid: done } }
  done: { end: completed }
`

/** Writes it into a directory of its own; `remove` takes that away. */
export async function writeConfiguration(door: Door): Promise<{ directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'baton-payloads-'))
  const numbers =
    number('main', '+12025550100', '301000000000001', '201000000000001', door) +
    number('other', '+13105550110', '301000000000002', '201000000000002', door)
  await mkdir(path.join(directory, 'journeys'))
  await writeFile(path.join(directory, 'numbers.yaml'), `numbers:\n${numbers}`)
  await writeFile(path.join(directory, 'queues.yaml'), QUEUES)
  await writeFile(path.join(directory, 'journeys', 'coupon.yaml'), JOURNEY)
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}
