// What the product of the bench is configured with: as files for its processes, and as settings for what is done in memory.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileJourneys, parseJourney } from '@baton/journeys'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'
import { consentSettings, numberSettings } from '@baton/router'
import type { Settings } from '@baton/router'
import { BUSINESS_ACCOUNT } from './webhook.ts'

export interface Configuration {
  /** Of each number, with marketing only, whose keyword is answered with one text. */
  phoneNumberIds: string[]
  /** How many messages each of them may send. */
  perSecond: number
  /** Journeys besides that of the keyword. */
  journeys: Journey[]
}

type Journey = { journey: string } & Record<string, unknown>

/** What customers ask for. */
const COUPON: Journey = {
  journey: 'coupon',
  name: 'Coupon',
  entry: { keywords: ['coupon'] },
  start: 'give',
  steps: { give: { send: { text: 'Your code: SAVE10' }, goto: 'done' }, done: { end: 'completed' } },
}

export async function writeConfiguration(directory: string, configuration: Configuration): Promise<void> {
  await mkdir(join(directory, 'journeys'), { recursive: true })
  // YAML reads JSON.
  await writeFile(join(directory, 'numbers.yaml'), JSON.stringify({ numbers: numbersOf(configuration) }, null, 2))
  for (const journey of journeysOf(configuration)) {
    await writeFile(join(directory, 'journeys', `${journey.journey}.yaml`), JSON.stringify(journey, null, 2))
  }
}

/** As a process makes them from the files. */
export function settingsOf(configuration: Configuration): Settings {
  const numbers = numbersOf(configuration).map((number) => numberSettings.parse(number))
  const journeys = journeysOf(configuration).map((journey) => {
    const parsed = parseJourney(journey)
    if (parsed.kind !== 'ok') throw new Error(JSON.stringify(parsed.problems))
    return parsed.definition
  })
  return {
    version: 1,
    numbers: new Map(numbers.map((number) => [number.id, number])),
    consent: consentSettings.parse({}),
    engines: {
      journeys: compileJourneys(journeys),
      omni: compileOmni(queuesConfig.parse({ queues: [], agents: [] }), botsConfig.parse({ bots: [] })).config,
    },
    templates: new Map(),
  }
}

function numbersOf({ phoneNumberIds, perSecond }: Configuration) {
  return phoneNumberIds.map((phoneNumberId, index) => ({
    id: `number-${index}`,
    displayNumber: `+1555010${String(index).padStart(4, '0')}`,
    provider: 'whatsapp',
    whatsapp: {
      phoneNumberId,
      businessAccountId: BUSINESS_ACCOUNT,
      baseUrl: 'env:WHATSAPP_BASE_URL',
      accessToken: 'env:WHATSAPP_ACCESS_TOKEN',
      appSecrets: ['env:WHATSAPP_APP_SECRET'],
    },
    apps: { marketing: 'journeys' },
    incoming: { defaultApp: 'marketing' },
    messagesPerSecond: perSecond,
  }))
}

function journeysOf({ journeys }: Configuration): Journey[] {
  return [COUPON, ...journeys]
}
