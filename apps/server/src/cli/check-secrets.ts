import { callsOf } from '@baton/journeys'
import { activate, type ActiveConfiguration } from '../config/activate.ts'
import type { ConfigFiles } from '../config/files.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import { processSources } from '../config/references.ts'
import { journeysOf } from '../journeys/journeys-config.ts'
import type { Check } from './check.ts'
import { planDemonstration } from './demonstration.ts'
import type { Environment, Role } from './environment.ts'

/** Stands for the address that only a running server knows. */
export const EMULATOR = 'http://emulator.invalid'

/** Whether every reference of the published configuration leads to a value where this process needs one. */
export function checkSecrets(
  published: { version: number; files: ConfigFiles },
  environment: Environment,
  env: Record<string, string | undefined>,
  checks: Check[],
): ActiveConfiguration | null {
  const plan = planDemonstration(environment, env, published.files)
  if (plan.kind === 'refused') checks.push({ name: 'secrets', status: 'error', detail: plan.message })
  const set = plan.kind === 'on' ? plan.variables(EMULATOR) : {}
  if (plan.kind === 'on')
    checks.push({
      name: 'emulator',
      status: 'note',
      detail: `the start gives demonstration values to ${Object.keys(plan.variables(EMULATOR)).join(', ')}`,
    })
  const result = activate(published, { sources: { ...processSources, env: { ...env, ...set } } })
  if (result.kind === 'active') {
    // Of local files, which no start has published yet, the check of the files says so.
    if (published.version > 0) checks.push(...toldBorne(result.borne))
    checks.push(...checkCalls(result.active, environment.roles))
    return result.active
  }
  checks.push({ name: 'secrets', status: 'error', detail: listed(result.problems), fix: 'set what is missing before the start' })
  return null
}

function toldBorne(problems: readonly Problem[]): Check[] {
  if (problems.length === 0) return []
  const fix = 'it runs all the same, and calls that are not allowed fail; correct the files, and publish them: baton config apply'
  return [{ name: 'published configuration', status: 'warning', detail: `would not be published any more: ${listed(problems)}`, fix }]
}

function listed(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n        ')
}

interface CallSecret {
  whose: string
  secret: string
  /** Of a bot that may reply later: its replies are verified where they are posted. */
  verifies: boolean
}

/** What no start asks for: it is read at each call, so it is missed only where that happens. */
function checkCalls(active: ActiveConfiguration, roles: readonly Role[]): Check[] {
  const missing = secretsOfCalls(active).filter(({ secret }) => active.secret(secret) === null)
  if (missing.length === 0) return [{ name: 'secrets', status: 'ok', detail: 'every reference leads to a value' }]
  const isMissed = ({ verifies }: CallSecret) => roles.includes('sender') || (verifies && roles.includes('web'))
  const { error = [], note = [] } = Object.groupBy(missing, (one) => (isMissed(one) ? 'error' : 'note'))
  return [...told('error', error), ...told('note', note)]
}

function told(status: Check['status'], missing: readonly CallSecret[]): Check[] {
  if (missing.length === 0) return []
  const detail = missing.map(({ whose, secret }) => `${whose}: ${secret} leads to nothing`).join('; ')
  return [
    { name: 'secrets', status, detail, fix: 'set it where calls are made (sender), of a bot that posts its replies also where the web is' },
  ]
}

function secretsOfCalls(active: ActiveConfiguration): CallSecret[] {
  const journeys = [...(journeysOf(active.settings(new Map()))?.journeys.values() ?? [])]
  return [
    ...[...active.bots.values()].flatMap((bot) =>
      bot.secret === null
        ? []
        : [{ whose: `bot ${bot.id}`, secret: bot.secret, verifies: bot.protocol === 'baton' && bot.replyWithinMs !== null }],
    ),
    ...journeys.flatMap((journey) =>
      callsOf(journey).flatMap(({ secrets }) =>
        secrets.map(({ reference }) => ({ whose: `journey ${journey.journey}`, secret: reference, verifies: false })),
      ),
    ),
  ]
}
