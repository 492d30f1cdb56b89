// Pure. From the two files as written to what the engine and the routing group look things up in.
import type { Target } from '@baton/router'
import type { ErrorCode } from '../errors.ts'
import type { BotsConfig, QueuesConfig } from './schemas.ts'

export interface QueueSettings {
  id: string
  name: string
  routing: QueuesConfig['queues'][number]['routing']
  offerTimeoutMs: number
  /** Agent ids, in the order written. */
  members: string[]
  priority: number
  /** Where work goes that comes while no member is online; null: it waits. */
  divertTo: Target | null
  waitingMessage: string | null
  awayLimitMs: number
  starvationAfterMs: number
  inactiveAfterMs: number | null
}
export interface AgentSettings {
  id: string
  name: string
  capacity: number
  supervisor: boolean
}
export interface BotSettings {
  id: string
  name: string
  url: string
  /** A reference; the server resolves it. */
  secret: string
  timeoutMs: number
  fallback: Target[]
  history: number
}

/** The published configuration of the service side, by id. */
export interface OmniConfig {
  queues: ReadonlyMap<string, QueueSettings>
  agents: ReadonlyMap<string, AgentSettings>
  bots: ReadonlyMap<string, BotSettings>
}

/** Something an operator should see before publishing. `path` leads to the member inside `file`; an `error` must not be published. */
export interface OmniFinding {
  severity: 'error' | 'warning'
  file: 'queues.yaml' | 'bots.yaml'
  path: (string | number)[]
  code: ErrorCode
  message: string
  fix: string
}

/** Builds the configuration and lists what is wrong with it. The configuration is usable even with findings: of two entries
 * with one id the first counts, and members that do not exist are left out. */
export function compileOmni(queues: QueuesConfig, bots: BotsConfig): { config: OmniConfig; findings: OmniFinding[] } {
  const agentIds = new Set(queues.agents.map((agent) => agent.id))
  const config: OmniConfig = {
    queues: firstById(queues.queues.map((queue) => queueSettings(queue, agentIds))),
    agents: firstById(queues.agents.map(({ id, name, capacity, supervisor }) => ({ id, name: name ?? id, capacity, supervisor }))),
    bots: firstById(bots.bots.map(botSettings)),
  }
  const findings = [
    ...duplicates('queues.yaml', 'queues', queues.queues),
    ...duplicates('queues.yaml', 'agents', queues.agents),
    ...duplicates('bots.yaml', 'bots', bots.bots),
    ...queues.queues.flatMap((queue, index) => aboutQueue(queue, index, config)),
    ...queues.agents.flatMap((agent, index) => aboutAgent(agent.id, index, queues)),
    ...bots.bots.flatMap((bot, index) => aboutBot(bot, index, config)),
  ]
  return { config, findings }
}

function queueSettings(queue: QueuesConfig['queues'][number], agentIds: Set<string>): QueueSettings {
  return {
    id: queue.id,
    name: queue.name ?? queue.id,
    routing: queue.routing,
    offerTimeoutMs: queue.offerTimeout,
    members: [...new Set(queue.members.map(memberId))].filter((id) => agentIds.has(id)),
    priority: queue.priority,
    divertTo: queue.whenUnstaffed === 'wait' ? null : queue.whenUnstaffed.to,
    waitingMessage: queue.waitingMessage ?? null,
    awayLimitMs: queue.awayLimit,
    starvationAfterMs: queue.starvationAfter,
    inactiveAfterMs: queue.inactiveAfter ?? null,
  }
}

function botSettings(bot: BotsConfig['bots'][number]): BotSettings {
  const { id, name, url, secret, timeout, fallback, history } = bot
  return { id, name: name ?? id, url, secret, timeoutMs: timeout, fallback, history }
}

function aboutQueue(queue: QueuesConfig['queues'][number], index: number, config: OmniConfig): OmniFinding[] {
  const findings: OmniFinding[] = []
  const add = (severity: OmniFinding['severity'], path: (string | number)[], code: ErrorCode, message: string, fix: string) =>
    findings.push({ severity, file: 'queues.yaml', path: ['queues', index, ...path], code, message, fix })
  // Only a warning: a team may be listed before its agents are, and the others can work.
  queue.members.forEach((member, at) => {
    if (config.agents.has(memberId(member))) return
    add('warning', ['members', at], 'unknown-member', `${member} is not in the list of agents`, `add { id: ${memberId(member)} } to agents`)
  })
  if (queue.members.length === 0) {
    const severity = queue.whenUnstaffed === 'wait' ? 'error' : 'warning'
    add(severity, ['members'], 'queue-without-members', `queue ${queue.id} has no members`, 'list agents in members')
  }
  if (queue.whenUnstaffed !== 'wait') {
    const path = ['whenUnstaffed', 'to']
    const to = queue.whenUnstaffed.to
    if (!isKnown(to, config)) add('error', path, 'unknown-fallback', `${to} is not configured`, 'name a queue or bot that exists')
    else if (leadsBack(`queue:${queue.id}`, config, divertOf)) {
      add('error', path, 'fallback-circle', `${to} leads back to queue:${queue.id}`, 'let one of them wait')
    }
  }
  return findings
}

function aboutAgent(id: string, index: number, queues: QueuesConfig): OmniFinding[] {
  if (queues.queues.some((queue) => queue.members.includes(`agent:${id}`))) return []
  const message = `agent ${id} is a member of no queue`
  const fix = `add agent:${id} to the members of a queue`
  return [{ severity: 'warning', file: 'queues.yaml', path: ['agents', index], code: 'agent-without-queue', message, fix }]
}

function aboutBot(bot: BotsConfig['bots'][number], index: number, config: OmniConfig): OmniFinding[] {
  const findings: OmniFinding[] = bot.fallback.flatMap((target, at) => {
    if (isKnown(target, config)) return []
    const path = ['bots', index, 'fallback', at]
    const fix = 'name a queue, bot or agent that exists'
    return [{ severity: 'error', file: 'bots.yaml', path, code: 'unknown-fallback', message: `${target} is not configured`, fix }]
  })
  if (leadsBack(`bot:${bot.id}`, config, fallbackOf)) {
    const message = `the fallbacks of bot:${bot.id} lead back to it`
    const path = ['bots', index, 'fallback']
    findings.push({ severity: 'error', file: 'bots.yaml', path, code: 'fallback-circle', message, fix: 'end the chain with a queue' })
  }
  return findings
}

/** Is the queue, bot or agent configured? */
export function isKnown(target: string, config: OmniConfig): boolean {
  const { kind, id } = parts(target)
  if (kind === 'queue') return config.queues.has(id)
  if (kind === 'bot') return config.bots.has(id)
  return kind === 'agent' && config.agents.has(id)
}

/** `queue:general` → kind and id. */
export function parts(target: string): { kind: string; id: string } {
  const colon = target.indexOf(':')
  return { kind: target.slice(0, colon), id: target.slice(colon + 1) }
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

function divertOf(target: string, config: OmniConfig): string[] {
  const { kind, id } = parts(target)
  const to = kind === 'queue' ? config.queues.get(id)?.divertTo : null
  return to === null || to === undefined ? [] : [to]
}

function fallbackOf(target: string, config: OmniConfig): string[] {
  const { kind, id } = parts(target)
  return kind === 'bot' ? [...(config.bots.get(id)?.fallback ?? [])] : []
}

function duplicates(file: OmniFinding['file'], list: string, entries: { id: string }[]): OmniFinding[] {
  const seen = new Set<string>()
  return entries.flatMap(({ id }, index) => {
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    const message = `${id} is defined twice; the first counts`
    return [{ severity: 'error', file, path: [list, index, 'id'], code: 'duplicate-id', message, fix: 'rename or remove one of them' }]
  })
}

function firstById<E extends { id: string }>(entries: E[]): ReadonlyMap<string, E> {
  const byId = new Map<string, E>()
  for (const entry of entries) if (!byId.has(entry.id)) byId.set(entry.id, entry)
  return byId
}

function memberId(member: string): string {
  return member.slice('agent:'.length)
}
