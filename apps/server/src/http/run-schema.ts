// Pure. Journey runs as the API shows them.
import { parseId } from '@baton/router'
import { z } from 'zod'
import type { Contact, EndedRunRecord, LiveRunRecord, MarkRecord } from '../store/runs.ts'

export const RUN_STATUSES = ['asking', 'waiting', 'suspended', 'handed-off', 'ended'] as const

export const runSchema = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    number: z.string(),
    contact: z.object({ id: z.string(), phone: z.string().nullable(), userId: z.string().nullable(), name: z.string().nullable() }),
    journey: z.string(),
    version: z.string().meta({ description: 'Of the journey; a run stays on the version it began with.' }),
    step: z.string().meta({ description: 'Where it is, or where it ended.' }),
    status: z
      .enum(RUN_STATUSES)
      .meta({ description: 'suspended: somebody else has the conversation. handed-off: the run itself gave it to service.' }),
    startedAt: z.iso.datetime(),
    since: z.iso.datetime().meta({ description: 'When it came to its step, or ended.' }),
    until: z.iso.datetime().nullable().meta({ description: 'When its time at the step is up.' }),
    outcome: z.string().nullable().meta({ description: 'Null while it is under way.' }),
  })
  .meta({ id: 'Run' })
export type RunView = z.output<typeof runSchema>

export const runHistorySchema = runSchema
  .extend({
    history: z.array(
      z.object({
        at: z.iso.datetime(),
        what: z.string().meta({
          description:
            'started, postponed, capped, entered, called, replied, invalid, timed-out, undelivered, event, handed-off, moved, left, migrated, converted or ended',
        }),
        step: z.string(),
        detail: z.string().nullable().meta({ description: 'The option that was chosen, the outcome, the reason, the event.' }),
        decisionId: z.string(),
        rule: z.string(),
      }),
    ),
  })
  .meta({ id: 'RunHistory', description: 'The oldest first; of a very long run the newest part.' })

export function liveRunView(row: LiveRunRecord): RunView {
  const { id, journey, version, step, status } = row
  return {
    ...whose(row),
    id,
    journey,
    version,
    step,
    status,
    startedAt: new Date(row.startedAt).toISOString(),
    since: new Date(row.since).toISOString(),
    until: row.until === null ? null : new Date(row.until).toISOString(),
    outcome: null,
  }
}

export function endedRunView(row: EndedRunRecord): RunView {
  const { id, journey, version, step, outcome } = row
  const ended = { status: 'ended' as const, startedAt: startOf(id), since: row.at.toISOString(), until: null, outcome }
  return { ...whose(row), id, journey, version, step, ...ended }
}

/** The runs of a conversation that the marks say are over, the latest first. */
export function endedRunsIn(marks: readonly MarkRecord[], contact: Contact): RunView[] {
  return marks
    .filter(({ what }) => what === 'ended')
    .map(({ run, detail, journey, version, step, at }) =>
      endedRunView({ ...contact, id: run, journey, version, step, outcome: detail ?? '', at }),
    )
    .toReversed()
}

export function historyOf(marks: readonly MarkRecord[]): z.output<typeof runHistorySchema>['history'] {
  return marks.map(({ at, what, step, detail, decisionId, rule }) => ({ at: at.toISOString(), what, step, detail, decisionId, rule }))
}

function whose({ conversationId, numberId, phone, userId, name }: Contact): Pick<RunView, 'conversationId' | 'number' | 'contact'> {
  return { conversationId, number: numberId ?? '', contact: { id: conversationId, phone, userId, name } }
}

/** The id of a run is made from the time of the event that began it. */
function startOf(id: string): string {
  return new Date(Number.parseInt(parseId(id)?.uuid.slice(0, 12) ?? '0', 16)).toISOString()
}
