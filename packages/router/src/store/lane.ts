// Lanes as the outbox stores them: the lower goes first.
import { sql } from 'kysely'
import type { Lane } from '../contract/message.ts'

export const LANE_NUMBERS = { interactive: 0, bulk: 1 } as const satisfies Record<Lane, number>

/** The name of the lane of an outbox row; the table is called `o`. */
export const laneName = sql<Lane>`case when o.lane = ${sql.lit(LANE_NUMBERS.interactive)} then 'interactive' else 'bulk' end`
