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
import { keepsFromRunning, sortProblems, type Problem } from './problem.ts'
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
  /** Null when it could not run. */
  result: CompiledFiles | null
}

/** `config/consent.yaml`. */
export const consentFile = z.strictObject({ consent: consentSettings.prefault({}) })

/** The files read beside journeys/. */
const FILES = ['numbers.yaml', 'queues.yaml', 'bots.yaml', 'consent.yaml', 'outgoing.yaml'] as const
type FileName = (typeof FILES)[number]

export function compileFiles(files: ConfigFiles, options: CompileOptions): Compiled {
  const problems: Problem[] = unknownFiles(files, options.dir)
  const documents = new Map<FileName, YamlDocument>()
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

  const numbers = read('numbers.yaml', numbersFile)?.numbers.map(splitEntry) ?? []
  const consent = read('consent.yaml', consentFile)?.consent ?? consentSettings.parse({})
  const queues = read('queues.yaml', queuesConfig) ?? queuesConfig.parse({})
  const bots = read('bots.yaml', botsConfig) ?? botsConfig.parse({})
  const outgoing = compileOutgoing(read('outgoing.yaml', outgoingFile) ?? outgoingFile.parse({}))
  if (files['numbers.yaml'] === undefined) problems.push(missingNumbers(options.dir))
  const journeys = compileJourneyFiles(files, options)
  const omni = compileOmni(queues, bots)
  problems.push(...journeys.problems)
  problems.push(...crossCheck({ documents, unreadable, numbers, consent, queues, outgoing, journeys: journeys.documents, omni }))

  const sorted = sortProblems(problems)
  const result = { numbers, consent, engines: { journeys: journeys.config, omni: omni.config }, outgoing }
  return { problems: sorted, journeys: journeys.documents, result: sorted.some(keepsFromRunning) ? null : result }
}

/** What was read. Of a file that is absent, and of one that is not as it should be, there are the defaults. */
interface ReadFiles {
  documents: ReadonlyMap<FileName, YamlDocument>
  unreadable: ReadonlySet<FileName>
  numbers: readonly NumberConfiguration[]
  consent: ConsentSettings
  queues: z.output<typeof queuesConfig>
  outgoing: Outgoing
  journeys: readonly JourneyDocument[]
  omni: ReturnType<typeof compileOmni>
}

/** What no single file can know. It speaks only of what could be read: an error in queues.yaml must not make every target look unknown. */
function crossCheck({ documents, unreadable, numbers, consent, queues, outgoing, journeys, omni }: ReadFiles): Problem[] {
  const problems: Problem[] = []
  const isReadable = (name: FileName) => !unreadable.has(name)
  const readable = (name: FileName) => (isReadable(name) ? documents.get(name) : undefined)
  const settings = numbers.map((number) => number.settings)
  const numbersDocument = readable('numbers.yaml')
  const queuesDocument = readable('queues.yaml')

  if (numbersDocument !== undefined) {
    const accounts = numbers.map(({ settings: own, account }) => ({ settings: own, account: account.phoneNumberId }))
    problems.push(...checkNumbers(numbersDocument, accounts), ...checkRunsOn(journeys, settings), ...checkHandOffs(journeys, settings))
    const words = { document: documents.get('consent.yaml') ?? null, settings: consent }
    if (isReadable('consent.yaml')) problems.push(...checkWords(words, { document: numbersDocument, settings }, journeys))
  }
  if (queuesDocument !== undefined) {
    const [numberIds, journeyIds] = [settings.map(({ id }) => id), journeys.map(({ journey }) => journey)]
    if (numbersDocument !== undefined) problems.push(...checkStatusNumbers(queuesDocument, queues.presence.statuses, numberIds))
    problems.push(...checkSurveys(queuesDocument, queues.queues, journeyIds))
  }
  if (isReadable('outgoing.yaml')) problems.push(...checkCalls(journeys, outgoing))
  if (isReadable('queues.yaml') && isReadable('bots.yaml')) {
    for (const { file, path, message, fix, severity } of omni.findings) {
      const document = documents.get(file)
      if (document !== undefined) problems.push(document.problem(path, message, fix, { severity }))
    }
    const { queues: q, bots: b, agents } = omni.config
    const ids = { queue: [...q.keys()], bot: [...b.keys()], agent: [...agents.keys()] }
    const named = [documents.get('numbers.yaml'), ...journeys.map(({ document }) => document)]
    problems.push(...named.flatMap((document) => (document === undefined ? [] : checkTargets(document, ids))))
  }
  return problems
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
