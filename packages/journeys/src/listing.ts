// Pure. The runs of a conversation as people list them.
import type { LiveRun } from '@baton/router'
import type { JourneysState } from './state.ts'

export function listRuns({ runs }: JourneysState): LiveRun[] {
  return runs.map(({ id, journey, version, step, startedAt, since, doing }) => ({
    id,
    journey,
    version,
    step,
    status: doing.kind,
    startedAt,
    since: since ?? startedAt,
    until: 'due' in doing ? doing.due : null,
  }))
}
