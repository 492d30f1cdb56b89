// Pure. A conversation, or one message of it, told to a person: what came, which rule decided, what it looked at, and what
// followed from it.
import {
  familyOf,
  isBornOf,
  RULE_MEANING,
  textOf,
  type DecisionRow,
  type IncomingContent,
  type MessageRow,
  type OutgoingContent,
} from '@baton/router'
import { counterfactualsOf } from '../counterfactuals.ts'

export interface Story {
  conversation: { id: string; numberId: string; contact: string; owner: string }
  /** Oldest first. */
  messages: readonly MessageRow[]
  /** Oldest first. */
  decisions: readonly DecisionRow[]
}

/** The whole conversation, decision by decision, each with the messages it led to. */
export function explainConversation({ conversation, messages, decisions }: Story): string {
  const told = new Set<string>()
  const parts = decisions.map((decision) => {
    const born = messages.filter((message) => belongsTo(message, decision))
    for (const message of born) told.add(message.id)
    return {
      at: decision.at,
      lines: [...born.filter(isCause).map(messageLine), ...decisionLines(decision), ...born.filter((m) => !isCause(m)).map(messageLine)],
    }
  })
  const rest = messages.filter((message) => !told.has(message.id)).map((message) => ({ at: message.at, lines: [messageLine(message)] }))
  const { id, numberId, contact, owner } = conversation
  const head = `Conversation ${id}\n${contact} on number ${numberId}, owner now: ${owner}`
  const body = [...parts, ...rest].toSorted((a, b) => a.at - b.at).map(({ lines }) => lines.join('\n'))
  return body.length === 0 ? `${head}\n\nNothing has happened yet.` : [head, ...body].join('\n\n')
}

/** One message: the decision it caused, or the one it came from. */
export function explainMessage({ conversation, messages, decisions }: Story, messageId: string): string {
  const message = messages.find(({ id }) => id === messageId)
  if (message === undefined) return `Message ${messageId} is not in the transcript of ${conversation.id}.`
  const decision = decisionOf(message, decisions)
  const head = `Message ${messageId}\nin conversation ${conversation.id}, ${conversation.contact} on number ${conversation.numberId}\ntrace ${familyOf(messageId)}`
  if (decision === null) {
    return `${head}\n\n${messageLine(message)}\n  no decision is stored for it: its event changed nothing, or is past the retention`
  }
  const others = messages.filter((other) => other.id !== messageId && belongsTo(other, decision))
  const [causes, followers] = [others.filter(isCause), others.filter((other) => !isCause(other))]
  const lines = [head, '', ...causes.map(messageLine), messageLine(message), ...decisionLines(decision)]
  if (isCause(message))
    lines.push(
      followers.length === 0 ? '  nothing was sent in answer' : '  and so followed:',
      ...followers.map((m) => `  ${messageLine(m)}`),
    )
  return lines.join('\n')
}

/** The decision that belongs to a message: the one about it, or the one whose event it was born of. */
export function decisionOf(message: MessageRow, decisions: readonly DecisionRow[]): DecisionRow | null {
  return decisions.find(({ event }) => event.messageId === message.id) ?? decisions.find((decision) => belongsTo(message, decision)) ?? null
}

function belongsTo(message: MessageRow, { event }: DecisionRow): boolean {
  return event.messageId === message.id || isBornOf(message.id, event.id)
}

function isCause(message: MessageRow): boolean {
  return message.direction === 'in'
}

function decisionLines(decision: DecisionRow): string[] {
  const { rule, event, ownerBefore, ownerAfter, inputs, configVersion } = decision
  const lines = [
    `  rule ${rule}: ${RULE_MEANING[rule] ?? 'unknown to this version of Baton'}`,
    `  owner ${ownerBefore === ownerAfter ? `stays ${ownerAfter}` : `${ownerBefore} → ${ownerAfter}`} (${event.type}, configuration version ${configVersion})`,
  ]
  const facts = factsOf(inputs)
  if (facts.length > 0) lines.push(`  looked at: ${facts.join(' · ')}`)
  const others = counterfactualsOf(decision)
  if (others.length === 1) lines.push(...others.map(({ text }) => `  otherwise: ${text}`))
  if (others.length > 1) lines.push('  otherwise:', ...others.map(({ text }) => `    ${text}`))
  return lines
}

/** `keyword = coupon`, `facts.entry.by = keyword`: one line of text for nested facts. */
function factsOf(inputs: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(inputs).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return factsOf(Object.fromEntries(Object.entries(value)), `${prefix}${name}.`)
    return [`${prefix}${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`]
  })
}

function messageLine(message: MessageRow): string {
  const { direction, author, status, reason, purpose, session, at } = message
  const arrow = direction === 'in' ? '←' : direction === 'out' ? '→' : '·'
  const who = author.kind === 'customer' ? 'customer' : `${author.kind} ${author.id}`
  const extra = [
    purpose,
    session.kind === 'utility' ? null : `${session.kind} session`,
    reason === undefined ? status : `${status}: ${reason}`,
  ]
  return `${time(at)} ${arrow} ${who}: ${describe(message.content)}  [${extra.filter((part) => part !== null).join(', ')}]`
}

function describe(content: MessageRow['content']): string {
  if (content.kind === 'note') return content.text
  const text = textOf(asIncoming(content))
  const buttons = content.kind === 'buttons' ? content.options.map(({ title }) => ` [${title}]`).join('') : ''
  if (content.kind === 'buttons' || content.kind === 'list' || content.kind === 'cta') return `"${content.body}"${buttons}`
  if (content.kind === 'template')
    return `template ${content.name}/${content.language}${content.preview === undefined ? '' : ` "${content.preview}"`}`
  if (content.kind === 'reply') return `presses "${content.title}" (${content.id})`
  if (content.kind === 'text') return `"${content.text}"`
  return text === null ? content.kind : `${content.kind} "${text}"`
}

/** textOf reads members that both directions share. */
function asIncoming(content: IncomingContent | OutgoingContent): IncomingContent {
  return content as IncomingContent
}

/** `2026-11-23 10:00:01` in UTC. */
function time(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}
