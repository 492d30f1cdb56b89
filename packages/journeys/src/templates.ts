// Pure. Liquid texts: `{{ contact.name | default: 'there' }}`. The same text and scope always give the same result, so
// the filters and tags that read the clock, chance or files are taken out.
import { Liquid } from 'liquidjs'
import type { Template } from 'liquidjs'

/** What texts and conditions may name. Values are plain JSON. */
export interface Scope {
  contact: Record<string, unknown>
  answers: Record<string, unknown>
  input: Record<string, unknown>
  number: { id: string; displayNumber: string }
  journey: { id: string; name: string }
  /** The reply window: whether a free-form message may be sent now, with a minute to spare, and how much of it is left. */
  window: { open: boolean; hoursLeft: number }
}

export type Rendered<T> = { kind: 'ok'; value: T } | { kind: 'unbound'; path: (string | number)[]; reason: string }

/** One way of writing values into a text. Its memory of parsed texts is bounded by what has been published; the cap guards a
 * long-lived process. */
interface Dialect {
  liquid: Liquid
  parsed: Map<string, Template[]>
}

const PLAIN: Dialect = { liquid: newLiquid(), parsed: new Map() }
/** Values become part of an address, and no structure of it. */
const ADDRESS: Dialect = { liquid: newLiquid((value) => encodeURIComponent(String(value))), parsed: new Map() }
/** Notes the last value that was written: a render is over before the next one begins. */
let written: unknown
const NOTED: Dialect = { liquid: newLiquid((value) => String((written = value))), parsed: new Map() }

function newLiquid(outputEscape?: (value: unknown) => string): Liquid {
  const made = new Liquid({
    ...(outputEscape === undefined ? {} : { outputEscape }),
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    lenientIf: true,
    parseLimit: 20_000,
    memoryLimit: 200_000,
    timezoneOffset: 0,
  })
  for (const tag of ['include', 'render', 'layout', 'block', 'for', 'tablerow', 'increment', 'decrement', 'cycle']) delete made.tags[tag]
  for (const filter of ['sample', 'where_exp', 'reject_exp', 'find_exp', 'group_by_exp']) delete made.filters[filter]
  // It would write a value as it is.
  if (outputEscape !== undefined) delete made.filters['raw']
  for (const name of Object.keys(made.filters).filter((each) => each.startsWith('date'))) withoutClock(made, name)
  return made
}

/** Takes the words for the present moment out of a filter of dates. */
function withoutClock(liquid: Liquid, name: string): void {
  const filter = liquid.filters[name]
  liquid.registerFilter(
    name,
    function (this: ThisParameterType<Extract<typeof filter, (...parameters: never[]) => unknown>>, value: unknown, ...rest: unknown[]) {
      if (value === 'now' || value === 'today')
        throw new Error(`the ${name} filter does not know '${value}': a text must not depend on the clock`)
      return typeof filter === 'function' ? Reflect.apply(filter, this, [value, ...rest]) : value
    },
  )
}

function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%')
}

function parse(text: string, { liquid, parsed }: Dialect = PLAIN): Template[] {
  const known = parsed.get(text)
  if (known !== undefined) return known
  if (parsed.size > 5_000) parsed.clear()
  const made = liquid.parse(text)
  parsed.set(text, made)
  return made
}

/** The syntax problem of a text, or null. */
export function checkTemplate(text: string): string | null {
  return check(text, PLAIN)
}

/** The same of the text of an address. */
export function checkAddress(text: string): string | null {
  return check(text, ADDRESS)
}

function check(text: string, dialect: Dialect): string | null {
  if (!isTemplate(text)) return null
  try {
    parse(text, dialect)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

/** The variables a text names, as paths from the scope's root: `[['contact', 'name']]`. */
export function variablesOf(text: string): string[][] {
  if (!isTemplate(text)) return []
  return PLAIN.liquid.globalVariableSegmentsSync(parse(text)).map((segments) => segments.filter((segment) => typeof segment === 'string'))
}

type RenderedText<T = string> = { kind: 'ok'; value: T } | { kind: 'unbound'; reason: string }

function render(text: string, scope: Scope, dialect: Dialect): RenderedText {
  if (!isTemplate(text)) return { kind: 'ok', value: text }
  try {
    return { kind: 'ok', value: String(dialect.liquid.renderSync(parse(text, dialect), scope)) }
  } catch (error) {
    return { kind: 'unbound', reason: messageOf(error) }
  }
}

function renderText(text: string, scope: Scope): RenderedText {
  const result = render(text, scope, PLAIN)
  return result.kind === 'ok' && result.value.trim() === '' ? { kind: 'unbound', reason: 'the text came out empty' } : result
}

/** Fills in the variables of an address, percent-encoded. */
export function renderAddress(text: string, scope: Scope): RenderedText {
  return render(text, scope, ADDRESS)
}

/** A text that is one variable and nothing else is that value, of whatever kind it is. */
function renderValue(text: string, scope: Scope): RenderedText<unknown> {
  if (!/^\s*\{\{[^{}]*\}\}\s*$/.test(text)) return render(text, scope, PLAIN)
  const result = render(text, scope, NOTED)
  return result.kind === 'ok' ? { kind: 'ok', value: written } : result
}

/** Fills in every text inside a value. All or nothing: the first one that cannot be filled in is named, with its path. */
export function renderAll<T>(value: T, scope: Scope): Rendered<T> {
  const rendered = fillIn(value, (text) => renderText(text, scope))
  return rendered.kind === 'ok' ? { kind: 'ok', value: sameShape(value, rendered.value) } : rendered
}

/** The same for JSON that goes to a program: texts may come out empty, and values keep their kind. */
export function renderJson(value: unknown, scope: Scope): Rendered<unknown> {
  return fillIn(value, (text) => renderValue(text, scope))
}

function fillIn(value: unknown, textOf: (text: string) => RenderedText<unknown>): Rendered<unknown> {
  const failure: { path: (string | number)[]; reason: string }[] = []
  const visit = (part: unknown, path: (string | number)[]): unknown => {
    if (failure.length > 0) return part
    if (typeof part === 'string') {
      const result = textOf(part)
      if (result.kind === 'ok') return result.value
      failure.push({ path, reason: result.reason })
      return part
    }
    if (Array.isArray(part)) return part.map((item, at) => visit(item, [...path, at]))
    if (part === null || typeof part !== 'object') return part
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, visit(item, [...path, key])]))
  }
  const rendered = visit(value, [])
  const first = failure[0]
  return first === undefined ? { kind: 'ok', value: rendered } : { kind: 'unbound', ...first }
}

// Rendering maps strings to strings and copies the rest, so the shape holds.
function sameShape<T>(_like: T, rendered: unknown): T {
  return rendered as T
}

/** Every text inside a value, with its path. */
export function textsOf(value: unknown, path: (string | number)[] = []): { path: (string | number)[]; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (Array.isArray(value)) return value.flatMap((item, at) => textsOf(item, [...path, at]))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, key]))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
