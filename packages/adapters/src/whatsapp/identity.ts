// Pure.
import type { Identity } from '@baton/router'
import { contact } from './payload.ts'
import type { Contact } from './payload.ts'

interface Known {
  phone?: string | undefined
  userId?: string | undefined
  parentUserId?: string | undefined
}

/** Who somebody is, from the ids an item carries and the contact of the same id. Null when nothing identifies the person.
 * `contacts[]` need not have the length or order of the items: a contact is found by user id, else by phone. */
export function identityOf(known: Known, contacts: readonly Contact[]): Identity | null {
  const phone = digits(known.phone)
  const userId = known.userId === '' ? undefined : known.userId
  if (phone === undefined && userId === undefined) return null
  const match =
    contacts.find((one) => userId !== undefined && one.user_id === userId) ??
    contacts.find((one) => phone !== undefined && digits(one.wa_id) === phone)
  return compact({
    userId: userId ?? match?.user_id,
    parentUserId: known.parentUserId ?? match?.parent_user_id,
    phone: phone ?? digits(match?.wa_id),
    name: match?.profile?.name,
    username: match?.profile?.username?.replace(/^@/, ''),
  })
}

/** The readable ones among a value's contacts. */
export function contactsOf(items: readonly unknown[]): Contact[] {
  return items.flatMap((item) => {
    const { data } = contact.safeParse(item)
    return data === undefined ? [] : [data]
  })
}

/** A phone number as digits only; undefined when there are none. */
export function digits(phone: string | undefined): string | undefined {
  const only = phone?.replace(/\D/g, '')
  return only === '' ? undefined : only
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The object without its undefined members. */
export function compact<T extends object>(value: T): Present<T> {
  // Dropping the undefined members is exactly what the result type says.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>
}
