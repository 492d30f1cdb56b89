// Pure. Queues, bots and agents as they are named in configuration and hand-offs: `queue:general`, `bot:faq`, `agent:ana`.
import type { OmniConfig } from './settings.ts'

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

/** `agent:ana` → `ana`. */
export function memberId(member: string): string {
  return member.slice('agent:'.length)
}
