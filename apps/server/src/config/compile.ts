// Pure. From files to what the running system decides by, and everything that is wrong with them.
import { compileOmni, botsConfig, queuesConfig, type OmniConfig } from '@baton/omni'
import { consentSettings, type ConsentSettings, type NumberSettings } from '@baton/router'
import type { JourneyDefinition, JourneysConfig } from '@baton/journeys'
import { z } from 'zod'
import { checkNumbers, checkStatusNumbers, checkTargets, checkWords } from './cross-check.ts'
import type { ConfigFiles } from './files.ts'
import { validate } from './issues.ts'
import { checkSurveys } from './surveys.ts'
import { checkHandOffs, checkRunsOn, compileJourneyFiles, type JourneyDocument, type JourneyFilesOptions } from './journeys.ts'
import { numbersFile, splitEntry, type AccountEntry } from './numbers.ts'
import { checkCalls, compileOutgoing, outgoingFile, type Outgoing } from './outgoing.ts'
import { hasErrors, sortProblems, type Problem } from './problem.ts'
import { didYouMean } from './suggest.ts'
import { parseYaml, type YamlDocument } from './yaml-document.ts'

export interface NumberConfiguration {
  settings: NumberSettings
  account: AccountEntry
}

/** Compiled files, secrets still references. */
export interface CompiledFiles {
  numbers: NumberConfiguration[]
  consent: ConsentSettings
  engines: { journeys: JourneysConfig; omni: OmniConfig }
  outgoing: Outgoing
}

export interface CompileOptions extends JourneyFilesOptions {
  /** Journeys of earlier versions: runs stay on the version they started with. They change nothing about what is wrong with these files. */
  older?: Iterable<JourneyDefinition>
}

export interface Compiled {
  problems: Problem[]
  /** That could be read, also when there are errors. */
  journeys: readonly JourneyDocument[]
  /** Null when there are errors. */
  result: CompiledFiles | null
}

/** `config/consent.yaml`. */
export const consentFile = z.strictObject({ consent: consentSettings.prefault({}) })

/** The files read beside journeys/. */
const FILES = ['numbers.yaml', 'queues.yaml', 'bots.yaml', 'consent.yaml', 'outgoing.yaml'] as const
type FileName = (typeof FILES)[number]

export function compileFiles(files: ConfigFiles, options: CompileOptions): Compiled {
  const problems: Problem[] = unknownFiles(files, options.dir)
  const documents = new Map<string, YamlDocument>()
  const unreadable = new Set<FileName>()

  function read<S extends z.ZodType>(name: FileName, schema: S): z.output<S> | null {
    const text = files[name]
    if (text === undefined) return null
    const document = parseYaml(`${options.dir}/${name}`, text)
    documents.set(name, document)
    problems.push(...document.problems)
    const checked = document.problems.length > 0 ? null : validate(document, schema)
    if (checked?.kind === 'valid') return checked.value
    problems.push(...(checked?.problems ?? []))
    unreadable.add(name)
    return null
  }
  const failed = (name: FileName) => unreadable.has(name)

  const numbers = read('numbers.yaml', numbersFile)?.numbers.map(splitEntry) ?? []
  const consent = read('consent.yaml', consentFile)?.consent ?? consentSettings.parse({})
  const queues = read('queues.yaml', queuesConfig) ?? queuesConfig.parse({})
  const bots = read('bots.yaml', botsConfig) ?? botsConfig.parse({})
  const outgoing = compileOutgoing(read('outgoing.yaml', outgoingFile) ?? outgoingFile.parse({}))
  if (files['numbers.yaml'] === undefined) problems.push(missingNumbers(options.dir))

  const journeys = compileJourneyFiles(files, options)
  problems.push(...journeys.problems)
  if (!failed('outgoing.yaml')) problems.push(...checkCalls(journeys.documents, outgoing))
  const omni = compileOmni(queues, bots)
  for (const { file, path, message, fix, severity } of omni.findings) {
    const document = documents.get(file)
    if (document !== undefined && !failed('queues.yaml') && !failed('bots.yaml'))
      problems.push(document.problem(path, message, fix, { severity }))
  }

  // Cross checks speak only of what could be read: an error in queues.yaml must not make every target look unknown.
  const numbersDocument = documents.get('numbers.yaml')
  if (numbersDocument !== undefined && !failed('numbers.yaml')) {
    problems.push(
      ...checkNumbers(
        numbersDocument,
        numbers.map(({ settings, account }) => ({ settings, account: account.phoneNumberId })),
      ),
    )
    const all = numbers.map(({ settings }) => settings)
    const queuesDocument = documents.get('queues.yaml')
    if (queuesDocument !== undefined && !failed('queues.yaml')) {
      const known = all.map(({ id }) => id)
      problems.push(...checkStatusNumbers(queuesDocument, queues.presence.statuses, known))
    }
    problems.push(...checkRunsOn(journeys.documents, all), ...checkHandOffs(journeys.documents, all))
    if (!failed('consent.yaml')) {
      const consentDocument = documents.get('consent.yaml') ?? null
      const settings = numbers.map((number) => number.settings)
      problems.push(
        ...checkWords({ document: consentDocument, settings: consent }, { document: numbersDocument, settings }, journeys.documents),
      )
    }
  }
  const queuesDocument = documents.get('queues.yaml')
  if (queuesDocument !== undefined && !failed('queues.yaml'))
    problems.push(
      ...checkSurveys(
        queuesDocument,
        queues.queues,
        journeys.documents.map(({ journey }) => journey),
      ),
    )
  if (!failed('queues.yaml') && !failed('bots.yaml')) {
    const { queues: q, bots: b, agents } = omni.config
    const ids = { queue: [...q.keys()], bot: [...b.keys()], agent: [...agents.keys()] }
    const named = [...(numbersDocument === undefined ? [] : [numbersDocument]), ...journeys.documents.map(({ document }) => document)]
    problems.push(...named.flatMap((document) => checkTargets(document, ids)))
  }

  const sorted = sortProblems(problems)
  const result = { numbers, consent, engines: { journeys: journeys.config, omni: omni.config }, outgoing }
  return { problems: sorted, journeys: journeys.documents, result: hasErrors(sorted) ? null : result }
}

function unknownFiles(files: ConfigFiles, dir: string): Problem[] {
  const known: readonly string[] = FILES
  return Object.keys(files).flatMap((name) => {
    if (known.includes(name) || /^journeys\/[\w-]+\.yaml$/.test(name)) return []
    const message = 'Baton reads no file of this name'
    return [
      {
        file: `${dir}/${name}`,
        line: 1,
        column: 1,
        path: '',
        message,
        fix: didYouMean(name, [...known, 'journeys/<id>.yaml']),
        severity: 'error',
      },
    ]
  })
}

function missingNumbers(dir: string): Problem {
  const fix = 'create it; config/numbers.yaml in the repository is an example'
  return { file: `${dir}/numbers.yaml`, line: 1, column: 1, path: '', message: 'missing: no number is configured', fix, severity: 'error' }
}
