// Owns the faults in force.
// R1 A fault acts on what it matches, so many times as it was ordered, then it is gone.

/** All members that are given must be equal; `when` is for callers in the same process. */
interface FaultMatch {
  /** Phone number id. */
  number?: string
  /** A customer's key, user id or phone number. */
  customer?: string
  /** Message type: text, template, image … */
  type?: string
  callbackData?: string
  /** Webhook field: messages, user_preferences … */
  field?: string
  /** Delivery status: sent, delivered, read, failed. */
  status?: string
  when?: (subject: FaultSubject) => boolean
}

/** What a fault can be matched with. */
export interface FaultSubject {
  number?: string
  customer?: readonly string[]
  type?: string
  callbackData?: string
  field?: string
  status?: string
}

interface FaultLife {
  /** How many times; 1 unless told. Over HTTP 0 means for ever. */
  times?: number
  match?: FaultMatch
}

/** Faults of the Cloud API's answers. */
type SendFault =
  /** Not accepted; this error instead. */
  | { kind: 'answer-error'; code: number }
  | { kind: 'answer-500' }
  /** Not accepted and never answered. */
  | { kind: 'time-out-before' }
  /** Accepted, statuses follow, never answered. */
  | { kind: 'time-out-after' }
  /** Accepted, and answered so many milliseconds of the clock (divided by `speed`) late. */
  | { kind: 'delay-answer'; ms: number }
  /** Accepted, then a failed status with this code. */
  | { kind: 'fail-later'; code: number }

/** Faults of the webhooks. Milliseconds are the clock's, divided by `speed`. */
type WebhookFault =
  | { kind: 'duplicate-webhook'; copies?: number }
  | { kind: 'drop-webhook' }
  | { kind: 'delay-webhook'; ms: number }
  /** The statuses of one message come last first. */
  | { kind: 'reorder-statuses' }

export type Fault = (SendFault | WebhookFault) & FaultLife
type FaultKind = Fault['kind']

export interface Faults {
  /** The fault's id, for `clear`. */
  add(fault: Fault): number
  list(): (Fault & { id: number; left: number })[]
  /** One, or all. */
  clear(id?: number): void
  /** The first fault of these kinds that matches, used up by one. */
  take<K extends FaultKind>(kinds: readonly K[], subject: FaultSubject): Extract<Fault, { kind: K }> | undefined
}

export function createFaults(initial: readonly Fault[]): Faults {
  let active: { id: number; left: number; fault: Fault }[] = []
  let count = 0

  function add(fault: Fault): number {
    count += 1
    active.push({ id: count, left: fault.times === 0 ? Infinity : (fault.times ?? 1), fault })
    return count
  }
  for (const fault of initial) add(fault)

  return {
    add,
    list: () => active.map(({ id, left, fault }) => ({ ...fault, id, left })),
    clear(id) {
      active = id === undefined ? [] : active.filter((entry) => entry.id !== id)
    },
    take<K extends FaultKind>(kinds: readonly K[], subject: FaultSubject) {
      const found = active.find(({ fault }) => kinds.some((kind) => kind === fault.kind) && matches(fault.match ?? {}, subject))
      if (!found) return undefined
      found.left -= 1
      if (found.left <= 0) active = active.filter((entry) => entry !== found)
      return ofKind(found.fault)

      // `find` has compared the kind; the compiler cannot see through the list of kinds.
      function ofKind(fault: Fault): Extract<Fault, { kind: K }> {
        return fault as Extract<Fault, { kind: K }>
      }
    },
  }
}

function matches(match: FaultMatch, subject: FaultSubject): boolean {
  const same =
    equal(match.number, subject.number) &&
    equal(match.type, subject.type) &&
    equal(match.callbackData, subject.callbackData) &&
    equal(match.field, subject.field) &&
    equal(match.status, subject.status)
  const customer = match.customer?.replace(/^\+/, '')
  const sameCustomer = customer === undefined || (subject.customer ?? []).includes(customer)
  return same && sameCustomer && (match.when?.(subject) ?? true)
}

function equal(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === actual
}
