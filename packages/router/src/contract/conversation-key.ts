// Pure. What a conversation is made from: a number and the name its contact was first known by there.
import type { Identity } from './message.ts'

/** `main/user:US.1`, or `main/phone:15550001111` where there is no user id. */
export function conversationKey(numberId: string, contact: { userId: string } | { phone: string }): string {
  return 'userId' in contact ? `${numberId}/user:${contact.userId}` : `${numberId}/phone:${contact.phone}`
}

/** The parts of such a key, or null when the text is none. */
export function readConversationKey(key: string): { numberId: string; identity: Identity } | null {
  // Where a key was taken by somebody whom no name leads to any more, the newcomer's has a suffix.
  const parts = /^([^/]+)\/(user|phone):(.+?)(?:#[0-9a-f]{32})?$/.exec(key)
  if (parts === null) return null
  const [, numberId, kind, value] = parts as unknown as [string, string, 'user' | 'phone', string]
  return { numberId, identity: kind === 'user' ? { userId: value } : { phone: value } }
}
