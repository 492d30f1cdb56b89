// Pure. What an operator should know of the two files before publishing them.
import { opensAt } from '../hours/opening-hours.ts'
import type { Add, OmniFinding } from './finding.ts'
import { aboutStatus, aboutStatusesOf } from './lint-statuses.ts'
import type { OmniConfig } from './settings.ts'
import { isKnown, memberId, parts } from './targets.ts'
import type { BotsConfig, QueuesConfig } from './schemas.ts'

type Queue = QueuesConfig['queues'][number]

/** Hours are judged from here on, so that the same files always get the same findings. */
const EPOCH = Date.UTC(2026, 0, 1)

/** `config` is what was compiled of the two. */
export function findingsIn(queues: QueuesConfig, bots: BotsConfig, config: OmniConfig): OmniFinding[] {
  return [
    ...duplicates('queues.yaml', ['hours'], queues.hours),
    ...duplicates('queues.yaml', ['queues'], queues.queues),
    ...duplicates('queues.yaml', ['agents'], queues.agents),
    ...duplicates('queues.yaml', ['presence', 'statuses'], queues.presence.statuses),
    ...duplicates('bots.yaml', ['bots'], bots.bots),
    ...queues.hours.flatMap((hours, index) => about('queues.yaml', ['hours', index], (add) => aboutHours(hours, queues, add))),
    ...queues.queues.flatMap((queue, index) => about('queues.yaml', ['queues', index], (add) => aboutQueue(queue, queues, config, add))),
    ...queues.agents.flatMap((agent, index) => about('queues.yaml', ['agents', index], (add) => aboutAgent(agent, queues, config, add))),
    ...queues.presence.statuses.flatMap((status, index) =>
      about('queues.yaml', ['presence', 'statuses', index], (add) => aboutStatus(status, config, add)),
    ),
    ...bots.bots.flatMap((bot, index) => about('bots.yaml', ['bots', index], (add) => aboutBot(bot, config, add))),
  ]
}

function about(file: OmniFinding['file'], base: OmniFinding['path'], look: (add: Add) => void): OmniFinding[] {
  const findings: OmniFinding[] = []
  look((severity, path, code, message, fix) => findings.push({ severity, file, path: [...base, ...path], code, message, fix }))
  return findings
}

function aboutHours(hours: QueuesConfig['hours'][number], { queues }: QueuesConfig, add: Add): void {
  if (opensAt(hours, EPOCH) === null)
    add('error', ['weekly'], 'never-open', `the hours ${hours.id} are never open`, 'write when, such as mon: [09:00-17:00]')
  if (!queues.some((queue) => queue.hours === hours.id))
    add('warning', ['id'], 'without-effect', `no queue has the hours ${hours.id}`, `write hours: ${hours.id} in a queue, or remove them`)
}

function aboutQueue(queue: Queue, { hours }: QueuesConfig, config: OmniConfig, add: Add): void {
  // Only a warning: a team may be listed before its agents are, and the others can work.
  queue.members.forEach((member, at) => {
    if (config.agents.has(memberId(member))) return
    add('warning', ['members', at], 'unknown-member', `${member} is not in the list of agents`, `add { id: ${memberId(member)} } to agents`)
  })
  if (queue.members.length === 0) {
    const severity = typeof queue.whenNobodyOnline === 'string' ? 'error' : 'warning'
    add(severity, ['members'], 'queue-without-members', `queue ${queue.id} has no members`, 'list agents in members')
  }
  if (queue.engine !== undefined && queue.routing !== 'external')
    add(
      'warning',
      ['engine'],
      'without-effect',
      `queue ${queue.id} has a routing of Baton's own`,
      'write routing: external, or remove engine',
    )
  if (queue.hours === undefined) {
    for (const key of ['whenClosed', 'closedMessage'] as const) {
      if (queue[key] === undefined || queue[key] === 'wait') continue
      add('warning', [key], 'without-effect', `queue ${queue.id} has no hours, so it is never closed`, 'write hours: <id>, or remove it')
    }
  } else if (!hours.some(({ id }) => id === queue.hours)) {
    add('error', ['hours'], 'unknown-hours', `no hours have the id "${queue.hours}"`, 'add them to hours, or name some that exist')
  }
  aboutSkills(queue, config, add)
  aboutFallback(queue, ['whenClosed'], queue.whenClosed, config, add)
  aboutFallback(queue, ['whenNobodyOnline'], queue.whenNobodyOnline, config, add)
  if (queue.maxWaiting !== undefined) aboutFallback(queue, ['maxWaiting', 'otherwise'], queue.maxWaiting.otherwise, config, add)
  if (queue.maxWait !== undefined) aboutFallback(queue, ['maxWait', 'otherwise'], queue.maxWait.otherwise, config, add)
}

/** Nobody can ever take what no member is able to do, or has room for. */
function aboutSkills(queue: Queue, config: OmniConfig, add: Add): void {
  const members = queue.members.flatMap((member) => config.agents.get(memberId(member)) ?? [])
  if (members.length === 0) return
  const able = members.filter((agent) => queue.skills.every((need) => typeof need !== 'string' || agent.skills.includes(need)))
  if (able.length === 0)
    add(
      'error',
      ['skills'],
      'skill-missing',
      `no member of queue ${queue.id} has all of its skills`,
      'add the skills to an agent, or relaxAfter to a skill',
    )
  else if (able.every(({ capacity }) => capacity < queue.weight))
    add(
      'error',
      ['weight'],
      'too-heavy',
      `no able member of queue ${queue.id} has a capacity of ${queue.weight}`,
      'lower the weight, or raise a capacity',
    )
  if (queue.language !== undefined && members.every(({ languages }) => languages.length === 0))
    add(
      'warning',
      ['language'],
      'skill-missing',
      `no member of queue ${queue.id} says which languages they speak`,
      'write languages: [en] with the agents',
    )
}

function aboutFallback(queue: Queue, at: string[], written: Queue['whenClosed'], config: OmniConfig, add: Add): void {
  if (typeof written === 'string') return
  const path = [...at, 'to']
  const { to } = written
  if (!isKnown(to, config)) return add('error', path, 'unknown-fallback', `${to} is not configured`, 'name a queue or bot that exists')
  if (leadsBack(`queue:${queue.id}`, config, divertsOf))
    return add('error', path, 'fallback-circle', `${to} leads back to queue:${queue.id}`, 'let one of them wait')
  const { kind, id } = parts(to)
  const other = kind === 'queue' ? config.queues.get(id) : undefined
  if (at[0] === 'whenClosed' && other?.hours != null && other.hours.id === queue.hours)
    add(
      'warning',
      path,
      'fallback-closed',
      `${to} has the same hours, so it is closed too`,
      'name a queue with other hours, a bot, or callback',
    )
}

function aboutAgent(agent: QueuesConfig['agents'][number], { queues }: QueuesConfig, config: OmniConfig, add: Add): void {
  const { id } = agent
  aboutStatusesOf(agent, config, add)
  if (queues.some((queue) => queue.members.includes(`agent:${id}`))) return
  add('warning', [], 'agent-without-queue', `agent ${id} is a member of no queue`, `add agent:${id} to the members of a queue`)
}

function aboutBot(bot: BotsConfig['bots'][number], config: OmniConfig, add: Add): void {
  bot.fallback.forEach((target, at) => {
    if (isKnown(target, config)) return
    add('error', ['fallback', at], 'unknown-fallback', `${target} is not configured`, 'name a queue, bot or agent that exists')
  })
  if (bot.protocol === 'openai')
    bot.handOffTo.forEach((target, at) => {
      if (isKnown(target, config)) return
      add('error', ['handOffTo', at], 'unknown-fallback', `${target} is not configured`, 'name a queue, bot or agent that exists')
    })
  if (leadsBack(`bot:${bot.id}`, config, fallbackOf))
    add('error', ['fallback'], 'fallback-circle', `the fallbacks of bot:${bot.id} lead back to it`, 'end the chain with a queue')
}

function leadsBack(start: string, config: OmniConfig, next: (target: string, config: OmniConfig) => string[]): boolean {
  const seen = new Set<string>()
  const open = next(start, config)
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    if (target === start) return true
    if (seen.has(target)) continue
    seen.add(target)
    open.push(...next(target, config))
  }
  return false
}

function divertsOf(target: string, config: OmniConfig): string[] {
  const { kind, id } = parts(target)
  const queue = kind === 'queue' ? config.queues.get(id) : undefined
  const policies = [queue?.whenClosed, queue?.whenNobodyOnline, queue?.maxWaiting?.otherwise, queue?.maxWait?.otherwise]
  return policies.flatMap((policy) => (policy?.kind === 'divert' ? [policy.to] : []))
}

function fallbackOf(target: string, config: OmniConfig): string[] {
  const { kind, id } = parts(target)
  return kind === 'bot' ? [...(config.bots.get(id)?.fallback ?? [])] : []
}

function duplicates(file: OmniFinding['file'], list: string[], entries: readonly { id: string }[]): OmniFinding[] {
  const seen = new Set<string>()
  return entries.flatMap(({ id }, index) => {
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    const message = `${id} is defined twice; the first counts`
    return [{ severity: 'error', file, path: [...list, index, 'id'], code: 'duplicate-id', message, fix: 'rename or remove one of them' }]
  })
}
