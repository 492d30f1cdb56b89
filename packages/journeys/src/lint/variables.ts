// Pure. Whether every variable that a text or condition names is set somewhere.
import { isReservedAttribute } from '@baton/router'
import { conditionVariables } from '../conditions.ts'
import type { JourneyDefinition } from '../definition/journey.ts'
import { renderAll, variablesOf } from '../templates.ts'
import type { Scope } from '../templates.ts'
import type { Finding, Node, Report } from './finding.ts'

export function lintVariables(journey: JourneyDefinition, nodes: Map<string, Node>, report: Report): Finding[] {
  const saved = [...nodes.values()].map((node) => node.kind.saves?.(node.step) ?? {})
  const known: Record<string, readonly string[] | null> = {
    contact: null,
    answers: saved.flatMap((each) => each.answers ?? []),
    input: journey.input,
    number: ['id', 'displayNumber'],
    journey: ['id', 'name'],
    window: ['open', 'hoursLeft'],
  }
  const sample: Scope = {
    contact: Object.fromEntries([['id', 'x'], ['tags', []], ...saved.flatMap((each) => each.attributes ?? []).map((name) => [name, 'x'])]),
    answers: Object.fromEntries((known['answers'] ?? []).map((name) => [name, 'x'])),
    input: Object.fromEntries(journey.input.map((name) => [name, 'x'])),
    number: { id: 'x', displayNumber: 'x' },
    journey: { id: 'x', name: 'x' },
    window: { open: true, hoursLeft: 1 },
  }
  const ofWhole = (['goal', 'exit'] as const).flatMap((key) => {
    const unknown = conditionVariables(journey[key]?.if ?? '').filter((name) => !isKnown(name, known))
    return unknown.map((name) => report('variable-unknown', [key, 'if'], `${name.join('.')} is never set`, fixFor(name, known)))
  })
  const texts = [...nodes.values()].flatMap((node) =>
    (node.kind.texts?.(node.step) ?? []).map((each) => ({ ...each, at: ['steps', node.name, ...each.path] })),
  )
  const { reply } = journey.pause
  const paused = reply === undefined ? [] : [{ at: ['pause', 'reply'], text: reply, language: 'liquid' as const }]
  const found = [...paused, ...texts].flatMap(({ at, text, language }) => {
    const names = language === 'cel' ? conditionVariables(text) : variablesOf(text)
    const unknown = names.filter((name) => !isKnown(name, known))
    if (unknown.length > 0)
      return unknown.map((name) => report('variable-unknown', at, `${name.join('.')} is never set`, fixFor(name, known)))
    const missing = language === 'cel' ? null : missingAttribute(text, sample)
    return missing === null
      ? []
      : [report('variable-may-be-missing', at, `${missing} may have no value`, `{{ ${missing} | default: '…' }}`)]
  })
  return [...ofWhole, ...found]
}

/** No attribute passes for what the provider says of a contact. A step writes its attributes under that very key. */
export function lintAttributes(_journey: JourneyDefinition, nodes: Map<string, Node>, report: Report): Finding[] {
  return [...nodes.values()].flatMap(({ name, kind, step }) =>
    (kind.saves?.(step).attributes ?? []).filter(isReservedAttribute).map((attribute) => {
      const path = ['steps', name, kind.kind, 'attributes', attribute]
      const message = `${attribute} is what the contact is known by, and is no attribute`
      return report('attribute-reserved', path, message, `name it otherwise, such as given_${attribute}`)
    }),
  )
}

/** Answers and inputs without a value that texts of these steps would be refused for. */
export function unboundIn(nodes: readonly Node[], given: { answers: readonly string[]; input: readonly string[] }): string[] {
  const known = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'x']))
  return nodes.flatMap((node) =>
    (node.kind.texts?.(node.step) ?? []).flatMap(({ text, language }) => {
      if (language === 'cel') return []
      const contact = known(variablesOf(text).flatMap(([root, member]) => (root === 'contact' && member !== undefined ? [member] : [])))
      const scope = { contact, answers: known(given.answers), input: known(given.input) }
      const result = renderAll(text, {
        ...scope,
        number: { id: 'x', displayNumber: 'x' },
        journey: { id: 'x', name: 'x' },
        window: { open: true, hoursLeft: 1 },
      })
      return result.kind === 'ok' ? [] : (/undefined variable: ((?:answers|input)\.\w+)/.exec(result.reason)?.[1] ?? [])
    }),
  )
}

function isKnown(name: string[], known: Record<string, readonly string[] | null>): boolean {
  const [root = '', member] = name
  if (!Object.hasOwn(known, root)) return false
  const members = known[root]
  return members === null || members === undefined || member === undefined || members.includes(member)
}

function fixFor(name: string[], known: Record<string, readonly string[] | null>): string {
  const [root = ''] = name
  if (!Object.hasOwn(known, root)) return `variables start with ${Object.keys(known).join('., ')}.`
  return root === 'input' ? 'list it under input' : `${root} has ${(known[root] ?? []).join(', ') || 'nothing'}`
}

function missingAttribute(text: string, sample: Scope): string | null {
  const result = renderAll(text, sample)
  return result.kind === 'ok' ? null : (/undefined variable: (contact\.[\w.]+)/.exec(result.reason)?.[1] ?? null)
}
