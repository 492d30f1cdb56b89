// The configuration the demonstration plays on: the shipped one, and beside it three numbers for the stories that need another
// set-up. Written into a directory of its own, so the shipped files stay as they are.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { readConfigFiles } from '../config/files.ts'

/** The numbers of the demonstration, by what they show. Phone number ids as the emulator knows them. */
export const NUMBERS = {
  main: '100000000000001',
  promo: '100000000000002',
  'only-marketing': '100000000000003',
  'only-service': '100000000000004',
  fragile: '100000000000005',
} as const
export type NumberName = keyof typeof NUMBERS

/** Writes the files into `directory`. `botUrl`: where the FAQ bot listens; nothing listens at `brokenBotUrl`. */
export async function writeDemoConfiguration(shipped: string, directory: string, botUrl: string, brokenBotUrl: string): Promise<void> {
  const read = await readConfigFiles(shipped)
  if (read.kind !== 'files') throw new Error(`there is no configuration in ${shipped}`)
  const files = { ...read.files }
  const numbers = parseDocument(files['numbers.yaml'] ?? 'numbers: []')
  for (const number of [
    extraNumber('only-marketing', { apps: { marketing: 'journeys' }, incoming: { defaultApp: 'marketing' } }),
    extraNumber('only-service', { apps: { service: 'omni' }, serviceSessions: { entry: ['queue:general'] } }),
    extraNumber('fragile', { apps: { marketing: 'journeys', service: 'omni' }, serviceSessions: { entry: ['bot:broken'] } }),
  ])
    numbers.addIn(['numbers'], numbers.createNode(number))
  files['numbers.yaml'] = numbers.toString()
  const bots = parseDocument(files['bots.yaml'] ?? 'bots: []')
  bots.setIn(['bots', 0, 'url'], botUrl)
  bots.addIn(
    ['bots'],
    bots.createNode({ id: 'broken', name: 'Broken bot', url: brokenBotUrl, secret: 'env:FAQ_BOT_SECRET', timeout: '1s' }),
  )
  files['bots.yaml'] = bots.toString()
  // A number without service cannot take a hand-off, and publishing says so: it gets a journey that needs none.
  for (const [name, text] of Object.entries(read.files)) {
    if (!name.startsWith('journeys/') || !text.includes('handOff')) continue
    const journey = parseDocument(text)
    journey.set('numbers', ['main', 'promo', 'fragile'])
    files[name] = journey.toString()
  }
  files['journeys/hours.yaml'] = HOURS
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name)
    // oxlint-disable-next-line no-await-in-loop
    await mkdir(path.dirname(file), { recursive: true })
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(file, text)
  }
}

const HOURS = `journey: hours
name: Opening hours
entry: { keywords: [hours] }
numbers: [only-marketing]
start: ask
steps:
  ask:
    ask: { buttons: { body: "Which shop?", options: [{ id: north, title: North }, { id: south, title: South }] }, retries: 1 }
    on: { north: north, south: south, invalid: bye, timeout: { after: 20h, goto: bye } }
  north: { send: { text: "North is open from 9 to 5." }, goto: bye }
  south: { send: { text: "South is open from 10 to 6." }, goto: bye }
  bye: { end: completed }
`

function extraNumber(id: NumberName, rest: Record<string, unknown>) {
  return {
    id,
    displayNumber: `+1555010000${NUMBERS[id].at(-1)}`,
    provider: 'whatsapp',
    whatsapp: {
      phoneNumberId: NUMBERS[id],
      businessAccountId: '200000000000001',
      baseUrl: 'env:WHATSAPP_BASE_URL',
      apiVersion: 'v26.0',
      accessToken: 'env:WHATSAPP_ACCESS_TOKEN',
      appSecrets: ['env:WHATSAPP_APP_SECRET'],
      verifyToken: 'env:WHATSAPP_VERIFY_TOKEN',
    },
    ...rest,
  }
}
