// Owns what a load without an end is still owed, customer by customer; what is settled is forgotten.
import { spread } from './figures.ts'
import type { Spread } from './figures.ts'
import { customerOf, dueOf } from './load.ts'
import type { LoadPlan, LoadWindow } from './load.ts'
import type { Received } from './provider.ts'

export interface Tally {
  /** Adds what the provider and, after it, the load have seen since the last time: no send may come before its message. */
  add(sends: Received['sends'], window: LoadWindow): Interval
  /** Messages due and not replied to, those aside that were refused. At the end they are lost. */
  owed(): number
}

/** Times from the moment a message was due, milliseconds. */
export interface Interval {
  /** Messages that became due. */
  messages: number
  /** Answered with anything but 200, or not at all. */
  refused: number
  /** Replies that nobody was owed, or the same one again. */
  doubled: number
  ack: Spread
  reply: Spread
  /** How late the load was itself, p99. */
  lag: number
}

/** Replies are known again for so many further ones at least. */
const REMEMBERED = 20_000

export function createTally(plan: Pick<LoadPlan, 'rate' | 'run' | 'customers' | 'newcomers' | 'phoneNumberIds'>, started: number): Tally {
  /** Digits → when the customer's messages were due. */
  const owed = new Map<string, number[]>()
  let recent = new Set<string>()
  let before = new Set<string>()
  let due = 0

  function isRepeated(callbackData: string): boolean {
    if (recent.has(callbackData) || before.has(callbackData)) return true
    recent.add(callbackData)
    if (recent.size >= REMEMBERED) [before, recent] = [recent, new Set()]
    return false
  }

  /** Takes the customer's oldest debt, or the one of that moment. */
  function settle(digits: string, at?: number): number | undefined {
    const dues = owed.get(digits) ?? []
    const place = at === undefined ? 0 : dues.indexOf(at)
    if (place < 0) return undefined
    const [taken] = dues.splice(place, 1)
    if (dues.length === 0) owed.delete(digits)
    return taken
  }

  return {
    add(sends, { due: dueNow, answers, lag }) {
      const messages = dueNow - due
      for (; due < dueNow; due += 1) {
        const { digits } = customerOf(plan, due)
        owed.set(digits, [...(owed.get(digits) ?? []), dueOf(started, plan.rate, due)])
      }
      const acks: number[] = []
      let refused = 0
      for (const [place, index] of answers.index.entries()) {
        const at = dueOf(started, plan.rate, index)
        if (answers.status[place] === 200) acks.push(((answers.at[place] as number) - at) / 1_000)
        else {
          refused += 1
          settle(customerOf(plan, index).digits, at)
        }
      }
      const replies: number[] = []
      let doubled = 0
      for (const { digits, callbackData, at } of sends) {
        const since = isRepeated(callbackData) ? undefined : settle(digits)
        if (since === undefined) doubled += 1
        else replies.push((at - since) / 1_000)
      }
      const late = spread([...lag].map((micros) => micros / 1_000)).p99
      return { messages, refused, doubled, ack: spread(acks), reply: spread(replies), lag: late }
    },
    owed: () => [...owed.values()].reduce((sum, dues) => sum + dues.length, 0),
  }
}
