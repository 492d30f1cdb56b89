// One webhook posted to one process, as the provider does.
import { createHmac } from 'node:crypto'
import { SECRETS } from './configuration.ts'

/** Real milliseconds after which the provider takes its webhook for lost. */
const PATIENCE_MS = 15_000

/** `stored`: answered with 200. Else why not: `nobody` is ready, `refused` (the connection: nothing was sent), `broken`, `late`, or a status. */
export type Posted = 'stored' | 'nobody' | 'refused' | 'broken' | 'late' | `status ${number}`

export function sign(body: Uint8Array): string {
  return `sha256=${createHmac('sha256', SECRETS.appSecret).update(body).digest('hex')}`
}

export async function post(url: string, body: Uint8Array, signature: string): Promise<Posted> {
  try {
    const response = await fetch(`${url}/webhooks/whatsapp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
      body: Buffer.from(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await response.arrayBuffer()
    return response.status === 200 ? 'stored' : `status ${response.status}`
  } catch (error) {
    if (error instanceof DOMException) return 'late'
    const cause = error instanceof Error ? error.cause : undefined
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
    return code === 'ECONNREFUSED' ? 'refused' : 'broken'
  }
}
