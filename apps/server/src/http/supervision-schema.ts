// Pure. What supervisors did, as the API shows it.
import { z } from 'zod'
import type { DecisionRecord } from '../store/records.ts'

export const actSchema = z
  .object({
    id: z.string(),
    action: z.string().meta({ description: 'presence.changed, wrapUp.ended, queue.drained or queue.undrained.' }),
    by: z.object({ kind: z.string(), id: z.string() }),
    detail: z.record(z.string(), z.unknown()),
    at: z.iso.datetime(),
  })
  .meta({ id: 'SupervisionAct' })

/** Of a decision of a routing group, which has written its inputs in this shape. */
export function actView({ id, inputs, at }: DecisionRecord): z.output<typeof actSchema> {
  const { action, by, ...detail } = inputs as { action: string; by: { kind: string; id: string } } & Record<string, unknown>
  return { id, action, by, detail, at: at.toISOString() }
}
