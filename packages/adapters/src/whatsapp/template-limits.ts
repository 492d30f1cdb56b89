// Pure. Limits of a template send. What only the template itself knows (how many parameters it has) the provider judges.
import type { TemplateContent } from '@baton/router'
import { count, length, when } from './limit-checks.ts'
import type { Problem } from './limit-checks.ts'
import { headerProblems } from './media-limits.ts'

/** `value`: a parameter cannot be longer than the body it goes into. `code`: 15 until the end of 2025, 20 since. */
const LIMITS = { name: 512, value: 1_024, buttons: { quickReply: 10, url: 2, copyCode: 1 }, allButtons: 10, url: 2_000, code: 20 } as const

/** Everything about a template send that can be seen without the template. */
export function templateProblems(content: TemplateContent): Problem[] {
  const { name, language, variables = {}, header, buttons = [] } = content
  return [
    ...length('name', name, 1, LIMITS.name),
    ...when(!/^[a-z0-9_]*$/.test(name), 'name', 'may hold only a-z, 0-9 and _'),
    ...when(!/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/.test(language), 'language', 'is no language code such as en or en_US'),
    ...variableProblems(variables),
    ...(header === undefined ? [] : headerProblems(header)),
    ...buttonProblems(buttons),
  ]
}

function variableProblems(variables: Record<string, string>): Problem[] {
  const names = Object.keys(variables)
  const positions = names.filter((name) => /^\d+$/.test(name)).length
  const mixed = positions > 0 && positions < names.length
  const gap = positions === names.length && names.some((_, n) => !(String(n + 1) in variables))
  return [
    ...when(mixed, 'variables', 'are named and numbered at once: a template has either'),
    ...when(gap, 'variables', 'are numbered from 1 without a gap'),
    ...Object.entries(variables).flatMap(([name, value]) => [
      ...length(`variables.${name}`, value, 1, LIMITS.value),
      ...when(/[\n\r\t]| {5}/.test(value), `variables.${name}`, 'holds a line break, a tab or more than four spaces in a row'),
      ...when(!/^(\d+|[a-z][a-z0-9_]*)$/.test(name), `variables.${name}`, 'is no variable name: a-z, 0-9 and _, or a number'),
    ]),
  ]
}

function buttonProblems(buttons: NonNullable<TemplateContent['buttons']>): Problem[] {
  const kinds = ['quickReply', 'url', 'copyCode'] as const
  const quick = buttons.flatMap(({ type }, n) => (type === 'quickReply' ? [n] : []))
  const scattered = quick.length > 0 && (quick.at(-1) ?? 0) - (quick[0] ?? 0) !== quick.length - 1
  return [
    ...(buttons.length === 0 ? [] : count('buttons', buttons.length, LIMITS.allButtons)),
    ...kinds.flatMap((kind) => {
      const found = buttons.filter(({ type }) => type === kind).length
      return found === 0 ? [] : count('buttons', found, LIMITS.buttons[kind], kind)
    }),
    ...when(scattered, 'buttons', 'mix quick replies with others: quick replies stand together'),
    ...buttons.flatMap(({ type, value }, n) =>
      length(`buttons.${n}.value`, value, 1, type === 'copyCode' ? LIMITS.code : type === 'url' ? LIMITS.url : Infinity),
    ),
  ]
}
