// Pure. A question: it sends a prompt, waits for the answer, and branches.
import { z } from 'zod'
import { duration } from '@baton/router'
import type { Option } from '@baton/router'
import { choiceProblems, contentShape, oneContent, options, optionsOf, toContent } from '../definition/content.ts'
import type { ContentInput } from '../definition/content.ts'
import { fieldName, handOffBranch, stepName, text } from '../definition/fields.ts'
import type { HandOffBranch } from '../definition/fields.ts'
import { accept, checkRegex, literalForm } from '../replies.ts'
import { renderAll, textsOf } from '../templates.ts'
import { messageLine } from '../in-words.ts'
import { SERVED } from './step.ts'
import type { Exit, Move, Path, StepKind, StepView } from './step.ts'

const HOUR = 3_600_000
/** A question without a timeout branch ends its run after this long: with the reply window, or a week after a template. */
const DEFAULT_TIMEOUT = { freeForm: 24 * HOUR, template: 7 * 24 * HOUR }

const RESERVED = ['valid', 'invalid', 'timeout', 'deliveryFailed']

const question = z
  .strictObject({
    ...contentShape,
    options: options.optional(),
    accept: accept.optional(),
    save: fieldName.optional(),
    retries: z.int().min(0).max(10).default(0),
    again: text(1024).optional(),
    interruptible: z.enum(['ifNotValidReply', 'never', 'always']).default('ifNotValidReply'),
  })
  .superRefine((given, context) => {
    const complain = (message: string, path: Path = []): void => context.addIssue({ code: 'custom', message, path })
    const problem = oneContent(contentOf(given))
    if (problem !== null) complain(problem)
    if (given.options !== undefined && optionsOf(given).length > 0) complain('buttons and lists carry their own options', ['options'])
    for (const message of choiceProblems(choicesOf(given))) complain(message)
    for (const choice of choicesOf(given))
      if (RESERVED.includes(choice.id)) complain(`${choice.id} is a branch of every question and cannot be the id of an option`)
    const regex = typeof given.accept === 'object' ? checkRegex(given.accept.regex) : null
    if (regex !== null) complain(regex, ['accept', 'regex'])
    if (given.again !== undefined && given.retries === 0) complain('again is only used with retries', ['again'])
  })

const branch = z.union([stepName, handOffBranch], { error: 'the name of a step, or { handOff: [queue:general] }' })
const timeout = z.union(
  [z.strictObject({ after: duration, goto: stepName }), z.strictObject({ after: duration, ...handOffBranch.shape })],
  { error: '{ after: 23h, goto: <step> } or { after: 23h, handOff: [queue:general] }' },
)

const branches = z
  .object({ valid: branch.optional(), invalid: branch.optional(), timeout: timeout.optional(), deliveryFailed: branch.optional() })
  .catchall(branch)
  .transform(({ valid, invalid, timeout: late, deliveryFailed, ...rest }) => ({
    valid,
    invalid,
    timeout: late,
    deliveryFailed,
    options: Object.fromEntries(Object.entries(rest)),
  }))

const schema = z.strictObject({ ask: question, on: branches })
type Ask = z.infer<typeof schema>

/** Asks and waits. */
export const ask: StepKind<Ask> = {
  kind: 'ask',
  schema,
  enter: (step, view) => prompt(step, view, 0),
  receive(step, view, signal) {
    if (signal.kind === 'reply') return answered(step, signal.match)
    if (signal.kind === 'invalid') {
      return view.tries < step.ask.retries
        ? prompt(step, view, view.tries + 1)
        : leave(step.on.invalid ?? serviceOf(view), 'invalid-reply', 'invalid-reply')
    }
    if (signal.kind === 'support') {
      const branched = step.on.invalid
      return leave(typeof branched === 'object' ? branched : (serviceOf(view) ?? noTargets), 'support-request', 'support-request')
    }
    if (signal.kind === 'timer') return leave(timeoutBranch(step), 'timeout', 'timed-out')
    const failed = step.on.deliveryFailed
    if (failed !== undefined) return leave(failed, 'prompt-undelivered', 'prompt-undelivered')
    return { next: { kind: 'fail', code: 'journey-prompt-undelivered', detail: {} } }
  },
  skip: (step) => leave(timeoutBranch(step), 'timeout', 'timed-out'),
  exits: exitsOf,
  texts: (step) => {
    const { options: choices, again } = step.ask
    const { options: chosen, ...others } = step.on
    const notes = Object.entries({ ...others, ...chosen }).map(([name, to]) => [
      name,
      typeof to === 'object' && 'note' in to ? { note: to.note } : {},
    ])
    const found = [...textsOf({ ...contentOf(step.ask), options: choices, again }, ['ask']), ...textsOf(Object.fromEntries(notes), ['on'])]
    return found.map((each) => ({ ...each, language: 'liquid' }))
  },
  saves: (step) => (step.ask.save === undefined ? {} : { answers: [step.ask.save] }),
  takesOver: canAnswer,
  lint: (step) => [...lintBranches(step), ...lintTitles(step)],
  answers: (step) =>
    step.ask.interruptible === 'always' ? choicesOf(step.ask).map(({ title }) => ({ title, path: ['ask', 'interruptible'] })) : [],
  shows: (step) => messageLine(toContent(contentOf(step.ask), choicesOf(step.ask))),
  sends: (step) => (step.ask.template === undefined ? 'free-form' : 'template'),
}

const noTargets: HandOffBranch = { handOff: [], onReturn: 'exit' }

function contentOf(given: z.infer<typeof question>): ContentInput {
  const {
    options: _options,
    accept: _accept,
    save: _save,
    retries: _retries,
    again: _again,
    interruptible: _interruptible,
    ...content
  } = given
  return content
}

function choicesOf(given: ContentInput & { options?: Option[] | undefined }): Option[] {
  return given.options ?? optionsOf(given)
}

function prompt(step: Ask, view: StepView, tries: number): Move {
  const { accept: accepts, again, options: choices } = step.ask
  const rendered = renderAll({ content: contentOf(step.ask), again: tries > 0 ? again : undefined, options: choices }, view.scope)
  if (rendered.kind === 'unbound') {
    const path = rendered.path.filter((part, at) => at > 0 || part !== 'content')
    return {
      next: { kind: 'fail', code: 'journey-variable-unbound', detail: { path: ['ask', ...path].join('.'), reason: rendered.reason } },
    }
  }
  const shown = choicesOf({ ...rendered.value.content, options: rendered.value.options })
  const problem = choiceProblems(shown)[0]
  if (problem !== undefined) return { next: { kind: 'fail', code: 'journey-choices-invalid', detail: { path: 'ask', reason: problem } } }
  const content =
    rendered.value.again === undefined ? rendered.value.content : askAgain(rendered.value.content, rendered.value.again, shown)
  return {
    next: {
      kind: 'ask',
      content: toContent(content, shown),
      options: shown,
      accept: accepts ?? (shown.length === 0 ? 'text' : null),
      interruptible: step.ask.interruptible,
      tries,
      timeoutMs: step.on.timeout?.after ?? defaultTimeout(step),
    },
  }
}

// The same choices under the words of `again`: a template or media question is asked again as an ordinary message.
function askAgain(content: ContentInput, again: string, shown: Option[]): ContentInput {
  if (content.list !== undefined) return { list: { ...content.list, body: again } }
  if (content.buttons !== undefined) return { buttons: { ...content.buttons, body: again } }
  const fit = shown.length > 0 && shown.length <= 3 && shown.every((choice) => [...choice.title].length <= 20)
  return content.template !== undefined && fit ? { buttons: { body: again, options: shown } } : { text: again }
}

function answered(step: Ask, match: { kind: 'option'; option: string } | { kind: 'value'; value: string | number }): Move {
  const value = match.kind === 'option' ? match.option : match.value
  const answers = step.ask.save === undefined ? {} : { answers: { [step.ask.save]: value } }
  const to = match.kind === 'option' ? (step.on.options[match.option] ?? step.on.valid) : step.on.valid
  return { ...answers, ...leave(to ?? null, 'journey-branch', 'answered') }
}

function leave(to: string | HandOffBranch | null, reason: string, outcome: string): Move {
  if (to === null) return { next: { kind: 'end', outcome } }
  if (typeof to === 'string') return { next: { kind: 'goto', step: to } }
  return { next: { kind: 'handOff', targets: to.handOff, reason, note: to.note ?? null, onReturn: to.onReturn } }
}

// Without an `invalid` branch the number's own service takes it; without service the run ends.
function serviceOf(view: StepView): HandOffBranch | null {
  const { apps, serviceSessions } = view.number
  return apps.service === undefined ? null : { handOff: serviceSessions.entry, onReturn: 'exit' }
}

function timeoutBranch(step: Ask): string | HandOffBranch | null {
  const late = step.on.timeout
  if (late === undefined) return null
  return 'goto' in late ? late.goto : late
}

function defaultTimeout(step: Ask): number {
  return step.ask.template === undefined ? DEFAULT_TIMEOUT.freeForm : DEFAULT_TIMEOUT.template
}

function exitsOf(step: Ask): Exit[] {
  const { on } = step
  const after = on.timeout?.after ?? defaultTimeout(step)
  return [
    ...Object.entries(on.options).flatMap(([id, to]) => exitTo(id, to, ['on', id], { reply: true })),
    ...(on.valid === undefined ? [] : exitTo('valid', on.valid, ['on', 'valid'], { reply: true })),
    ...exitTo('invalid', on.invalid ?? null, ['on', 'invalid'], { reply: true }),
    ...exitTo(
      'timeout',
      timeoutBranch(step),
      on.timeout !== undefined && 'goto' in on.timeout ? ['on', 'timeout', 'goto'] : ['on', 'timeout'],
      { after, unsent: true },
    ),
    ...(on.deliveryFailed === undefined
      ? []
      : exitTo('not delivered', on.deliveryFailed, ['on', 'deliveryFailed'], { after, atOnce: true })),
  ]
}

function exitTo(label: string, to: string | HandOffBranch | null, path: Path, more: Partial<Exit>): Exit[] {
  if (to === null || typeof to === 'string') return [{ label, to, path, ...more }]
  const away = { label: `${label}: to ${to.handOff.join(', ')}`, to: null, path: [...path, 'handOff'], away: to.handOff, ...more }
  if (typeof to.onReturn === 'string') return [away]
  return [away, { label: `${label}, on return`, to: to.onReturn.goto, path: [...path, 'onReturn', 'goto'], after: SERVED, served: true }]
}

// Whatever the open question lets the customer answer has a branch at the other step.
function canAnswer(step: Ask, next: Ask): boolean {
  const typed = step.ask.accept !== undefined || choicesOf(step.ask).length === 0
  if (typed && (next.on.valid === undefined || JSON.stringify(step.ask.accept) !== JSON.stringify(next.ask.accept))) return false
  return choicesOf(step.ask).every(({ id }) => next.on.valid !== undefined || Object.hasOwn(next.on.options, id))
}

function lintBranches(step: Ask): ReturnType<NonNullable<StepKind['lint']>> {
  const ids = choicesOf(step.ask).map((choice) => choice.id)
  const free = step.ask.accept !== undefined || ids.length === 0
  const without = (path: Path, message: string, fix: string) => ({ path, code: 'option-without-branch' as const, message, fix })
  const { on } = step
  return [
    ...(on.valid !== undefined
      ? []
      : ids.filter((id) => !Object.hasOwn(on.options, id)).map((id) => without(['on'], `option ${id} has no branch`, `add ${id}: <step>`))),
    ...(free && on.valid === undefined ? [without(['on'], 'a typed answer has no branch', 'add valid: <step>')] : []),
    ...Object.keys(on.options)
      .filter((id) => !ids.includes(id))
      .map((id) => ({
        path: ['on', id],
        code: 'branch-without-option' as const,
        message: `the question has no option ${id}`,
        fix: ids.length === 0 ? 'use valid' : `the options are ${ids.join(', ')}`,
      })),
  ]
}

function lintTitles(step: Ask): ReturnType<NonNullable<StepKind['lint']>> {
  const titles = choicesOf(step.ask).map(({ title }) => title)
  return titles.flatMap((title, at) => {
    const other = titles.slice(0, at).find((each) => literalForm(each) === literalForm(title))
    if (other === undefined) return []
    const message = `whoever types ${title} may also mean ${other}`
    return [{ path: ['ask'], code: 'options-alike' as const, message, fix: 'name one of them otherwise' }]
  })
}
