// The statechart as a page: a Mermaid diagram a region, and under it the rules in the order in which they are tried.
import { conversationMachine } from '../src/conversation/machine.ts'

interface Transition {
  guard?: unknown
  target?: string | string[]
  actions?: unknown
}
interface Config {
  initial?: string
  states?: Record<string, Config>
  on?: Record<string, Transition | readonly Transition[]>
}

/** `docs/statechart.md`, made from the machine itself. */
export function statechartPage(): string {
  const regions = (conversationMachine.config as Config).states ?? {}
  const parts = [
    '# The conversation machine',
    '',
    'Generated from `packages/router/src/conversation/machine.ts` (`pnpm statechart`); a test fails when it drifts.',
    'Five regions run side by side. The diagrams show what leads from state to state; the tables list, for each state of',
    '`ownership`, the rules for a customer message in the order in which they are tried.',
  ]
  for (const [name, region] of Object.entries(regions)) parts.push('', `## ${name}`, '', '```mermaid', ...diagram(region), '```')
  parts.push('', '## What happens to a customer message', '')
  for (const [path, config] of leaves(regions['ownership'] as Config, '')) parts.push(...ruleTable(path, config))
  return parts.join('\n').trimEnd() + '\n'
}

function diagram(region: Config): string[] {
  const lines = ['stateDiagram-v2']
  const draw = (config: Config, path: string, indent: string): void => {
    if (config.initial !== undefined) lines.push(`${indent}[*] --> ${nodeName(path, config.initial)}`)
    for (const [key, child] of Object.entries(config.states ?? {})) {
      if (child.states !== undefined) {
        lines.push(`${indent}state ${nodeName(path, key)} {`)
        draw(child, join(path, key), `${indent}  `)
        lines.push(`${indent}}`)
      }
    }
  }
  draw(region, '', '  ')
  const arrows = new Map<string, Set<string>>()
  for (const [path, config] of nodes(region, '')) {
    for (const [event, transitions] of Object.entries(config.on ?? {})) {
      for (const transition of asList(transitions)) {
        if (transition.target === undefined) continue
        const key = `${nodeName('', path)} --> ${targetName(transition.target, path)}`
        const label = event === 'message.received' ? (ruleOf(transition) ?? guardOf(transition)) : event
        arrows.set(key, (arrows.get(key) ?? new Set()).add(label))
      }
    }
  }
  for (const [arrow, labels] of arrows) lines.push(`  ${arrow} : ${[...labels].join(', ')}`)
  return lines
}

function ruleTable(path: string, config: Config): string[] {
  const transitions = asList(config.on?.['message.received'] ?? [])
  if (transitions.length === 0) return []
  return [
    `### while \`${path}\``,
    '',
    '| # | rule | when | then |',
    '|---|---|---|---|',
    ...transitions.map((transition, index) => {
      const then = transition.target === undefined ? 'stays' : `→ \`${String(transition.target).replace('#conversation.ownership.', '')}\``
      return `| ${index + 1} | \`${ruleOf(transition) ?? ''}\` | ${guardOf(transition)} | ${then} |`
    }),
    '',
  ]
}

function* nodes(config: Config, path: string): Generator<[string, Config]> {
  for (const [key, child] of Object.entries(config.states ?? {})) {
    yield [join(path, key), child]
    yield* nodes(child, join(path, key))
  }
}

function* leaves(config: Config, path: string): Generator<[string, Config]> {
  for (const [node, child] of nodes(config, path)) if (child.on?.['message.received'] !== undefined) yield [node, child]
}

const asList = (value: Transition | readonly Transition[]): readonly Transition[] => (Array.isArray(value) ? value : [value as Transition])
const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
const nodeName = (path: string, key: string): string => join(path, key).replaceAll('.', '_')
const guardOf = (transition: Transition): string => (typeof transition.guard === 'string' ? transition.guard : 'otherwise')

function targetName(target: string | string[], from: string): string {
  const name = String(target)
  if (name.startsWith('#conversation.')) return name.replace(/^#conversation\.[^.]+\./, '').replaceAll('.', '_')
  return nodeName(from.includes('.') ? from.slice(0, from.lastIndexOf('.')) : '', name)
}

function ruleOf(transition: Transition): string | null {
  const actions = (transition.actions ?? []) as { type?: string; params?: { rule?: string } }[]
  return actions.find((action) => action.type === 'decide')?.params?.rule ?? null
}
