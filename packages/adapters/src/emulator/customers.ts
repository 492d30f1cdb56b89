// Owns the customers: people with a telephone.
// R1 Phone number, user id and username each name at most one customer.
// R2 A customer's `key` (user id at creation) never changes.

import { EmulatorError } from './errors.ts'
import { userIdOf } from './ids.ts'

/** `phone` in any form; `userId` is made from it when absent. At least one of the two is given. */
export interface CustomerInput {
  phone?: string
  userId?: string
  parentUserId?: string
  name?: string
  username?: string
  /** Took a username and hides the number: webhooks name the user id only. */
  hidesPhone?: boolean
  /** Whether `read` statuses come; true unless told. */
  readReceipts?: boolean
  /** Has WhatsApp; when false every message to them fails with 131026. True unless told. */
  reachable?: boolean
}

export interface Customer {
  readonly key: string
  /** Digits only. */
  phone: string | null
  userId: string
  parentUserId: string | null
  name: string
  username: string | null
  hidesPhone: boolean
  readReceipts: boolean
  reachable: boolean
}

export interface Customers {
  create(input: CustomerInput): Customer
  /** By key, user id, username or phone number. */
  find(reference: string): Customer | undefined
  /** The same, or a new customer when the reference is a phone number. Throws `emulator-unknown-customer`. */
  need(reference: string): Customer
  change(customer: Customer, input: CustomerInput): void
  list(): Customer[]
}

export function createCustomers(cap: number, onForget: (customer: Customer) => void): Customers {
  const byKey = new Map<string, Customer>()
  const names = new Map<string, Customer>()

  function namesOf(customer: Customer): string[] {
    return [customer.key, customer.userId, customer.phone, customer.username].filter((name) => name !== null)
  }

  function forgetOldest(): void {
    const [oldest] = byKey.values()
    if (!oldest) return
    byKey.delete(oldest.key)
    for (const name of namesOf(oldest)) names.delete(name)
    onForget(oldest)
  }

  function find(reference: string): Customer | undefined {
    return names.get(reference) ?? names.get(reference.replace(/^@/, '')) ?? names.get(digitsOf(reference) || reference)
  }

  /** Refuses names that are another customer's (R1), then books the new ones. */
  function book(customer: Customer, wanted: Customer): void {
    for (const name of namesOf(wanted)) {
      const holder = names.get(name)
      if (holder && holder !== customer) throw new EmulatorError('emulator-customer-exists', `"${name}" is ${holder.name}`)
    }
    for (const name of namesOf(customer)) names.delete(name)
    Object.assign(customer, wanted)
    for (const name of namesOf(customer)) names.set(name, customer)
  }

  function create(input: CustomerInput): Customer {
    const phone = digitsOf(input.phone ?? '') || null
    const userId = input.userId ?? (phone === null ? null : userIdOf(phone))
    if (userId === null) throw new EmulatorError('emulator-bad-request', 'A customer needs a phone number or a user id')
    const customer: Customer = {
      key: userId,
      phone,
      userId,
      parentUserId: input.parentUserId ?? null,
      name: input.name ?? (phone === null ? (input.username?.replace(/^@/, '') ?? 'Customer') : `Customer ${phone.slice(-4)}`),
      username: input.username?.replace(/^@/, '') ?? null,
      hidesPhone: input.hidesPhone ?? phone === null,
      readReceipts: input.readReceipts ?? true,
      reachable: input.reachable ?? true,
    }
    book(customer, { ...customer })
    byKey.set(customer.key, customer)
    if (byKey.size > cap) forgetOldest()
    return customer
  }

  return {
    create,
    find,
    need(reference) {
      const known = find(reference)
      if (known) return known
      if (/^\+?[\d ()-]{6,20}$/.test(reference)) return create({ phone: reference })
      throw new EmulatorError('emulator-unknown-customer', `No customer "${reference}"`)
    },
    change(customer, input) {
      const { phone, username, ...rest } = input
      book(customer, {
        ...customer,
        ...rest,
        ...(phone === undefined ? {} : { phone: digitsOf(phone) || null }),
        ...(username === undefined ? {} : { username: username.replace(/^@/, '') || null }),
      })
    },
    list: () => [...byKey.values()],
  }
}

export function digitsOf(phone: string): string {
  return /^[+\d ().-]+$/.test(phone) ? phone.replace(/\D/g, '') : ''
}
