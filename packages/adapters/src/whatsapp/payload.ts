// Pure. Schemas of the webhook bodies: they name only what is read, everything else passes and stays in `raw`.
import { z } from 'zod'

/** Unix seconds, as a string in messages and statuses and as a number elsewhere; becomes epoch milliseconds. */
const seconds = z
  .union([z.string().regex(/^\d{1,11}$/), z.number().int().nonnegative().max(99_999_999_999)])
  .transform((value) => Number(value) * 1_000)
const text = z.string()
const id = z.string().min(1)

export const change = z.object({ field: z.string(), value: z.looseObject({}) })
export const entry = z.object({ id: text.optional(), time: z.number().optional(), changes: z.array(z.unknown()) })
export const envelope = z.object({ object: text.optional(), entry: z.array(z.unknown()).optional(), sample: z.looseObject({}).optional() })

export const contact = z.looseObject({
  profile: z.object({ name: text.optional(), username: text.optional() }).optional(),
  wa_id: text.optional(),
  user_id: text.optional(),
  parent_user_id: text.optional(),
})
export type Contact = z.infer<typeof contact>

/** The value of every field that speaks of one number's traffic. Items are read one by one, so one bad item spoils no other. */
export const traffic = z.object({
  metadata: z.object({ phone_number_id: id }),
  contacts: z.array(z.unknown()).default([]),
  messages: z.array(z.unknown()).default([]),
  statuses: z.array(z.unknown()).default([]),
  errors: z.array(z.unknown()).default([]),
  user_actions: z.array(z.unknown()).default([]),
  message_echoes: z.array(z.unknown()).default([]),
  user_preferences: z.array(z.unknown()).default([]),
  calls: z.array(z.unknown()).default([]),
})
export type Traffic = z.infer<typeof traffic>

export const providerFault = z.object({
  code: z.number().int(),
  title: text.optional(),
  message: text.optional(),
  error_data: z.object({ details: text.optional() }).optional(),
})
export type ProviderFault = z.infer<typeof providerFault>

const context = z.object({
  id: text.optional(),
  forwarded: z.boolean().optional(),
  frequently_forwarded: z.boolean().optional(),
  referred_product: z.object({ catalog_id: text.optional(), product_retailer_id: text.optional() }).optional(),
})
const referral = z.object({
  source_type: text,
  source_id: text.optional(),
  source_url: text.optional(),
  headline: text.optional(),
  body: text.optional(),
  ctwa_clid: text.optional(),
})

/** What every message has, whatever its type; the body under the name of its type is read by `contentOf`. */
export const message = z.looseObject({
  id,
  timestamp: seconds,
  type: text,
  from: text.optional(),
  from_user_id: text.optional(),
  from_parent_user_id: text.optional(),
  to: text.optional(),
  to_user_id: text.optional(),
  recipient: text.optional(),
  group_id: text.optional(),
  context: context.optional().catch(undefined),
  referral: referral.optional().catch(undefined),
})
export type Message = z.infer<typeof message>

const media = z.object({
  id: text.optional(),
  url: text.optional(),
  mime_type: text.optional(),
  sha256: text.optional(),
  filename: text.optional(),
  caption: text.optional(),
  voice: z.boolean().optional(),
  animated: z.boolean().optional(),
})
const option = z.object({ id: text, title: text, description: text.optional() })

/** Bodies by message type. */
export const bodies = {
  text: z.object({ body: text }),
  media,
  location: z.object({
    latitude: z.coerce.number(),
    longitude: z.coerce.number(),
    name: text.optional(),
    address: text.optional(),
    url: text.optional(),
  }),
  contacts: z.array(z.record(z.string(), z.unknown())),
  reaction: z.object({ message_id: id, emoji: text.optional() }),
  interactive: z.discriminatedUnion('type', [
    z.object({ type: z.literal('button_reply'), button_reply: option }),
    z.object({ type: z.literal('list_reply'), list_reply: option }),
    z.object({ type: z.literal('nfm_reply'), nfm_reply: z.object({ name: text.default('flow'), response_json: text }) }),
    z.object({
      type: z.literal('call_permission_reply'),
      call_permission_reply: z.object({ response: text, is_permanent: z.boolean().default(false) }),
    }),
  ]),
  button: z.object({ payload: text.optional(), text }),
  order: z.object({ catalog_id: text, text: text.optional(), product_items: z.array(z.record(z.string(), z.unknown())) }),
  edit: z.object({ original_message_id: id, message: z.looseObject({ type: text }).optional() }),
  revoke: z.object({ original_message_id: id }),
  system: z.object({
    type: text,
    body: text.default(''),
    wa_id: text.optional(),
    new_wa_id: text.optional(),
    user_id: text.optional(),
    parent_user_id: text.optional(),
    previous_user_id: text.optional(),
    previous_parent_user_id: text.optional(),
  }),
  unsupported: z.object({ type: text }),
}

export const status = z.object({
  id,
  status: text,
  timestamp: seconds,
  recipient_type: text.optional(),
  recipient_id: text.optional(),
  recipient_user_id: text.optional(),
  parent_recipient_user_id: text.optional(),
  parent_user_id: text.optional(),
  recipient_participant_id: text.optional(),
  recipient_participant_user_id: text.optional(),
  biz_opaque_callback_data: text.optional(),
  conversation: z
    .object({ expiration_timestamp: seconds.optional(), origin: z.object({ type: text }).optional() })
    .optional()
    .catch(undefined),
  pricing: z
    .object({ category: text, type: text.optional(), pricing_model: text.optional(), billable: z.boolean().optional() })
    .optional()
    .catch(undefined),
  errors: z.array(providerFault).optional().catch(undefined),
})
export type Status = z.infer<typeof status>

export const preference = z.object({
  wa_id: text.optional(),
  user_id: text.optional(),
  category: text,
  value: text,
  detail: text.optional(),
  timestamp: seconds,
})

export const call = z.object({
  id,
  event: text,
  timestamp: seconds,
  direction: z.enum(['USER_INITIATED', 'BUSINESS_INITIATED']),
  from: text.optional(),
  from_user_id: text.optional(),
  to: text.optional(),
  to_user_id: text.optional(),
})

const control = z.object({
  previous_owner_app_role: text.optional(),
  previous_owner_role: text.optional(),
  new_owner_role: text.optional(),
})

/** A change of who holds the thread. It names the number in `recipient`, not in `metadata`. */
export const handover = z.object({
  type: z.enum(['control_passed', 'control_taken']),
  timestamp: seconds,
  recipient: z.object({ phone_number_id: id }),
  sender: z.object({ phone_number: text.optional(), wa_id: text.optional(), user_id: text.optional() }),
  control_passed: control.optional(),
  control_taken: control.optional(),
})

/** An echo's message lies beside its id, or one level deeper under `message`. */
export const echo = z.looseObject({ message: z.looseObject({}).optional() })

export const template = z.object({
  message_template_name: id,
  message_template_language: id,
  event: text.optional(),
  reason: text.nullish(),
  rejection_info: z.object({ reason: text.optional() }).optional(),
  message_template_category: text.optional(),
  new_category: text.optional(),
  correct_category: text.optional(),
  new_quality_score: text.optional(),
})

/** What the notices about numbers and business accounts may say. */
export const notice = z.object({
  event: text.optional(),
  decision: text.optional(),
  display_phone_number: text.optional(),
  rejection_reason: text.nullish(),
  username: text.optional(),
  status: text.optional(),
  old_limit: text.optional(),
  current_limit: text.optional(),
  max_daily_conversations_per_business: z.union([text, z.number()]).optional(),
  ban_info: z.object({ waba_ban_state: text.optional(), waba_ban_date: text.optional() }).optional(),
  violation_info: z.object({ violation_type: text.optional() }).optional(),
  restriction_info: z
    .array(z.object({ restriction_type: text.optional(), expiration: z.number().int().nonnegative().max(99_999_999_999).optional() }))
    .optional(),
  alert_info: z
    .object({
      alert_severity: text.optional(),
      alert_status: text.optional(),
      alert_type: text.optional(),
      alert_description: text.optional(),
    })
    .optional(),
})
export type Notice = z.infer<typeof notice>
