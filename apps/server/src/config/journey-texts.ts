// What a process has read of the journey files that run. R1 a text is parsed once, however many versions have it. R2 between two new
// texts other work goes on: there may be hundreds of them. R3 kept are the texts of one version; of what came before a process keeps
// definitions only.
import { setImmediate as others } from 'node:timers/promises'
import { parseJourney } from '@baton/journeys'
import { parseYaml, type YamlDocument } from './yaml-document.ts'

export interface JourneyText {
  /** Without the name of a file: the same text may stand in several. */
  document: YamlDocument
  /** Null when it is no YAML. */
  parsed: ReturnType<typeof parseJourney> | null
}

export interface JourneyTexts {
  /** What is not held is parsed, and not kept: somebody may try out any number of changes. */
  read(text: string): JourneyText
  /** Keeps these and no others. */
  hold(texts: readonly string[]): Promise<void>
}

export function createJourneyTexts(parse: (text: string) => JourneyText = readJourneyText): JourneyTexts {
  let held: ReadonlyMap<string, JourneyText> = new Map()
  return {
    read: (text) => held.get(text) ?? parse(text), // R1
    async hold(texts) {
      const next = new Map<string, JourneyText>()
      for (const text of texts) {
        const known = next.get(text) ?? held.get(text)
        if (known === undefined) await others() // R2
        next.set(text, known ?? parse(text))
      }
      held = next // R3
    },
  }
}

export function readJourneyText(text: string): JourneyText {
  const document = parseYaml('', text)
  return { document, parsed: document.problems.length > 0 ? null : parseJourney(document.value) }
}
