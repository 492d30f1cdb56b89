import { createHash } from 'node:crypto'

/** The same seed and the same order of calls give the same ids. */
export interface Ids {
  /** A message id as Meta makes them: base64 of the correspondent's number and 20 hex digits. */
  message(phone: string | null, direction: 'in' | 'out'): string
  call(): string
  media(): string
  /** The `fbtrace_id` of an error. */
  trace(): string
  conversation(): string
}

export function createIds(seed: string): Ids {
  let count = 0
  function next(kind: string): string {
    count += 1
    return digest(`${seed}/${kind}/${count}`)
  }
  return {
    message: (phone, direction) => messageId(phone ?? 'bsuid', direction, next('message').slice(0, 20).toUpperCase()),
    call: () => `wacid.${next('call').slice(0, 32).toUpperCase()}`,
    media: () => digits(next('media'), 15),
    trace: () => `A${next('trace').slice(0, 22)}`,
    conversation: () => next('conversation').slice(0, 32),
  }
}

/** A customer keeps their user id when the emulator starts again, so it comes from the phone number alone. */
export function userIdOf(phone: string): string {
  return `${countryOf(phone)}.${digits(digest(`user/${phone}`), 20)}`
}

/** A number that stays the same for the same key: template ids, for one. */
export function stableNumber(key: string, length: number): string {
  return digits(digest(key), length)
}

/** The calling code at the start of an international number. */
export function callingCodeOf(phone: string): string {
  if (/^[17]/.test(phone)) return phone.slice(0, 1)
  const two = /^(20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/
  return phone.slice(0, two.test(phone) ? 2 : 3)
}

function countryOf(phone: string): string {
  const countries: Record<string, string> = {
    1: 'US',
    34: 'ES',
    44: 'GB',
    49: 'DE',
    52: 'MX',
    54: 'AR',
    55: 'BR',
    91: 'IN',
    33: 'FR',
    39: 'IT',
    62: 'ID',
  }
  return countries[callingCodeOf(phone)] ?? 'US'
}

function messageId(correspondent: string, direction: 'in' | 'out', hex: string): string {
  const head = Buffer.from([0x1c, 0x18, correspondent.length])
  const middle = Buffer.from([0x15, 0x02, 0x00, direction === 'in' ? 0x12 : 0x11, 0x18, 0x14])
  return `wamid.${Buffer.concat([head, Buffer.from(correspondent), middle, Buffer.from(hex), Buffer.from([0])]).toString('base64')}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** So many decimal digits out of a hex digest; never a leading zero. */
function digits(hex: string, length: number): string {
  return `1${BigInt(`0x${hex}`)
    .toString()
    .padStart(length, '7')
    .slice(-(length - 1))}`
}
