// Pure. How a bot knows that a turn comes from Baton: an HMAC over the time and the exact bytes of the body.
import { createHmac } from 'node:crypto'

export const SIGNATURE_HEADER = 'x-baton-signature'

/** `t=<epoch ms>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. The time lets a bot refuse a turn that was recorded and played again. */
export function sign(secret: string, body: string, at: number): string {
  const digest = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
  return `t=${at},v1=${digest}`
}
