// Pure. What would have changed a decision: the same facts with one of them turned, put to the same machine again.
import type { Counterfactual } from '../contract/actor.ts'
import type { Rule } from '../contract/rules.ts'
import type { Owner } from '../contract/owner.ts'
import { advance, machineValueAt, ownerOf } from './advance.ts'
import type { MessageFacts } from './facts.ts'

/** Decides a message afresh from facts and the state of ownership, e.g. `service.open.active`. Engines are not asked: the owner is
 * the one the rule itself leads to. */
export function decideAgain(facts: MessageFacts, path: string): { rule: Rule; owner: Owner } {
  const { value, actions } = advance(machineValueAt(path), { type: 'message.received', facts })
  const first = actions.find((action) => action.type === 'decide')
  return { rule: first?.type === 'decide' ? first.params.rule : 'observed', owner: ownerOf(value) }
}

/** Everything that, changed alone, would have led to another rule; the most telling first. */
export function counterfactuals(facts: MessageFacts, path: string, session: string | null): Counterfactual[] {
  const actual = decideAgain(facts, path)
  return levers(facts, path, session).flatMap((lever) => {
    const other = decideAgain({ ...facts, ...lever.facts }, lever.path ?? path)
    if (other.rule === actual.rule && other.owner === actual.owner) return []
    const went = other.owner === 'none' ? 'would have been left to nobody' : `would have gone to ${other.owner}`
    return [{ condition: lever.condition, rule: other.rule, owner: other.owner, text: `${went} (${other.rule}) ${lever.text}` }]
  })
}

interface Lever {
  condition: string
  text: string
  facts?: Partial<MessageFacts>
  path?: string
}

function levers(facts: MessageFacts, path: string, session: string | null): Lever[] {
  const list: Lever[] = []
  const open = path.startsWith('service.open.')
  const upstream = path.startsWith('external.')
  if (facts.blocked)
    list.push({ condition: 'contact.blocked = false', text: 'had the contact not been blocked', facts: { blocked: false } })
  if (facts.consentWord !== null)
    list.push({ condition: 'message is no consent word', text: 'had the message not been a consent word', facts: { consentWord: null } })
  if (open)
    list.push({
      condition: 'service session = ended',
      text: `had service session ${session ?? ''} been ended`.replace('  ', ' '),
      path: 'service.ended',
    })
  if (upstream)
    list.push({
      condition: 'upstream = released',
      text: 'had the upstream owner released the thread',
      path: 'none',
      facts: { standby: false },
    })
  if (facts.standby && !upstream)
    list.push({ condition: 'standby = false', text: 'had the thread not been held upstream', facts: { standby: false } })
  if (facts.entry !== null && !facts.keywordsAllowed)
    list.push({
      condition: 'incoming.allowReservedKeywords = true',
      text: 'had reserved keywords been allowed on the number',
      facts: { keywordsAllowed: true },
    })
  if (open && facts.entry !== null && facts.botHolds && !facts.keywordDuringBot)
    list.push({
      condition: 'incoming.keywordDuringBot = true',
      text: 'had keywords been allowed to end a bot’s session',
      facts: { keywordDuringBot: true },
    })
  if (facts.withheld !== null) {
    const { entry, code } = facts.withheld
    list.push({
      condition: `journey ${entry.id} may start`,
      text: `had journey ${entry.id} not been withheld (${code})`,
      facts: { entry },
    })
  }
  if (facts.reply.paused !== undefined) {
    const { paused, ...reply } = facts.reply
    list.push({ condition: 'journey = active', text: `had journey ${paused.journey} not been paused`, facts: { reply } })
  }
  if (facts.reply.match === 'invalid')
    list.push({
      condition: 'reply = valid',
      text: 'had the message been one of the replies the journey waits for',
      facts: { reply: { ...facts.reply, match: 'valid' } },
    })
  if (facts.reply.match === 'valid')
    list.push({
      condition: 'reply = invalid',
      text: 'had the message been no valid reply',
      facts: { reply: { ...facts.reply, match: 'invalid' } },
    })
  if (facts.survey !== null)
    list.push({ condition: 'message is no survey answer', text: 'had the message not answered the survey', facts: { survey: null } })
  if (facts.supportPhrase)
    list.push({
      condition: 'message is no support phrase',
      text: 'had the message not been a support phrase',
      facts: { supportPhrase: false },
    })
  if (!open && facts.entry !== null && facts.serviceConnected)
    list.push({ condition: 'service session = active', text: 'had a service session been open', path: 'service.open.active' })
  if (facts.defaultApp !== null && facts.serviceConnected && facts.marketingConnected) {
    const other = facts.defaultApp === 'service' ? ('marketing' as const) : ('service' as const)
    list.push({
      condition: `incoming.defaultApp = ${other}`,
      text: `had ${other} been the number's default app`,
      facts: { defaultApp: other },
    })
  }
  if (facts.defaultApp === null)
    list.push({
      condition: 'apps.service = connected',
      text: 'had an app been connected',
      facts: { defaultApp: 'service', serviceConnected: true },
    })
  return list
}
