// The configuration under test: journeys that send back what was said, so that order and exactly-once can be heard by the customer.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What differs after a send whose outcome is unknown: marketing is never repeated, the rest is after a grace. */
export type Policy = 'never-repeated' | 'repeated'

export interface ChaosNumber {
  id: string
  phoneNumberId: string
  displayNumber: string
  policy: Policy
}

export const NUMBERS: readonly [ChaosNumber, ChaosNumber] = [
  { id: 'offers', phoneNumberId: '100000000000001', displayNumber: '+15550100001', policy: 'never-repeated' },
  { id: 'notices', phoneNumberId: '100000000000002', displayNumber: '+15550100002', policy: 'repeated' },
]
export const BUSINESS_ACCOUNT = '200000000000001'
export const SECRETS = { accessToken: 'token-of-chaos', appSecret: 'secret-of-chaos', verifyToken: 'verify-of-chaos' }

/** One round of a conversation: what the customer writes, and what they hear. A timer parts the last two answers. */
export const ROUND = { opens: 'hello', hearsFirst: 'What shall I say?', closes: 'finish', hearsLast: 'Goodbye.' }

const numberFile = (numbers: readonly ChaosNumber[]) => `numbers:
${numbers
  .map(
    ({ id, phoneNumberId, displayNumber }) => `  - id: ${id}
    displayNumber: "${displayNumber}"
    provider: whatsapp
    whatsapp:
      phoneNumberId: "${phoneNumberId}"
      businessAccountId: "${BUSINESS_ACCOUNT}"
      baseUrl: env:WHATSAPP_BASE_URL
      accessToken: env:WHATSAPP_ACCESS_TOKEN
      appSecrets: [env:WHATSAPP_APP_SECRET]
      verifyToken: env:WHATSAPP_VERIFY_TOKEN
    apps: { marketing: journeys }
    incoming: { defaultApp: marketing }`,
  )
  .join('\n')}
`

const journeyFile = (journey: string, purpose: 'marketing' | 'utility', number: string) => `journey: ${journey}
purpose: ${purpose}
numbers: [${number}]
entry: { any: true }
start: first
steps:
  first: { ask: { text: "${ROUND.hearsFirst}", accept: text, save: word }, on: { valid: echo } }
  echo:
    ask: { text: "{{ answers.word }}", accept: text, save: word, options: [{ id: over, title: ${ROUND.closes} }] }
    on: { valid: echo, over: breath }
  breath: { wait: { for: 500ms }, goto: bye }
  bye: { send: { text: "${ROUND.hearsLast}" }, goto: done }
  done: { end: completed }
`

/** Writes it into a directory of its own; `remove` takes that away. */
export async function writeConfiguration(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'baton-chaos-'))
  await mkdir(path.join(dir, 'journeys'))
  await writeFile(path.join(dir, 'numbers.yaml'), numberFile(NUMBERS))
  await writeFile(path.join(dir, 'journeys', 'offers.yaml'), journeyFile('offers', 'marketing', NUMBERS[0].id))
  await writeFile(path.join(dir, 'journeys', 'notices.yaml'), journeyFile('notices', 'utility', NUMBERS[1].id))
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}
