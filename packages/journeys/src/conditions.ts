// Pure. CEL conditions: `contact.vip == true`, `answers.size in ["m", "l"]`.
import { Environment } from '@marcbachmann/cel-js'
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js'
import type { Scope } from './templates.ts'

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 10 },
})
  .registerVariable('contact', 'map')
  .registerVariable('answers', 'map')
  .registerVariable('input', 'map')
  .registerVariable('number', 'map')
  .registerVariable('journey', 'map')
  .registerVariable('window', 'map')

interface Condition {
  run: ParseResult
  /** `contact.vip` as ['contact', 'vip'], outside has(…). */
  names: string[][]
  /** The same inside has(…). */
  guarded: string[][]
}
type Parsed = { kind: 'ok'; condition: Condition } | { kind: 'invalid'; message: string }

// A macro walks a list; two inside each other multiply, and the library does not limit that.
const MACROS = ['all', 'exists', 'exists_one', 'map', 'filter']
// `matches` is a backtracking regular expression: one can hang the process.
const FORBIDDEN = ['matches']

const parsed = new Map<string, Parsed>()

function parse(text: string): Parsed {
  const known = parsed.get(text)
  if (known !== undefined) return known
  if (parsed.size > 5_000) parsed.clear()
  const made = parseNew(text)
  parsed.set(text, made)
  return made
}

function parseNew(text: string): Parsed {
  try {
    const run = environment.parse(text)
    const condition: Condition = { run, names: [], guarded: [] }
    const refusal = walk(run.ast, condition, { guarded: false, item: null })
    if (refusal !== null) return { kind: 'invalid', message: refusal }
    const check = run.check()
    if (!check.valid) return { kind: 'invalid', message: summary(check.error) }
    if (check.type !== 'bool' && check.type !== 'dyn')
      return { kind: 'invalid', message: `a condition is true or false, this is ${check.type}` }
    return { kind: 'ok', condition }
  } catch (error) {
    return { kind: 'invalid', message: summary(error) }
  }
}

/** What a part of a condition stands in: has(…), or a macro, whose `item` is what it calls each item of its list. */
interface Inside {
  guarded: boolean
  item: string | null
}

function walk(node: ASTNode, found: Condition, inside: Inside): string | null {
  if (node.op === 'call' || node.op === 'rcall') {
    const name = node.args[0]
    if (FORBIDDEN.includes(name)) return `${name}() is not available; use ==, in, contains(), startsWith() or endsWith()`
    const item = node.op === 'rcall' && MACROS.includes(name) ? nameOf(node.args[2][0]) : null
    if (item !== null && inside.item !== null) return `${name}() must not stand inside another one`
    return walkAll(children(node), found, { guarded: inside.guarded || name === 'has', item: item ?? inside.item })
  }
  if (node.op === '.' || node.op === '.?') {
    const [object, member] = node.args
    if (object.op === 'id' && object.args !== inside.item) (inside.guarded ? found.guarded : found.names).push([object.args, member])
  }
  return walkAll(children(node), found, inside)
}

function nameOf(node: ASTNode | undefined): string {
  return node?.op === 'id' ? node.args : ''
}

function walkAll(nodes: ASTNode[], found: Condition, inside: Inside): string | null {
  for (const node of nodes) {
    const refusal = walk(node, found, inside)
    if (refusal !== null) return refusal
  }
  return null
}

function children(node: ASTNode): ASTNode[] {
  const collect = (value: unknown): ASTNode[] => (isNode(value) ? [value] : Array.isArray(value) ? value.flatMap(collect) : [])
  return collect(node.args)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

/** The syntax or type problem of a condition, or null. */
export function checkCondition(text: string): string | null {
  const result = parse(text)
  return result.kind === 'ok' ? null : result.message
}

/** The variables a condition names, as paths from the scope's root. */
export function conditionVariables(text: string): string[][] {
  const result = parse(text)
  return result.kind === 'ok' ? [...result.condition.names, ...result.condition.guarded] : []
}

/** Whether a condition holds. A member that is not there counts as null, unless the condition asks for it by has(…);
 * a comparison that null does not allow (`contact.age > 18` without an age) does not hold. Anything else that cannot be
 * evaluated does not hold either, and `problem` says why. */
export function evaluate(text: string, scope: Scope): { holds: boolean; problem?: string } {
  const result = parse(text)
  if (result.kind === 'invalid') return { holds: false, problem: result.message }
  const values: Record<string, Record<string, unknown>> = {
    contact: scope.contact,
    answers: scope.answers,
    input: scope.input,
    number: scope.number,
    journey: scope.journey,
    window: scope.window,
  }
  const guarded = new Set(result.condition.guarded.map((name) => name.join('.')))
  let filled = false
  for (const [root, member] of result.condition.names) {
    if (root === undefined || member === undefined || guarded.has(`${root}.${member}`)) continue
    const object = values[root]
    if (object === undefined || Object.hasOwn(object, member)) continue
    values[root] = { ...object, [member]: null }
    filled = true
  }
  try {
    return { holds: result.condition.run(values) === true }
  } catch (error) {
    return filled ? { holds: false } : { holds: false, problem: summary(error) }
  }
}

function summary(error: unknown): string {
  if (error !== null && typeof error === 'object' && 'summary' in error && typeof error.summary === 'string') return error.summary
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error)
}
