// The numbers of the configuration in force, as WhatsApp knows them.
import type { WhatsAppAccount, WhatsAppChannel } from '@baton/adapters'
import type { Configuration } from '../config/configuration.ts'
import type { MediaFile } from '../deps.ts'

const MEDIA_MS = 60_000

export function accountsOf(configuration: Configuration): WhatsAppAccount[] {
  return [...configuration.settings().numbers.keys()].flatMap((id) => configuration.accountOf(id) ?? [])
}

/** The numbers of a business account. */
export function numbersUnder(configuration: Configuration, businessAccount: string): string[] {
  return [...configuration.settings().numbers.keys()].filter((id) => configuration.accountOf(id)?.businessAccountId === businessAccount)
}

/** Whether the provider's name is that of a number or business account of ours. */
export function isOurs(configuration: Configuration, account: string): boolean {
  return configuration.numberOf(account) !== null || numbersUnder(configuration, account).length > 0
}

/** The numbers of one business account that the provider knows by the same token, itself among them: what is wrong with account or
 * token keeps all of them from sending. */
export function numbersWith(configuration: Configuration, numberId: string): string[] {
  const account = configuration.accountOf(numberId)
  if (account === null) return [numberId]
  const { businessAccountId, accessToken, baseUrl } = account
  return numbersUnder(configuration, businessAccountId).filter((id) => {
    const other = configuration.accountOf(id)
    return other?.accessToken === accessToken && other.baseUrl === baseUrl
  })
}

/** A file the provider keeps for a number, of at most so many bytes. */
export async function fetchMedia(
  channel: WhatsAppChannel,
  account: WhatsAppAccount | null,
  { mediaId, most }: { mediaId: string; most: number },
): Promise<MediaFile> {
  if (account === null) return { kind: 'unavailable', reason: 'the number is not configured any more' }
  const found = await channel.downloadMedia(account, mediaId, most, AbortSignal.timeout(MEDIA_MS))
  if (found.kind === 'failed') return { kind: 'unavailable', reason: `${found.error.code} ${found.error.title}` }
  return found.kind === 'unknown' ? { kind: 'unavailable', reason: found.reason } : found
}
