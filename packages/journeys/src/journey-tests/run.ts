// Pure. Runs the tests of a journey in virtual time with the engine that runs in production.
import { isDeepStrictEqual } from 'node:util'
import type { OutgoingContent } from '@baton/router'
import { compileJourneys } from '../compile.ts'
import type { JourneyDefinition } from '../definition/journey.ts'
import type { Expectation, JourneyTest, JourneyTests, MessageExpectation, TestStep } from './file.ts'
import { choicesOf, newTelephone, textIn } from './telephone.ts'
import type { Telephone } from './telephone.ts'

export interface JourneyTestResult {
  name: string
  passed: boolean
  /** What did not hold, and where: paths into the test file. The first failing step ends its test. */
  failures: { path: (string | number)[]; message: string }[]
  /** What was said, line by line. */
  transcript: string[]
}

/** Runs every test against a set of journeys. `journey` is what a bare `start` starts. A paused or retired journey is tested as if
 * it were active. */
export function runJourneyTest(definitions: readonly JourneyDefinition[], file: JourneyTests, journey = ''): JourneyTestResult[] {
  const config = compileJourneys(definitions.map((definition) => ({ ...definition, status: 'active' })))
  return file.tests.map((test, at) => {
    const phone = newTelephone(config, test)
    const failures = runSteps(phone, test, ['tests', at, 'steps'], file.journey ?? journey)
    return { name: test.name, passed: failures.length === 0, failures, transcript: phone.transcript }
  })
}

function runSteps(phone: Telephone, test: JourneyTest, path: (string | number)[], journey: string): JourneyTestResult['failures'] {
  for (const [at, step] of test.steps.entries()) {
    if ('expect' in step) {
      const problems = check(phone, step.expect)
      if (problems.length > 0) return problems.map(({ key, message }) => ({ path: [...path, at, 'expect', key], message }))
      continue
    }
    phone.fresh = []
    phone.called = null
    act(phone, step, journey)
    const { unanswered } = phone
    if (unanswered !== null) {
      const { step: caller, method, url } = unanswered
      return [
        {
          path: [...path, at],
          message: `the step ${caller} calls ${method} ${url}: say what it answers, given: { http: { ${caller}: … } }`,
        },
      ]
    }
    if (phone.refusal !== null) return [{ path: [...path, at], message: phone.refusal }]
  }
  return []
}

function act(phone: Telephone, step: Exclude<TestStep, { expect: unknown }>, journey: string): void {
  if ('customer' in step) phone.customer(step.customer)
  else if ('advance' in step) phone.advance(step.advance)
  else if ('start' in step) phone.start(step.start.journey ?? journey, step.start.input ?? {})
  else if ('event' in step) phone.event(step.event, step.data ?? {})
  else if ('undelivered' in step) phone.undelivered()
  else if ('optOut' in step) phone.optOut()
  else if (step.service === 'takes') phone.serviceTakes()
  else phone.serviceEnds()
}

function check(phone: Telephone, expected: Expectation): { key: string; message: string }[] {
  const problems: { key: string; message: string }[] = []
  const complain = (key: string, wanted: unknown, got: unknown): void => {
    problems.push({ key, message: `expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}` })
  }
  const sent = phone.fresh.map((each) => each.content)
  if (expected.message !== undefined) {
    const wanted = expected.message
    const found = sent.findIndex((content) => says(content, wanted))
    if (found === -1) complain('message', wanted, sent.map(summaryOf))
    else phone.fresh = phone.fresh.slice(found + 1)
  }
  if (expected.messages !== undefined) {
    const wanted = expected.messages
    if (wanted.length !== sent.length || !sent.every((content, at) => says(content, wanted[at] ?? '')))
      complain('messages', wanted, sent.map(summaryOf))
    else phone.fresh = []
  }
  if (expected.owner !== undefined && expected.owner !== phone.owner) complain('owner', expected.owner, phone.owner)
  if (expected.outcome !== undefined && expected.outcome !== phone.outcome) complain('outcome', expected.outcome, phone.outcome)
  if (expected.handOff !== undefined && !isDeepStrictEqual(expected.handOff, phone.handOff?.targets))
    complain('handOff', expected.handOff, phone.handOff?.targets ?? null)
  if (expected.answers !== undefined && !includes(phone.answers, expected.answers)) complain('answers', expected.answers, phone.answers)
  if (expected.attributes !== undefined && !includes(phone.attributes, expected.attributes))
    complain('attributes', expected.attributes, phone.attributes)
  if (expected.converted !== undefined && expected.converted !== phone.converted) complain('converted', expected.converted, phone.converted)
  if (expected.called !== undefined && !isCall(phone.called, expected.called)) complain('called', expected.called, phone.called)
  if (expected.alarm !== undefined && !phone.alarms.some((alarm) => alarm.code === expected.alarm))
    complain('alarm', expected.alarm, phone.alarms)
  return problems
}

/** Null stands for what is not there. */
function includes(all: Record<string, unknown>, some: Record<string, unknown>): boolean {
  return Object.entries(some).every(([key, value]) => isDeepStrictEqual(all[key] ?? null, value))
}

function isCall(made: Telephone['called'], { headers = {}, ...wanted }: NonNullable<Expectation['called']>): boolean {
  return made !== null && includes(made.headers, headers) && includes(made, wanted)
}

function says(content: OutgoingContent, wanted: MessageExpectation): boolean {
  if (typeof wanted === 'string') return textIn(content) === wanted
  if ('text' in wanted) return content.kind === 'text' && content.text === wanted.text
  if ('cta' in wanted) return content.kind === 'cta' && content.body === wanted.cta
  if ('media' in wanted) return content.kind === wanted.media && (wanted.caption === undefined || textIn(content) === wanted.caption)
  if ('template' in wanted) {
    return content.kind === 'template' && content.name === wanted.template && includes(content.variables ?? {}, wanted.variables ?? {})
  }
  const kind = 'buttons' in wanted ? 'buttons' : 'list'
  const body = 'buttons' in wanted ? wanted.buttons : wanted.list
  const titles = choicesOf(content).map((choice) => choice.title)
  return content.kind === kind && textIn(content) === body && (wanted.options === undefined || isDeepStrictEqual(wanted.options, titles))
}

function summaryOf(content: OutgoingContent): unknown {
  return content.kind === 'template' ? { template: content.name, variables: content.variables } : { [content.kind]: textIn(content) }
}
