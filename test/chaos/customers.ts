// Owns the customers. Each writes one message after the other; the next is delivered when the one before was acknowledged.
// One in twenty is delivered twice.
import { setTimeout as pause } from 'node:timers/promises'
import type { Emulator } from '@baton/adapters/emulator'
import { BUSINESS_ACCOUNT, NUMBERS, ROUND } from './configuration.ts'
import type { ChaosNumber } from './configuration.ts'
import { sign } from './post.ts'
import type { Posted } from './post.ts'

/** A message. `overtaken`: the one after it arrived before it. */
export interface Said {
  wamid: string
  text: string
  overtaken?: boolean
}

export interface Customer {
  phone: string
  number: ChaosNumber
  /** Acknowledged, in order. `wamid`: the provider's id. */
  said: Said[]
  rounds: number
}

export interface Crowd {
  customers: Customer[]
  /** Resolves when every customer has written everything. */
  finished: Promise<void>
  acknowledged(): number
  twice(): number
  /** Messages that arrived after the one that was written after them. */
  overtaken(): number
  /** Everybody goes home, whatever they still wanted to say. */
  stop(): void
}

export interface CrowdOptions {
  emulator: Emulator
  deliver: (body: Uint8Array, signature: string) => Promise<Posted>
  /** Rounds that this customer's conversation has finished, as the transcript has it. */
  roundsOf: (phone: string) => number
  customers: number
  rounds: number
  /** Words that are sent back, each round. */
  words: number
  /** One word in so many is overtaken by the next; 0: none. */
  overtakenOneIn: number
  /** Each place in the crowd is taken by another customer until then, epoch milliseconds; 0: by one only. */
  until: number
}

const TWICE = 20

export function startCrowd(options: CrowdOptions): Crowd {
  const customers: Customer[] = []
  const repeats: Promise<void>[] = []
  let written = 0
  let acknowledged = 0
  let twice = 0
  let overtaken = 0
  let stopped = false

  async function takePlace(): Promise<void> {
    do await live(newCustomer())
    while (Date.now() < options.until && !stopped)
  }

  function newCustomer(): Customer {
    const index = customers.length
    const phone = `1555${String(1_000_000 + index)}`
    const customer: Customer = { phone, number: NUMBERS[index % 2] ?? NUMBERS[0], said: [], rounds: options.rounds }
    options.emulator.createCustomer({ phone, name: `Customer ${index}`, readReceipts: false })
    customers.push(customer)
    return customer
  }

  async function live(customer: Customer): Promise<void> {
    let word = 0
    for (let round = 1; round <= options.rounds && !stopped; round += 1) {
      await say(customer, ROUND.opens)
      for (let left = options.words; left > 0; left -= 1) {
        const next = (): string => `word ${(word += 1)}`
        const overtake = left > 1 && options.overtakenOneIn > 0 && written % options.overtakenOneIn === 0
        if (!overtake) await say(customer, next())
        else {
          left -= 1
          await sayInWrongOrder(customer, next(), next())
        }
      }
      await say(customer, ROUND.closes)
      // The timer has to fire before a new round; on the way the customer may be told by any process.
      while (options.roundsOf(customer.phone) < round && !stopped) await pause(25)
    }
  }

  async function say(customer: Customer, text: string): Promise<void> {
    const wamid = options.emulator.say(customer.number.phoneNumberId, customer.phone, text)
    const body = webhookOf(customer, wamid, text)
    const signature = sign(body)
    written += 1
    const again = written % TWICE === 0
    // Every other repeat comes at the same time, to another process; the rest when later messages are in already.
    const atOnce = written % (2 * TWICE) === 0
    if (again) twice += 1
    if (again && atOnce) await Promise.all([deliver(body, signature), deliver(body, signature)])
    else await deliver(body, signature)
    if (stopped) return
    acknowledged += 1
    customer.said.push({ wamid, text })
    if (again && !atOnce) repeats.push(pause(300).then(() => deliver(body, signature)))
  }

  /** The provider's times have whole seconds: only messages of different seconds can be told to have changed places. */
  async function sayInWrongOrder(customer: Customer, earlier: string, later: string): Promise<void> {
    const [first, second] = [earlier, later].map((text) => ({
      wamid: options.emulator.say(customer.number.phoneNumberId, customer.phone, text),
      text,
    })) as [Said, Said]
    const body = webhookOf(customer, first.wamid, first.text)
    await pause(1_000)
    await post(webhookOf(customer, second.wamid, second.text))
    await post(body)
    if (stopped) return
    written += 2
    acknowledged += 2
    overtaken += 1
    customer.said.push({ ...first, overtaken: true }, second)
  }

  async function post(body: Uint8Array): Promise<void> {
    await deliver(body, sign(body))
  }

  async function deliver(body: Uint8Array, signature: string): Promise<void> {
    while ((await options.deliver(body, signature)) !== 'stored' && !stopped) await pause(50)
  }

  const finished = Promise.all(Array.from({ length: options.customers }, takePlace)).then(async () => void (await Promise.all(repeats)))
  return {
    customers,
    finished,
    acknowledged: () => acknowledged,
    twice: () => twice,
    overtaken: () => overtaken,
    stop: () => void (stopped = true),
  }
}

function webhookOf({ phone, number }: Customer, wamid: string, text: string): Buffer {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: number.displayNumber.slice(1), phone_number_id: number.phoneNumberId },
    contacts: [{ profile: { name: `Customer ${phone}` }, wa_id: phone }],
    messages: [{ from: phone, id: wamid, timestamp: String(Math.floor(Date.now() / 1000)), type: 'text', text: { body: text } }],
  }
  const entry = [{ id: BUSINESS_ACCOUNT, changes: [{ value, field: 'messages' }] }]
  return Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }))
}
