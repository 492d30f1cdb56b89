// Pure.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { WebhookRequest } from '@baton/router'
import type { WhatsAppAccount } from './account.ts'
import { sameText } from './handshake.ts'

type Headers = WebhookRequest['headers']

/** Whether the headers vouch for a body, or would if the body were known. */
export function mayBeAuthentic(headers: Headers, accounts: readonly WhatsAppAccount[]): boolean {
  return accounts.some(
    (account) =>
      hasSecretHeader(headers, account) || signatureBytes(header(headers, account.signatureHeader), account.signatureHeader) !== null,
  )
}

/** True when one of the accounts that share the callback URL vouches for the request: by a signature over the exact bytes
 * received, or by the secret header of a provider that does not sign. */
export function isAuthentic(request: WebhookRequest, accounts: readonly WhatsAppAccount[]): boolean {
  return accounts.some((account) => hasSecretHeader(request.headers, account)) || isSigned(request, accounts)
}

function hasSecretHeader(headers: Headers, account: WhatsAppAccount): boolean {
  if (account.webhookHeader === undefined) return false
  const given = header(headers, account.webhookHeader.name)
  return given !== null && sameText(account.webhookHeader.value, given)
}

/** The numbers of one app have one secret: each is tried once, however many accounts have it. */
function isSigned(request: WebhookRequest, accounts: readonly WhatsAppAccount[]): boolean {
  for (const [name, secrets] of secretsOf(accounts)) {
    const given = signatureBytes(header(request.headers, name), name)
    if (given === null) continue
    for (const secret of secrets) if (timingSafeEqual(given, createHmac('sha256', secret).update(request.body).digest())) return true
  }
  return false
}

/** By the header that carries the signature. */
function secretsOf(accounts: readonly WhatsAppAccount[]): Map<string, Set<string>> {
  const secrets = new Map<string, Set<string>>()
  for (const { signatureHeader, appSecrets } of accounts) {
    const known = secrets.get(signatureHeader) ?? new Set()
    secrets.set(signatureHeader, known)
    for (const secret of appSecrets) known.add(secret)
  }
  return secrets
}

/** The 32 bytes a signature header stands for, or null. Meta's own is `sha256=` and hex; compatible providers leave the
 * prefix out, and whether theirs is hex or base64 is not documented, so both are read. */
function signatureBytes(value: string | null, name: string): Buffer | null {
  if (value === null) return null
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(value)?.[1]
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  if (name === 'x-hub-signature-256') return null
  if (/^[0-9a-f]{64}$/i.test(value)) return Buffer.from(value, 'hex')
  if (/^[A-Za-z0-9+/]{43}=$/.test(value)) return Buffer.from(value, 'base64')
  return null
}

/** A header that comes twice proves nothing: which of the two would a proxy have checked? */
function header(headers: Headers, name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' ? value : null
}
