// What this process is going to run by: the newest published version, and on a fresh installation the files of the directory, published.
import type { Clock, Database } from '@baton/router'
import type { Logger } from 'pino'
import type { BatonOptions, Started } from '../baton.ts'
import type { Closing } from './closing.ts'
import { openConfiguration, type Configuration } from '../config/configuration.ts'
import { createJourneyTexts, type JourneyTexts } from '../config/journey-texts.ts'
import { filesToRun, publishFirst, type Differing } from '../config/publish.ts'
import { processSources } from '../config/references.ts'
import { EMULATOR_PATH, emulatorProblem } from '../whatsapp/emulation.ts'

export interface InForce {
  kind: 'in-force'
  configuration: Configuration
  texts: JourneyTexts
  differing: Differing | null
  isEmulated: boolean
  /** The variables whose values are the demonstration's. */
  madeUp: string[]
}

/** `url`: where this process will be reached. */
export async function configurationInForce(
  options: BatonOptions,
  { database, clock, log, url }: { database: Database; clock: Clock; log: Logger; url: string },
  closing: Pick<Closing, 'push'>,
): Promise<InForce | Exclude<Started, { kind: 'started' | 'ended' }>> {
  const { db, connection } = database
  const files = await filesToRun(db, options.configDir)
  if (files === null) return { kind: 'unpublished' }
  const emulation = options.emulator?.(files) ?? { kind: 'off' }
  if (emulation.kind === 'refused') return emulation
  const variables = emulation.kind === 'on' ? emulation.variables(url + EMULATOR_PATH) : {}
  const sources = options.sources ?? processSources
  const published = await publishFirst(db, options.configDir, clock.now())
  if (published.kind === 'refused') return { kind: 'invalid', problems: published.problems }
  const texts = createJourneyTexts()
  const found = await openConfiguration({ db, connection, log, texts, sources: { ...sources, env: { ...variables, ...sources.env } } })
  if (found.kind !== 'open') return found
  const { configuration } = found
  closing.push(() => configuration.close())
  const message = emulation.kind === 'on' ? emulatorProblem(configuration, url) : null
  if (message !== null) return { kind: 'refused', message }
  return {
    kind: 'in-force',
    configuration,
    texts,
    differing: published.kind === 'present' && published.differs.length > 0 ? published : null,
    isEmulated: emulation.kind === 'on',
    madeUp: Object.keys(variables),
  }
}
