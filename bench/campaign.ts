// A campaign on a number that customers write to meanwhile: somebody's system reports an event of many contacts at once, each starts
// a journey that sends a template. What the campaign wants to send is more than the number may: who is kept waiting?
import { setTimeout as pause } from 'node:timers/promises'
import type { Configuration } from './configuration.ts'
import { micros } from './clock.ts'
import { spread } from './figures.ts'
import type { Spread } from './figures.ts'
import type { Outcome } from './outcome.ts'
import { API_KEY } from './product.ts'
import type { Stage } from './stage.ts'

export interface CampaignFigures {
  /** The same customers, without a campaign and with one. */
  quiet: Outcome
  meanwhile: Outcome
  /** Contacts whose event was taken, a second; those whose was not. */
  taken: { perSecond: number; refused: number }
  /** From the start of the campaign to the moment a message was at the provider, ms. */
  left: Spread
  /** Messages that the number sent, for whomever, while the campaign's were leaving. */
  perSecond: number
  lost: number
  doubled: number
}

/** What the number may send, messages a second (unconfigured, every number may), and what customers write to it. */
export const CAMPAIGN = { perSecond: 80, rate: 20, contacts: 1_500 }
export const SALE: Configuration['journeys'][number] = {
  journey: 'sale',
  name: 'Sale',
  entry: { event: 'sale.began' },
  start: 'tell',
  steps: { tell: { send: { template: { name: 'sale', language: 'en' } }, goto: 'done' }, done: { end: 'told' } },
}
/** Requests under way at once. */
const CALLERS = 16
const PREFIX = '1666'
/** How long customers write before the campaign begins. */
const LEAD_MS = 1_000

export async function measureCampaign(stage: Stage, { rate, contacts }: { rate: number; contacts: number }): Promise<CampaignFigures> {
  // A quarter more than the number needs for all of it.
  const seconds = Math.ceil(LEAD_MS / 1_000 + (contacts / Math.max(1, CAMPAIGN.perSecond - rate)) * 1.25)
  const quiet = await stage.run({ rate, seconds, customers: null })
  const began = { at: 0, refused: 0, tookMs: 0 }
  const meanwhile = await stage.run({ rate, seconds, customers: null }, { act: tell, sends: contacts })
  const sends = meanwhile.others.map(({ digits, at }) => ({ digits, ms: (at - began.at) / 1_000 }))
  const reached = new Set(sends.map(({ digits }) => digits)).size
  const left = spread(sends.map(({ ms }) => ms))
  return {
    quiet,
    meanwhile,
    taken: { perSecond: contacts / (began.tookMs / 1_000), refused: began.refused },
    left,
    perSecond: contacts / (left.max / 1_000) + rate,
    lost: contacts - began.refused - reached,
    doubled: sends.length - reached,
  }

  async function tell(): Promise<void> {
    await pause(LEAD_MS)
    began.at = micros()
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < contacts) {
        const digits = `${PREFIX}${String((next += 1)).padStart(9, '0')}`
        if (!(await report(stage.parts.product.url, digits))) began.refused += 1
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, caller))
    began.tookMs = (micros() - began.at) / 1_000
  }
}

async function report(url: string, to: string): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/journeys/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ number: 'number-0', to, event: 'sale.began' }),
  })
  await response.arrayBuffer()
  return response.status === 202
}
