// Pure. Webhook bodies: several updates in one envelope, as bytes, signed.

import { createHmac } from 'node:crypto'
import { isRecord } from './json.ts'
import type { Json } from './json.ts'

/** One change, for one business account. */
export interface Change {
  businessAccountId: string
  field: string
  value: Json
}

/** All changes in one body, in order. Neighbours of the same number and field share a value, as Meta aggregates them.
 * `time` is in epoch seconds. */
export function envelope(changes: readonly Change[], time: number): unknown {
  const entry: { id: string; time: number; changes: { value: Json; field: string }[] }[] = []
  for (const change of changes) {
    let last = entry.at(-1)
    if (last?.id !== change.businessAccountId) {
      last = { id: change.businessAccountId, time, changes: [] }
      entry.push(last)
    }
    const before = last.changes.at(-1)
    const merged = before?.field === change.field ? mergeValues(before.value, change.value) : null
    if (before && merged) before.value = merged
    else last.changes.push({ value: change.value, field: change.field })
  }
  return { object: 'whatsapp_business_account', entry }
}

/** The bytes Meta would send: all beyond ASCII as lower-case `\uXXXX`, slashes as they are. */
export function encode(body: unknown): Buffer {
  const escaped = JSON.stringify(body).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return Buffer.from(escaped, 'latin1')
}

/** The value of `X-Hub-Signature-256`. */
export function sign(bytes: Uint8Array, appSecret: string): string {
  return `sha256=${createHmac('sha256', appSecret).update(bytes).digest('hex')}`
}

const LISTS = ['messages', 'statuses'] as const

/** Both values in one, or null when they do not belong together. */
function mergeValues(one: Json, two: Json): Json | null {
  const number = numberOf(one)
  if (number === null || number !== numberOf(two)) return null
  if (!LISTS.some((list) => list in one) || !LISTS.some((list) => list in two)) return null
  const merged: Json = { ...one }
  for (const list of LISTS) if (list in two) merged[list] = [...listAt(one, list), ...listAt(two, list)]
  const contacts = new Map([...listAt(one, 'contacts'), ...listAt(two, 'contacts')].map((contact) => [JSON.stringify(contact), contact]))
  if (contacts.size > 0) merged['contacts'] = [...contacts.values()]
  return merged
}

/** The id of the number that a value speaks of, if it names one. */
export function numberOf(value: Json): unknown {
  return isRecord(value['metadata']) ? value['metadata']['phone_number_id'] : null
}

function listAt(value: Json, key: string): unknown[] {
  const list = value[key]
  return Array.isArray(list) ? list : []
}
