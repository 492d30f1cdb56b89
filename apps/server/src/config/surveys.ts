// Pure. A survey after a service session may be asked by a journey, which no other check of queues.yaml knows of.
import type { QueuesConfig } from '@baton/omni'
import type { Problem } from './problem.ts'
import { didYouMean } from './suggest.ts'
import type { YamlDocument } from './yaml-document.ts'

/** `document` is queues.yaml, and `queues` its queues in the order written. */
export function checkSurveys(document: YamlDocument, queues: QueuesConfig['queues'], journeys: readonly string[]): Problem[] {
  return queues.flatMap(({ survey }, index) => {
    const id = survey?.journey
    if (id === undefined || journeys.includes(id)) return []
    return [document.problem(['queues', index, 'survey', 'journey'], `no journey has the id "${id}"`, didYouMean(id, journeys))]
  })
}
