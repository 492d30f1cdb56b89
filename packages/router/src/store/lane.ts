// Pure. Lanes as the outbox stores them: the lower goes first.
import type { Lane } from '../contract/message.ts'

export const LANE_NUMBERS = { interactive: 0, bulk: 1 } as const satisfies Record<Lane, number>
