// Definitions of journeys as they are published: read, and changed one at a time, each change a new version of the whole configuration.
import type { Clock } from '@baton/router'
import type { QueryExecutorProvider } from 'kysely'
import { compileFiles } from '../config/compile.ts'
import type { ConfigFiles } from '../config/files.ts'
import { createJourneyTexts, type JourneyTexts } from '../config/journey-texts.ts'
import { readJourneyFiles, type JourneyDocument } from '../config/journeys.ts'
import { runsLeftBehind, type LeftBehind } from '../config/left-behind.ts'
import { hasErrors, type Problem } from '../config/problem.ts'
import { publishCompiled } from '../config/publish.ts'
import { newestVersion } from '../store/config-versions.ts'

/** `configVersion`: of the configuration, which a change is based on. */
export interface Definition {
  configVersion: number
  /** Of the journey. */
  version: string
  yaml: string
}

export interface DefinitionChange {
  journey: string
  yaml: string
  basedOn: number
  note: string
  author: string
  /** Only say what would be wrong, and whom it would leave behind. */
  dryRun: boolean
}

export type DefinitionChanged =
  | { kind: 'changed'; published: boolean; configVersion: number; version: string; warnings: Problem[]; leftBehind: LeftBehind[] }
  | { kind: 'refused'; problems: Problem[] }
  | { kind: 'superseded'; configVersion: number }

export interface Definitions {
  /** Null: no such journey is published. */
  read(journey: string): Promise<Definition | null>
  /** A journey that is not there yet is added. */
  change(change: DefinitionChange): Promise<DefinitionChanged>
}

const DIR = 'config'

export function createDefinitions(
  db: QueryExecutorProvider,
  clock: Clock,
  { read }: Pick<JourneyTexts, 'read'> = createJourneyTexts(),
): Definitions {
  const published = (files: ConfigFiles, journey: string) => documentOf(readJourneyFiles(files, { dir: DIR, read }).documents, journey)
  return {
    async read(journey) {
      const newest = await newestVersion(db)
      const found = newest === null ? undefined : published(newest.files, journey)
      if (newest === null || found === undefined) return null
      return { configVersion: newest.version, version: found.version, yaml: newest.files[found.name] ?? '' }
    },
    async change({ journey, yaml, basedOn, dryRun, ...by }) {
      const newest = await newestVersion(db)
      if (newest?.version !== basedOn) return { kind: 'superseded', configVersion: newest?.version ?? 0 }
      const name = published(newest.files, journey)?.name ?? freeName(newest.files, journey)
      const files = { ...newest.files, [name]: yaml }
      const compiled = compileFiles(files, { dir: DIR, read })
      const { problems } = compiled
      const version = documentOf(compiled.journeys, journey)?.version
      if (hasErrors(problems)) return { kind: 'refused', problems }
      if (version === undefined) return { kind: 'refused', problems: [otherJourney(name, journey)] }
      const leftBehind = (await runsLeftBehind(db, compiled.journeys)).filter((left) => left.journey === journey)
      const changed = { kind: 'changed', version, warnings: problems, leftBehind } as const
      if (dryRun) return { ...changed, published: false, configVersion: basedOn }
      const stored = await publishCompiled(db, files, compiled, { ...by, at: clock.now(), follows: basedOn })
      if (stored.kind === 'refused') return stored
      if (stored.kind === 'superseded') return { kind: 'superseded', configVersion: stored.version }
      return { ...changed, published: stored.kind === 'published', configVersion: stored.version }
    },
  }
}

function documentOf(documents: readonly JourneyDocument[], journey: string): { name: string; version: string } | undefined {
  const found = documents.find((document) => document.journey === journey)
  return found === undefined ? undefined : { name: found.document.file.slice(DIR.length + 1), version: found.definition.version }
}

/** A file need not bear the name of its journey, so that of a new one may be taken. */
function freeName(files: ConfigFiles, journey: string): string {
  let name = `journeys/${journey}.yaml`
  for (let n = 2; Object.hasOwn(files, name); n += 1) name = `journeys/${journey}-${n}.yaml`
  return name
}

function otherJourney(name: string, journey: string): Problem {
  const fix = `write journey: ${journey}, or publish it under its own name`
  return {
    file: `${DIR}/${name}`,
    line: 1,
    column: 1,
    path: 'journey',
    message: `is another journey than ${journey}`,
    fix,
    severity: 'error',
  }
}
