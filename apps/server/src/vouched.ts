// Pure. What a webhook may be believed: a secret vouches for the numbers that have it, and for no others of ours.
import type { ChannelUpdate, VouchedFor } from '@baton/router'

/** The updates, those of accounts that are ours and that nobody vouched for as ones to be set aside for people. Of accounts that are not
 * ours nothing is acted on as it is. `isOurs`: of a number or business account of the configuration. */
export function believed(updates: ChannelUpdate[], vouched: VouchedFor, isOurs: (account: string) => boolean): ChannelUpdate[] {
  const isForeign = ({ account }: ChannelUpdate): boolean => account !== null && !vouched.has(account) && isOurs(account)
  return updates.some(isForeign) ? updates.map((update) => (isForeign(update) ? setAside(update) : update)) : updates
}

function setAside(update: ChannelUpdate): ChannelUpdate {
  const unread = `it speaks of ${update.account} and came with a secret that is not one of its own: nothing was done about it. If whoever sent it may speak of this number or business account, add that secret to the number's appSecrets in config/numbers.yaml and publish; else exchange that secret`
  return { kind: 'kept', account: update.account, field: `not-vouched-for:${update.kind}`, known: true, raw: update, unread }
}
