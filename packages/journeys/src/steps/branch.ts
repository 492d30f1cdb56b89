// Pure.
import { z } from 'zod'
import { evaluate } from '../conditions.ts'
import { condition, stepName } from '../definition/fields.ts'
import type { Move, StepKind } from './step.ts'

const branches = z
  .array(z.strictObject({ if: condition.optional(), goto: stepName.optional(), else: stepName.optional() }))
  .min(1)
  .max(30)
  .superRefine((given, context) => {
    given.forEach((item, at) => {
      const last = at === given.length - 1
      const elseOnly = item.else !== undefined && item.if === undefined && item.goto === undefined
      const ifGoto = item.else === undefined && item.if !== undefined && item.goto !== undefined
      if (last ? !elseOnly : !ifGoto) {
        context.addIssue({
          code: 'custom',
          path: [at],
          message: last ? 'the last branch is { else: <step> }' : 'a branch is { if: <condition>, goto: <step> }',
        })
      }
    })
  })

const schema = z.strictObject({ branch: branches })

/** Goes to the step of the first condition that holds. */
export const branch: StepKind<z.infer<typeof schema>> = {
  kind: 'branch',
  schema,
  enter(step, view) {
    const alarms: NonNullable<Move['alarms']> = []
    for (const [at, item] of step.branch.entries()) {
      const { holds, problem } = item.if === undefined ? { holds: true } : evaluate(item.if, view.scope)
      if (problem !== undefined) alarms.push({ code: 'journey-condition-failed', detail: { path: `branch.${at}.if`, reason: problem } })
      const to = item.goto ?? item.else
      if (holds && to !== undefined) return { alarms, next: { kind: 'goto', step: to } }
    }
    throw new Error('a branch without else: the definition was not parsed')
  },
  exits: (step) =>
    step.branch.map((item, at) => ({
      label: item.if ?? 'else',
      to: item.goto ?? item.else ?? null,
      path: ['branch', at, item.if === undefined ? 'else' : 'goto'],
      ...(/^\s*window\.open(\s*==\s*true)?\s*$/.test(item.if ?? '') ? { window: 'open' } : {}),
    })),
  texts: (step) =>
    step.branch.flatMap((item, at) =>
      item.if === undefined ? [] : [{ path: ['branch', at, 'if'], text: item.if, language: 'cel' as const }],
    ),
}
