// Pure. What Meta says a message costs, in the words of the `pricing` member of a status.

export type MessageCategory = 'service' | 'utility' | 'marketing' | 'authentication'

export interface Pricing {
  billable: boolean
  pricing_model: 'PMP'
  type: 'regular' | 'free_customer_service' | 'free_entry_point'
  category: MessageCategory | 'referral_conversion'
}

/** From this day utility messages inside the window, and service messages beyond the free ones, are charged. */
const SERVICE_CHARGED_FROM = Date.UTC(2026, 9, 1)
const FREE_SERVICE_MESSAGES_A_MONTH = 1000

/** `serviceCount`: service messages of this number in this month before this one. */
export function priceOf(
  category: MessageCategory,
  state: { at: number; windowOpen: boolean; freeEntry: boolean; serviceCount: number },
): Pricing {
  if (state.freeEntry) return { billable: false, pricing_model: 'PMP', type: 'free_entry_point', category: 'referral_conversion' }
  const free = isFree(category, state)
  return { billable: !free, pricing_model: 'PMP', type: free ? 'free_customer_service' : 'regular', category }
}

function isFree(category: MessageCategory, state: { at: number; windowOpen: boolean; serviceCount: number }): boolean {
  const charged = state.at >= SERVICE_CHARGED_FROM
  if (category === 'service') return !charged || state.serviceCount < FREE_SERVICE_MESSAGES_A_MONTH
  if (category === 'utility') return !charged && state.windowOpen
  return false
}
