// Pure. How a bot knows that a turn comes from Baton, and Baton that a reply comes from the bot: an HMAC over the time and the exact bytes
// of the body.
import { createHmac, timingSafeEqual } from 'node:crypto'

export const SIGNATURE_HEADER = 'x-baton-signature'

/** An older signature may have been recorded and played again. */
const GOOD_FOR_MS = 5 * 60_000

/** `t=<epoch ms>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. */
export function sign(secret: string, body: string, at: number): string {
  return `t=${at},v1=${digestOf(secret, body, at).toString('hex')}`
}

const FORM = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/

/** Whether it has the form of a signature, of whatever it is. */
export function isSignature(text: string): boolean {
  return FORM.test(text)
}

/** Whether the signature is of this secret, over this body, and not older (or from farther ahead) than five minutes. */
export function verify(secret: string, body: string, signature: string, now: number): boolean {
  const parts = FORM.exec(signature)
  if (parts === null) return false
  const at = Number(parts[1])
  return timingSafeEqual(digestOf(secret, body, at), Buffer.from(parts[2] as string, 'hex')) && Math.abs(now - at) <= GOOD_FOR_MS
}

function digestOf(secret: string, body: string, at: number): Buffer {
  return createHmac('sha256', secret).update(`${at}.${body}`).digest()
}
