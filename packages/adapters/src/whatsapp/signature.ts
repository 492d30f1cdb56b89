// Pure.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { VouchedFor, WebhookRequest } from '@baton/router'
import type { WhatsAppAccount } from './account.ts'
import { sameText } from './handshake.ts'

type Headers = WebhookRequest['headers']

/** Whether the headers vouch for a body, or would if the body were known. */
export function mayBeAuthentic(headers: Headers, accounts: readonly WhatsAppAccount[]): boolean {
  return accounts.some(
    (account) =>
      hasSecretHeader(headers, account) ||
      (account.appSecrets.length > 0 && signatureBytes(header(headers, account.signatureHeader), account.signatureHeader) !== null),
  )
}

/** Numbers and business accounts of those accounts, of all that share the callback URL, that vouch for the request: by a signature over the
 * exact bytes received, or by the secret header of a provider that does not sign. Null: none does. */
export function vouchedFor(request: WebhookRequest, accounts: readonly WhatsAppAccount[]): VouchedFor | null {
  const vouching = [...accounts.filter((account) => hasSecretHeader(request.headers, account)), ...signersOf(request, accounts)]
  return vouching.length === 0
    ? null
    : new Set(vouching.flatMap(({ phoneNumberId, businessAccountId }) => [phoneNumberId, businessAccountId]))
}

function hasSecretHeader(headers: Headers, account: WhatsAppAccount): boolean {
  if (account.webhookHeader === undefined) return false
  const given = header(headers, account.webhookHeader.name)
  return given !== null && sameText(account.webhookHeader.value, given)
}

/** One secret at most fits a signature. */
function signersOf(request: WebhookRequest, accounts: readonly WhatsAppAccount[]): WhatsAppAccount[] {
  const signers: WhatsAppAccount[] = []
  for (const [name, holders] of secretsOf(accounts)) {
    const given = signatureBytes(header(request.headers, name), name)
    if (given === null) continue
    for (const [secret, holding] of holders) {
      if (!timingSafeEqual(given, createHmac('sha256', secret).update(request.body).digest())) continue
      signers.push(...holding)
      break
    }
  }
  return signers
}

/** Who has which secret, by the header that carries the signature. The numbers of one app have one secret, which is tried once, however many
 * they are: a stranger cannot keep the process busy with their number. */
export function secretsOf(accounts: readonly WhatsAppAccount[]): Map<string, Map<string, WhatsAppAccount[]>> {
  const secrets = new Map<string, Map<string, WhatsAppAccount[]>>()
  for (const account of accounts) {
    const holders = secrets.get(account.signatureHeader) ?? new Map<string, WhatsAppAccount[]>()
    secrets.set(account.signatureHeader, holders)
    for (const secret of account.appSecrets) {
      const holding = holders.get(secret)
      if (holding === undefined) holders.set(secret, [account])
      else holding.push(account)
    }
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
