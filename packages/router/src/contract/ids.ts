// Pure, but for `newUuid`, the one place where an id is made from the clock and chance.
import { hash, randomFillSync } from 'node:crypto'

/** How many slots the key space is cut into. Never changes: it is stored in every row and every id. */
export const SLOTS = 1024

/** What an id names. `cv` conversation, `rg` routing group, `ev` inbox event, `ms` message, `de` decision,
 * `se` service session, `ma` marketing session, `ru` journey run, `of` offer, `ca` participant call, `ob` outbox row. */
export type IdPrefix = 'cv' | 'rg' | 'ev' | 'ms' | 'de' | 'se' | 'ma' | 'ru' | 'of' | 'ca' | 'ob'

/** The slot of a key: uint16(sha256(key)) % 1024. */
export function slotOf(key: string): number {
  return hash('sha256', key, 'buffer').readUInt16BE(0) % SLOTS
}

/** A public id, e.g. `cv_17_0199…`: it carries its slot, so any link or webhook echo finds its place without a look-up. */
export function formatId(prefix: IdPrefix, slot: number, uuid: string): string {
  return `${prefix}_${slot}_${uuid}`
}

/** The parts of a public id, or null when the text is not one. `uuid` is 32 lower-case hex digits. */
export function parseId(id: string): { prefix: string; slot: number; uuid: string } | null {
  const parts = /^([a-z]{2})_(\d{1,4})_([0-9a-f]{32})$/.exec(id)
  if (parts === null || Number(parts[2]) >= SLOTS) return null
  return { prefix: parts[1] as string, slot: Number(parts[2]), uuid: parts[3] as string }
}

let lastMs = 0
let counter = 0

/** A new uuidv7 without dashes; ids made by one process sort in the order they were made. `now`: the clock's, which is not the
 * machine's: ids of several processes are compared. */
export function newUuid(now: number): string {
  counter = now > lastMs ? 0 : counter + 1
  if (now > lastMs) lastMs = now
  if (counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  return lastMs.toString(16).padStart(12, '0') + '7' + counter.toString(16).padStart(3, '0') + randomTail()
}

const TAIL = 8
// Chance is fetched in bulk: a call for each id was a tenth of the cost of a step.
const pool = Buffer.alloc(TAIL * 512)
let used = pool.length

function randomTail(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  pool[used] = ((pool[used] as number) & 0x3f) | 0x80
  used += TAIL
  return pool.toString('hex', used - TAIL, used)
}

/** The n-th id born of an event: the step makes no ids of its own, so the same event always bears the same ones.
 * `n` is at most 4095. Keeps the event's time, counter and most of its chance: children sort by event, then by `n`, and
 * children of different events never meet. */
export function childId(prefix: IdPrefix, slot: number, eventId: string, n: number): string {
  const uuid = eventId.slice(-32)
  return formatId(prefix, slot, uuid.slice(0, 17) + n.toString(16).padStart(3, '0') + uuid.slice(20))
}

/** Whether an id was born of an event. */
export function isBornOf(id: string, eventId: string): boolean {
  return familyOf(id) === familyOf(eventId)
}

/** What an event and all that is born of it have in common: 32 hex digits, the last twelve of them chance. The three digits that
 * count children give way to the last three, so that whoever samples by the end of it, as traces are, finds chance there. */
export function familyOf(id: string): string {
  const uuid = id.slice(-32)
  return uuid.slice(0, 17) + uuid.slice(-3) + uuid.slice(20)
}
