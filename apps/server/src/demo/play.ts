// Plays the stories one after the other and tells them: every message with the rule behind it, every check, every failure.
import { isBornOf } from '@baton/router'
import type { DecisionView } from '../http/conversations.ts'
import type { MessageView } from '../http/message-schema.ts'
import { createPerson } from './person.ts'
import type { Person } from './person.ts'
import type { Stage } from './stage.ts'
import type { Desk, Scene, Story } from './story.ts'

export interface StoryResult {
  title: string
  passed: boolean
  checks: number
  failure: string | null
}

/** Plays one story; `print` gets its lines. A failed expectation ends the story, not the demonstration. */
export async function playStory(stage: Stage, story: Story, phones: () => string, print: (line: string) => void): Promise<StoryResult> {
  const people: Person[] = []
  const checks: string[] = []
  const scene: Scene = {
    stage,
    meet(number, name) {
      const person = createPerson(stage, number, name, phones())
      people.push(person)
      return person
    },
    agent: (id) => createDesk(stage, id),
    check(what, holds, found) {
      if (!holds) throw new Error(`not so: ${what}${found === undefined ? '' : `; found ${JSON.stringify(found)}`}`)
      checks.push(what)
    },
  }
  let failure: string | null = null
  try {
    await story.play(scene)
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  stage.botAnswers({ messages: ['FAQ bot: we are open from 9 to 5. Anything else?'] })
  print('')
  print(`■ ${story.title}`)
  for (const person of people) {
    // oxlint-disable-next-line no-await-in-loop
    for (const line of transcript(person, await person.messages(), await person.decisions())) print(line)
  }
  for (const what of checks) print(`   ✓ ${what}`)
  print(failure === null ? '   ✓ as it should be' : `   ✗ ${failure}`)
  return { title: story.title, passed: failure === null, checks: checks.length, failure }
}

function transcript(person: Person, messages: MessageView[], decisions: DecisionView[]): string[] {
  const lines = [`   ${person.name} on number ${person.number}`]
  const told = new Set<string>()
  for (const message of messages) {
    const decision =
      decisions.find(({ event }) => event.messageId === message.id) ?? decisions.find(({ event }) => isBornOf(message.id, event.id))
    const who =
      message.direction === 'in' ? person.name : message.direction === 'note' ? 'note' : `${message.author.kind} ${message.author.id}`
    const rule = decision === undefined ? '' : decision.rule
    lines.push(`     ${who.padEnd(22)} ${describe(message).padEnd(64)} ${rule}`)
    if (decision === undefined || told.has(decision.id)) continue
    told.add(decision.id)
    if (decision.ownerBefore !== decision.ownerAfter)
      lines.push(`     ${''.padEnd(22)} ${''.padEnd(64)} ${decision.ownerBefore} → ${decision.ownerAfter}`)
    if (decision.counterfactual !== null) lines.push(`     ${''.padEnd(22)} otherwise: ${decision.counterfactual.text}`)
  }
  return lines
}

function describe(message: MessageView): string {
  const text = message.text ?? (message.template === undefined ? message.kind : `template ${String(message.template['name'])}`)
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text
  return message.status === 'refused' || message.status === 'failed' ? `${short} (${message.status}: ${message.reason ?? ''})` : short
}

function createDesk(stage: Stage, id: string): Desk {
  const must = async (what: string, answer: ReturnType<Stage['api']>) => {
    const found = await answer
    if (found.status >= 300) throw new Error(`${what}: ${found.status} ${JSON.stringify(found.body)}`)
    return found
  }
  const sessionOf = async (person: Person) => `/conversations/${(await person.conversation())?.id ?? 'none'}`
  return {
    async goes(status) {
      await must(`${id} goes ${status}`, stage.api('PUT', '/agents/me/presence', { status }, id))
    },
    async accepts(person) {
      const conversation = await stage.until(
        'a conversation',
        () => person.conversation(),
        (found) => found !== null,
      )
      const offers = async () => {
        const { body } = await must('offers', stage.api('GET', '/offers', undefined, id))
        return (body['items'] as { id: string; conversationId: string }[]).find((offer) => offer.conversationId === conversation?.id)
      }
      const offer = await stage.until(`an offer of ${person.name} to ${id}`, offers, (found) => found !== undefined)
      await must(`${id} accepts`, stage.api('POST', `/offers/${offer?.id}/accept`, {}, id))
      await person.isAt({ status: 'active', participant: `agent:${id}` })
    },
    async writes(person, text) {
      const answer = await stage.api('POST', `${await sessionOf(person)}/messages`, { text }, id)
      return answer.status < 300 ? null : (answer.body.code ?? `status ${answer.status}`)
    },
    async ends(person) {
      await must(`${id} ends the session`, stage.api('POST', `${await sessionOf(person)}/service-session/end`, {}, id))
      await person.isAt({ status: 'ended' })
    },
  }
}
