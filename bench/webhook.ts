// Pure. Webhooks as the provider writes and signs them.
import { createHmac } from 'node:crypto'

export const BUSINESS_ACCOUNT = '200000000000001'

/** A customer's text. `digits` are the customer's telephone number and, after `US.`, the user id. */
export function messageWebhook(message: { phoneNumberId: string; digits: string; id: string; text: string; seconds: number }): string {
  const { phoneNumberId, digits, id, text, seconds } = message
  return envelope(phoneNumberId, {
    contacts: [{ profile: { name: `Customer ${digits}` }, wa_id: digits, user_id: `US.${digits}` }],
    messages: [{ from: digits, from_user_id: `US.${digits}`, id, timestamp: String(seconds), type: 'text', text: { body: text } }],
  })
}

/** How far a message of ours got. */
export function statusWebhook(status: {
  phoneNumberId: string
  digits: string
  id: string
  callbackData: string
  status: 'sent' | 'delivered' | 'read'
  seconds: number
}): string {
  const { phoneNumberId, digits, id, callbackData, seconds } = status
  const pricing = { billable: true, pricing_model: 'PMP', type: 'regular', category: 'service' }
  return envelope(phoneNumberId, {
    contacts: [{ wa_id: digits, user_id: `US.${digits}` }],
    statuses: [
      {
        id,
        status: status.status,
        timestamp: String(seconds),
        recipient_id: digits,
        recipient_user_id: `US.${digits}`,
        biz_opaque_callback_data: callbackData,
        pricing,
      },
    ],
  })
}

export function sign(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex')
}

function envelope(phoneNumberId: string, value: object): string {
  const metadata = { display_phone_number: '15550100001', phone_number_id: phoneNumberId }
  const change = { value: { messaging_product: 'whatsapp', metadata, ...value }, field: 'messages' }
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: BUSINESS_ACCOUNT, changes: [change] }] })
}
