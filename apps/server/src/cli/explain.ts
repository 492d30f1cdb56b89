// `baton explain <conversation or message id, ours or the provider's>`
import { parseId, type DecisionRow, type Owner, type Rule } from '@baton/router'
import { counterfactualsOf } from '../counterfactuals.ts'
import { createReads } from '../store/reads.ts'
import type { Reads } from '../store/reads.ts'
import type { DecisionRecord, Page, PageQuery } from '../store/records.ts'
import { transcriptLine } from '../store/transcript.ts'
import { withReadDatabase } from './database.ts'
import type { Environment } from './environment.ts'
import { decisionOf, explainConversation, explainMessage, type Story } from './explain-text.ts'
import type { Report } from './output.ts'

const PAGE = 500

export async function runExplain(environment: Environment, id: string): Promise<Report> {
  const prefix = prefixOf(id)
  if (prefix === null) {
    const text = `"${id}" is no id of a conversation (cv_…) or message (ms_…, or the provider's: wamid.…)`
    return { exit: 2, text, data: { problem: text } }
  }
  return withReadDatabase(environment, async (database) => {
    if (database === null) return absent(id, prefix)
    const reads = createReads(database.db)
    if (prefix !== 'wamid') return explain(reads, id, prefix)
    const messageId = await reads.findMessageOf(id)
    return messageId === null ? absent(id, prefix) : explain(reads, messageId, 'ms')
  })
}

function prefixOf(id: string): 'cv' | 'ms' | 'wamid' | null {
  if (/^wamid\.\S+$/.test(id)) return 'wamid'
  const prefix = parseId(id)?.prefix
  return prefix === 'cv' || prefix === 'ms' ? prefix : null
}

function absent(id: string, prefix: 'cv' | 'ms' | 'wamid'): Report {
  const what = { cv: 'conversation', ms: 'message', wamid: "message with the provider's id" }[prefix]
  const text = `there is no ${what} ${id}`
  return { exit: 1, text, data: { problem: text } }
}

async function explain(reads: Reads, id: string, prefix: 'cv' | 'ms'): Promise<Report> {
  const conversationId = prefix === 'cv' ? id : ((await reads.getMessage(id))?.actor_id ?? null)
  const story = conversationId === null ? null : await readStory(reads, conversationId)
  if (story === null) return absent(id, prefix)
  const { conversation, messages } = story
  const decisions = story.decisions.map((decision) => ({ ...decision, counterfactuals: counterfactualsOf(decision) }))
  if (prefix === 'cv') return { exit: 0, text: explainConversation(story), data: { conversation, messages, decisions } }
  const message = messages.find((one) => one.id === id) ?? null
  const decision = message === null ? null : decisionOf(message, decisions)
  return { exit: 0, text: explainMessage(story, id), data: { conversation, message, decision } }
}

async function readStory(reads: Reads, id: string): Promise<Story | null> {
  const found = await reads.getConversation(id)
  if (found === null) return null
  const messages = await every((query) => reads.listMessages(id, query))
  const decisions = await every((query) => reads.listDecisions(id, query))
  const contact = [found.contact_name, found.phone === null ? null : `+${found.phone}`, found.user_id]
    .filter((part) => part !== null)
    .join(', ')
  return {
    conversation: { id, numberId: found.number_id ?? 'unknown', contact, owner: found.owner ?? 'none' },
    messages: messages.map(transcriptLine),
    decisions: decisions.map(decisionRow).toReversed(),
  }
}

async function every<T>(list: (query: PageQuery) => Promise<Page<T> | null>): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const page = await list({ limit: PAGE, cursor })
    if (page === null) throw new Error('a listing does not know its own cursor')
    items.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return items
}

/** The columns hold what the turn wrote there, so their narrower types hold. */
function decisionRow(row: DecisionRecord): DecisionRow {
  return {
    id: row.id,
    event: { id: row.event_id, type: row.event_type, ...(row.message_id === null ? {} : { messageId: row.message_id }) },
    rule: row.rule as Rule,
    ownerBefore: row.owner_before as Owner,
    ownerAfter: row.owner_after as Owner,
    inputs: row.inputs as DecisionRow['inputs'],
    counterfactual: row.counterfactual as DecisionRow['counterfactual'],
    configVersion: row.config_version,
    at: row.at.getTime(),
  }
}
