// Pure. The one gate every send passes: may this message go to this customer now? A refusal is a value with a reason.
import type { Recall } from '../contract/actor.ts'
import type { Author, OutgoingContent, Purpose } from '../contract/message.ts'
import type { NumberSettings, Settings, TemplateStatus } from '../contract/settings.ts'
import { openServiceStatus, ownerOf } from './advance.ts'
import type { MachineValue } from './advance.ts'
import type { ConversationState } from './state.ts'

export interface SendDraft {
  content: OutgoingContent
  purpose: Purpose
  author: Author
}

export type GateAnswer =
  /** `marketing`: by its template, whatever its purpose says. */
  | { kind: 'send'; expiresAt: number | null; marketing?: true }
  | { kind: 'hold'; until: number }
  | { kind: 'refuse'; code: GateCode; message: string }
export type GateCode = keyof typeof GATE_ERRORS

/** Why a send was refused. */
export const GATE_ERRORS = {
  'contact-blocked': 'The contact is blocked. Unblock it first.',
  'opted-out': 'The customer opted out of marketing messages. Only they can opt in again.',
  'upstream-owner': 'The thread is held by the phone app or an upstream agent. Take it back first.',
  'window-closed': 'The 24-hour reply window is closed. Send an approved template instead.',
  'template-not-approved':
    'The template is not approved in this language, so the provider would refuse it. Check its status with the provider.',
} as const

/** A message must reach the provider before the window closes, so the gate closes a little earlier. */
const WINDOW_MARGIN_MS = 5_000

/** Checks blocked, consent, upstream owner, reply window, template approval and the policy on marketing during service, in this order. */
export function gate(draft: SendDraft, state: ConversationState, number: NumberSettings, settings: Settings, now: number): GateAnswer {
  if (state.machine.contact === 'blocked') return refuse('contact-blocked')
  const template = templateOf(draft.content, number, settings)
  const marketing = draft.purpose === 'marketing' || template?.category.toUpperCase() === 'MARKETING'
  if (marketing && state.machine.consent === 'out') return refuse('opted-out')
  if (ownerOf(state.machine) === 'external') return refuse('upstream-owner')
  const isTemplate = draft.content.kind === 'template'
  const closesAt = state.replyWindowClosesAt
  if (!isTemplate && (closesAt === null || now >= closesAt - WINDOW_MARGIN_MS)) return refuse('window-closed')
  if (template !== undefined && template.status.toUpperCase() !== 'APPROVED') return refuse('template-not-approved')
  if (marketing && mustWaitForService(state, number)) return { kind: 'hold', until: now + number.marketingHeldAtMost }
  const expiresAt = isTemplate ? null : closesAt
  return marketing && draft.purpose !== 'marketing' ? { kind: 'send', expiresAt, marketing: true } : { kind: 'send', expiresAt }
}

/** What the gate let through earlier and would refuse now, if the step withdrew consent or blocked the contact. */
export function recallBetween(before: MachineValue, after: MachineValue): Recall | null {
  if (before.contact !== 'blocked' && after.contact === 'blocked') return recallOf('contact-blocked', false)
  return before.consent !== 'out' && after.consent === 'out' ? recallOf('opted-out', true) : null
}

function recallOf(code: Recall['code'], marketingOnly: boolean): Recall {
  return { code, reason: GATE_ERRORS[code], marketingOnly }
}

/** What the number's provider says of the template: one it approved as marketing is marketing, whatever the sender calls it. */
function templateOf(content: OutgoingContent, { id }: NumberSettings, { templates }: Settings): TemplateStatus | undefined {
  return content.kind === 'template' ? templates.get(id)?.get(`${content.name}/${content.language}`) : undefined
}

/** Whether the number's policy keeps marketing back while the service session is as it is. */
export function mustWaitForService(state: ConversationState, number: NumberSettings): boolean {
  const status = openServiceStatus(state.machine)
  if (status === null || number.marketingDuringService === 'any') return false
  return number.marketingDuringService === 'closed' || status === 'active'
}

function refuse(code: GateCode): GateAnswer {
  return { kind: 'refuse', code, message: GATE_ERRORS[code] }
}
