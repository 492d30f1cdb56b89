// Pure. What zod found, said so that a person knows what to write instead.
import { z } from 'zod'
import type { Problem } from './problem.ts'
import { didYouMean } from './suggest.ts'
import type { YamlDocument } from './yaml-document.ts'

export type Validated<T> = { kind: 'valid'; value: T } | { kind: 'invalid'; problems: Problem[] }

/** Checks a document against a schema; every issue becomes a problem at its line. */
export function validate<S extends z.ZodType>(document: YamlDocument, schema: S): Validated<z.output<S>> {
  const result = schema.safeParse(document.value)
  if (result.success) return { kind: 'valid', value: result.data }
  return { kind: 'invalid', problems: result.error.issues.flatMap((issue) => problemsOf(issue, [], document, schema)) }
}

type Issue = z.core.$ZodIssue

function problemsOf(issue: Issue, base: readonly PropertyKey[], document: YamlDocument, schema: z.ZodType): Problem[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path)
    return issue.keys.map((key) => {
      // Of alternatives, another one has it.
      const fix = known.includes(key) ? 'remove it: it goes with another choice than the one made here' : didYouMean(key, known)
      return document.problem([...path, key], `unknown key "${key}"`, fix, { key: true })
    })
  }
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue.errors)
    if (branch !== null) return branch.flatMap((inner) => problemsOf(inner, path, document, schema))
  }
  const { message, fix } = sentence(issue, valueAt(document.value, path), kindOf(schema, path))
  return [document.problem(path, message, fix)]
}

/** Values whose form needs other words than zod's. What stands where a secret belongs is never repeated: it may be one. */
type ValueKind = 'secret' | 'duration' | 'other'

function kindOf(schema: z.ZodType, path: readonly PropertyKey[]): ValueKind {
  if (path.at(-1) === 'secret') return 'secret'
  const refs = nodesAt(schema, path).map((node) => node.$ref ?? '')
  if (refs.includes('#/$defs/SecretReference')) return 'secret'
  return refs.includes('#/$defs/Duration') ? 'duration' : 'other'
}

/** Of a union's alternatives, the one that got furthest is the one that was meant. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const reach = (issues: readonly Issue[]) =>
    Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))
  const best = branches.filter((issues) => issues.length > 0).toSorted((a, b) => reach(b) - reach(a) || a.length - b.length)[0]
  return best === undefined || reach(best) === 0 ? null : best
}

function sentence(issue: Issue, input: unknown, kind: ValueKind): { message: string; fix: string } {
  if (kind === 'secret' && input !== undefined && issue.code !== 'custom') {
    const message = 'a secret is never written here: expected a reference, env:NAME or file:PATH'
    return { message, fix: 'put it into an environment variable or a file, and name that' }
  }
  if (kind === 'duration' && typeof input === 'number') {
    return {
      message: `expected a duration such as 30s, 15m, 24h or 30d, got ${input}`,
      fix: `add the unit: ${input}s, ${input}m, ${input}h or ${input}d`,
    }
  }
  if (input === undefined && issue.code !== 'custom') {
    const what = issue.code === 'invalid_value' ? oneOf(issue.values) : issue.code === 'invalid_type' ? article(issue.expected) : 'a value'
    return { message: `missing: expected ${what}`, fix: 'add it' }
  }
  switch (issue.code) {
    case 'invalid_value': {
      const values = issue.values.map(String)
      return { message: `expected ${oneOf(issue.values)}, got ${show(input)}`, fix: didYouMean(show(input).replaceAll('"', ''), values) }
    }
    case 'invalid_type':
      return { message: `expected ${article(issue.expected)}, got ${show(input)}`, fix: typeFix(issue.expected, input) }
    case 'too_small':
      return { message: `too small: ${limit(issue.origin, 'at least', issue.minimum)}`, fix: 'make it larger' }
    case 'too_big':
      return { message: `too large: ${limit(issue.origin, 'at most', issue.maximum)}`, fix: 'make it smaller' }
    case 'invalid_format':
      // The schema's own words; the value is not repeated, as it may be a secret put in the wrong place.
      return {
        message: issue.message.startsWith('Invalid') ? formatMessage(issue) : expectedText(issue.message),
        fix: 'write it in that form',
      }
    case 'invalid_union': {
      // No alternative was tried: the key that chooses one names none of them.
      const values = 'options' in issue ? (issue.options as unknown[]).filter((value) => value !== undefined).map(String) : []
      if (values.length === 0) return { message: `${issue.message}, got ${show(input)}`, fix: '' }
      return { message: `expected ${oneOf(values)}, got ${show(input)}`, fix: didYouMean(String(input), values) }
    }
    case 'custom':
      return { message: issue.message, fix: typeof issue.params?.['fix'] === 'string' ? issue.params['fix'] : '' }
    default:
      return { message: `${issue.message}, got ${show(input)}`, fix: '' }
  }
}

function formatMessage(issue: Issue & { code: 'invalid_format' }): string {
  if (issue.format === 'template_literal') return 'expected a target: queue:<id>, bot:<id> or agent:<id>'
  if (issue.format === 'url') return 'expected a URL, such as https://graph.facebook.com'
  return issue.pattern === undefined ? `expected ${issue.format}` : `expected text like ${issue.pattern}`
}

/** A regex message of a schema is a noun phrase (`a duration such as 30s`) or a sentence of its own. */
function expectedText(message: string): string {
  return message.includes('expected') ? message : `expected ${message}`
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value))
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`
}

const ARTICLES: Partial<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of keys',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}
function article(type: string): string {
  return ARTICLES[type] ?? type
}

function typeFix(expected: string, input: unknown): string {
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) return `put it in quotes: "${String(input)}"`
  if (expected === 'array') return `write it as a list: [${typeof input === 'string' || typeof input === 'number' ? input : '…'}]`
  if (expected === 'boolean') return 'write true or false, without quotes'
  if (expected === 'number') return 'write a number, without quotes'
  return `write ${article(expected)}`
}

function limit(origin: string, bound: string, value: number | bigint): string {
  if (origin === 'string') return `${bound} ${value} ${value === 1 ? 'character' : 'characters'}`
  if (origin === 'array') return `${bound} ${value} ${value === 1 ? 'entry' : 'entries'}`
  return `${bound} ${value}`
}

function show(input: unknown): string {
  if (Array.isArray(input)) return 'a list'
  if (input === null) return 'nothing'
  if (typeof input === 'object') return 'a block of keys'
  // YAML knows no other values than these.
  const text = JSON.stringify(input) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined), value)
}

interface JsonSchema {
  $ref?: string
  $defs?: Record<string, JsonSchema>
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
}

/** The keys a schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return [...new Set(nodesAt(schema, path).flatMap((node) => Object.keys(node.properties ?? {})))]
}

/** Everything a schema says of a path, read from its JSON Schema, which is zod's public description of itself. */
function nodesAt(schema: z.ZodType, path: readonly PropertyKey[]): JsonSchema[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const open = (node: JsonSchema): JsonSchema[] => {
    const target = node.$ref === undefined ? undefined : root.$defs?.[node.$ref.replace('#/$defs/', '')]
    const inner = [...(target === undefined ? [] : [target]), ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
    return [node, ...inner.flatMap(open)]
  }
  let nodes = open(root)
  for (const key of path) nodes = nodes.flatMap((node) => childOf(node, key)).flatMap(open)
  return nodes
}

function childOf(node: JsonSchema, key: PropertyKey): JsonSchema[] {
  if (typeof key === 'number') return node.items === undefined ? [] : [node.items]
  const property = node.properties?.[String(key)]
  if (property !== undefined) return [property]
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : []
}
