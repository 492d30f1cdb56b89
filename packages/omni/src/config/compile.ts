// Pure. From the two files as written to what the engine and the routing group look things up in.
import type { OpeningHours } from '../hours/schema.ts'
import type { OmniFinding } from './finding.ts'
import { findingsIn } from './lint.ts'
import { statusesOf } from './presence.ts'
import { botsConfig, engineConfig, queuesConfig } from './schemas.ts'
import type { BotsConfig, QueuesConfig } from './schemas.ts'
import type { BotSettings, OmniConfig, Policy, QueueSettings } from './settings.ts'
import { memberId } from './targets.ts'

/** Builds the configuration and lists what is wrong with it. The configuration is usable even with findings: of two entries
 * with one id the first counts, and members that do not exist are left out. */
export function compileOmni(queues: QueuesConfig, bots: BotsConfig): { config: OmniConfig; findings: OmniFinding[] } {
  const agentIds = new Set(queues.agents.map((agent) => agent.id))
  const hours = firstById(queues.hours)
  const config: OmniConfig = {
    queues: firstById(queues.queues.map((queue) => queueSettings(queue, agentIds, hours))),
    agents: firstById(queues.agents.map((agent) => ({ ...agent, name: agent.name ?? agent.id, statuses: agent.statuses ?? null }))),
    bots: firstById(bots.bots.map(botSettings)),
    presence: { leaseMs: queues.presence.lease, returnWithinMs: queues.presence.returnWithin, statuses: statusesOf(queues.presence) },
  }
  return { config, findings: findingsIn(queues, bots, config) }
}

/** What is in force while nothing is published. */
export const NO_OMNI: OmniConfig = compileOmni(queuesConfig.parse({}), botsConfig.parse({})).config

function queueSettings(
  queue: QueuesConfig['queues'][number],
  agentIds: Set<string>,
  hours: ReadonlyMap<string, OpeningHours>,
): QueueSettings {
  return {
    id: queue.id,
    name: queue.name ?? queue.id,
    ...routingOf(queue),
    offerTimeoutMs: queue.offerTimeout,
    autoAccept: queue.autoAccept,
    members: [...new Set(queue.members.map(memberId))].filter((id) => agentIds.has(id)),
    priority: queue.priority,
    skills: queue.skills.map((need) =>
      typeof need === 'string' ? { skill: need, relaxAfterMs: null } : { skill: need.skill, relaxAfterMs: need.relaxAfter },
    ),
    language: queue.language === undefined ? null : { relaxAfterMs: queue.language === 'required' ? null : queue.language.relaxAfter },
    weight: queue.weight,
    returnToAgent: queue.returnToAgent === undefined ? null : { withinMs: queue.returnToAgent.within, waitMs: queue.returnToAgent.wait },
    maxWaiting: queue.maxWaiting === undefined ? null : { size: queue.maxWaiting.size, otherwise: policyOf(queue.maxWaiting.otherwise) },
    maxWait: queue.maxWait === undefined ? null : { afterMs: queue.maxWait.after, otherwise: policyOf(queue.maxWait.otherwise) },
    hours: hours.get(queue.hours ?? '') ?? null,
    whenClosed: policyOf(queue.whenClosed),
    whenNobodyOnline: policyOf(queue.whenNobodyOnline),
    closedMessage: queue.closedMessage ?? null,
    waitingMessage: queue.waitingMessage ?? null,
    positionMessage: positionMessageOf(queue.positionMessage),
    callbackTemplate: queue.callbackTemplate ?? null,
    awayLimitMs: queue.awayLimit,
    whenOffline: queue.whenOffline,
    starvationAfterMs: queue.starvationAfter,
    serviceLevel: serviceLevelOf(queue.serviceLevel),
    inactiveAfterMs: queue.inactiveAfter ?? null,
    wrapUp: wrapUpOf(queue.wrapUp),
    survey: surveyOf(queue.survey),
  }
}

function routingOf({
  routing,
  engine = engineConfig.parse({}),
}: QueuesConfig['queues'][number]): Pick<QueueSettings, 'routing' | 'engine'> {
  return routing === 'external' ? { routing: engine.otherwise, engine: { silenceMs: engine.silence } } : { routing, engine: null }
}

function wrapUpOf(written: QueuesConfig['queues'][number]['wrapUp']): QueueSettings['wrapUp'] {
  if (written === undefined) return null
  return typeof written === 'number' ? { forMs: written, atMostMs: written } : { forMs: written.for, atMostMs: written.atMost }
}

function policyOf(written: QueuesConfig['queues'][number]['whenClosed']): Policy {
  return typeof written === 'string' ? { kind: written } : { kind: 'divert', to: written.to }
}

function positionMessageOf(written: QueuesConfig['queues'][number]['positionMessage']): QueueSettings['positionMessage'] {
  if (written === undefined) return null
  const { text, withoutEstimate = null, every, atMost, moved } = written
  return { text, withoutEstimate, everyMs: every, atMost, moved }
}

function surveyOf(written: QueuesConfig['queues'][number]['survey']): QueueSettings['survey'] {
  if (written === undefined) return null
  const { question = null, button, labels = null, thanks = null, template = null, journey = null, within } = written
  return { question, button, labels, thanks, template, journey, withinMs: within }
}

function serviceLevelOf(written: QueuesConfig['queues'][number]['serviceLevel']): QueueSettings['serviceLevel'] {
  if (written === undefined) return null
  return { waitMs: written.wait ?? null, firstResponseMs: written.firstResponse ?? null, warnAt: written.warnAt }
}

function botSettings(bot: BotsConfig['bots'][number]): BotSettings {
  const { id, name = id, url, timeout, fallback, history, notes, learns, circuit } = bot
  const common = {
    id,
    name,
    url,
    timeoutMs: timeout,
    fallback,
    history,
    notes,
    learns,
    circuit: { failures: circuit.failures, openForMs: circuit.openFor },
  }
  switch (bot.protocol) {
    case 'baton': {
      const { protocol, secret, replyWithin = null, signedAnswers } = bot
      return { ...common, protocol, secret, replyWithinMs: replyWithin, signedAnswers }
    }
    case 'rasa':
      return { ...common, protocol: bot.protocol, secret: bot.secret ?? null }
    case 'openai': {
      const { protocol, secret = null, model, prompt, handOffTo } = bot
      return { ...common, protocol, secret, model, prompt, handOffTo }
    }
  }
}

function firstById<E extends { id: string }>(entries: E[]): ReadonlyMap<string, E> {
  const byId = new Map<string, E>()
  for (const entry of entries) if (!byId.has(entry.id)) byId.set(entry.id, entry)
  return byId
}
