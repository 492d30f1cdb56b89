// `baton journey lint | test | graph`, on the files of the configuration directory.
import { journeyGraph, journeySvg, parseJourneyTests, runJourneyTest, type JourneyTestResult } from '@baton/journeys'
import { compileFiles } from '../config/compile.ts'
import { readConfigFiles, readJourneyTests, readTranscript, writeTranscript, type ConfigFiles } from '../config/files.ts'
import { compileJourneyFiles, type JourneyDocument } from '../config/journeys.ts'
import { formatProblem, hasErrors, type Problem } from '../config/problem.ts'
import { didYouMean } from '../config/suggest.ts'
import { parseYaml } from '../config/yaml-document.ts'
import type { Environment } from './environment.ts'
import type { Report } from './output.ts'

/** Everything that is wrong with the journeys, also against the rest of the configuration. */
export async function journeyLint({ configDir }: Environment, journey: string | undefined): Promise<Report> {
  const files = await filesOf(configDir)
  const { documents } = compileJourneyFiles(files, { dir: configDir })
  const only = fileOf(documents, configDir, journey)
  if (only.kind === 'unknown') return only.report
  const { problems } = compileFiles(files, { dir: configDir })
  const about = problems.filter(({ file }) => (only.file === null ? file.startsWith(`${configDir}/journeys/`) : file === only.file))
  const well = `${only.file === null ? `${documents.length} journeys` : journey}: no problems`
  return {
    exit: about.length === 0 ? 0 : 1,
    text: about.length === 0 ? well : about.map(formatProblem).join('\n'),
    data: { problems: about },
  }
}

/** Runs the tests beside the journeys in virtual time, and compares what was said with the transcript that was kept; `update` keeps it. */
export async function journeyTest(
  { configDir }: Environment,
  journey: string | undefined,
  { update = false }: { update?: boolean } = {},
): Promise<Report> {
  const files = await filesOf(configDir)
  const { documents, problems } = compileJourneyFiles(files, { dir: configDir })
  if (hasErrors(problems)) return { exit: 1, text: problems.map(formatProblem).join('\n'), data: { problems } }
  const only = fileOf(documents, configDir, journey)
  if (only.kind === 'unknown') return only.report

  const tests = Object.entries(await readJourneyTests(configDir)).filter(([name]) => journey === undefined || idOf(name) === journey)
  const results = await Promise.all(
    tests.map(async ([name, text]) => {
      const result = runFile(`${configDir}/${name}`, text, idOf(name), documents)
      if (update && result.problems.length === 0) await writeTranscript(configDir, idOf(name), result.transcript)
      const kept = await readTranscript(configDir, idOf(name))
      return kept === null ? result : compared(result, `${configDir}/journeys/${idOf(name)}.transcript.txt`, kept)
    }),
  )
  const failed = results.flatMap((result) => result.problems)
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const lines = [...results.flatMap((result) => result.lines), `${passed} passed, ${failed.length} failed`]
  if (passed + failed.length === 0) lines.unshift(`no tests: write them in ${configDir}/journeys/<journey>.test.yaml`)
  return { exit: failed.length === 0 ? 0 : 1, text: lines.join('\n'), data: { passed, failed: failed.length, problems: failed } }
}

interface FileResult {
  lines: string[]
  passed: number
  problems: Problem[]
  transcript: string
}

/** The first line that differs is enough: what follows it mostly does too. */
function compared(result: FileResult, file: string, kept: string): FileResult {
  if (kept === result.transcript || result.problems.length > 0) return result
  const [was, is] = [kept.split('\n'), result.transcript.split('\n')]
  const at = Array.from({ length: Math.max(was.length, is.length) }, (_, line) => line).find((line) => was[line] !== is[line]) ?? 0
  const message = `something else was said: expected ${JSON.stringify(was[at] ?? '')}, got ${JSON.stringify(is[at] ?? '')}`
  const fix = 'mend the journey, or keep what it says now with baton journey test --update'
  const problem: Problem = { file, line: at + 1, column: 1, path: '', message, fix, severity: 'error' }
  return { ...result, lines: [...result.lines, formatProblem(problem)], problems: [problem] }
}

function runFile(file: string, text: string, journey: string, documents: readonly JourneyDocument[]): FileResult {
  const document = parseYaml(file, text)
  const parsed = document.problems.length > 0 ? null : parseJourneyTests(document.value)
  if (parsed === null || parsed.kind === 'invalid') {
    const problems =
      parsed === null ? document.problems : parsed.problems.map(({ path, message, fix }) => document.problem(path, message, fix ?? ''))
    return { lines: problems.map(formatProblem), passed: 0, problems, transcript: '' }
  }
  const definitions = documents.map(({ definition }) => definition)
  const results = runJourneyTest(definitions, parsed.tests, journey)
  const problemsOf = ({ name, failures }: JourneyTestResult) =>
    failures.map(({ path, message }) => document.problem(path, `${name}: ${message}`, ''))
  return {
    lines: results.flatMap((result) => [
      `${result.passed ? 'ok    ' : 'FAILED'} ${journey}: ${result.name}`,
      ...problemsOf(result).map((p) => `  ${formatProblem(p)}`),
    ]),
    passed: results.filter((result) => result.passed).length,
    problems: results.filter((result) => !result.passed).flatMap(problemsOf),
    transcript: results.map(({ name, transcript }) => [`# ${name}`, ...transcript, ''].join('\n')).join('\n'),
  }
}

/** A journey as a Mermaid flow chart, or as a picture. */
export async function journeyGraphOf(
  { configDir }: Environment,
  journey: string,
  { svg = false }: { svg?: boolean } = {},
): Promise<Report> {
  const { documents } = compileJourneyFiles(await filesOf(configDir), { dir: configDir })
  const found = documents.find((document) => document.journey === journey)
  if (found === undefined) return unknownJourney(journey, documents, configDir)
  if (svg) {
    const picture = journeySvg(found.definition)
    return { exit: 0, text: picture, data: { svg: picture } }
  }
  const mermaid = journeyGraph(found.definition)
  return { exit: 0, text: mermaid, data: { mermaid } }
}

async function filesOf(configDir: string): Promise<ConfigFiles> {
  const read = await readConfigFiles(configDir)
  return read.kind === 'files' ? read.files : {}
}

function idOf(testFile: string): string {
  return testFile.replace(/^journeys\//, '').replace(/\.test\.ya?ml$/, '')
}

function fileOf(
  documents: readonly JourneyDocument[],
  configDir: string,
  journey: string | undefined,
): { kind: 'known'; file: string | null } | { kind: 'unknown'; report: Report } {
  if (journey === undefined) return { kind: 'known', file: null }
  const found = documents.find((document) => document.journey === journey)
  if (found !== undefined) return { kind: 'known', file: found.document.file }
  return { kind: 'unknown', report: unknownJourney(journey, documents, configDir) }
}

function unknownJourney(journey: string, documents: readonly JourneyDocument[], configDir: string): Report {
  const known = documents.map((document) => document.journey)
  const text = `no journey "${journey}" that can be read in ${configDir}/journeys — ${didYouMean(journey, known)}`
  return { exit: 2, text, data: { problem: text } }
}
