// Pure. A YAML text with the position of everything in it.
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { formatPath, type Problem } from './problem.ts'

export interface YamlDocument {
  file: string
  /** Plain data; undefined when the text is no YAML. */
  value: unknown
  /** Syntax errors. */
  problems: Problem[]
  /** A problem at a place in the file. A path that is not in the text is shown at its nearest parent;
   * `key: true` points at the name of the last member, not its value. */
  problem(path: readonly PropertyKey[], message: string, fix: string, options?: ProblemOptions): Problem
}

export interface ProblemOptions {
  /** By default an error. */
  severity?: Problem['severity']
  onlyPublishing?: boolean
  key?: boolean
}

/** A document that expands to more aliases than this is an attack or a mistake. */
const MAX_ALIASES = 100

export function parseYaml(file: string, text: string): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problem: YamlDocument['problem'] = (path, message, fix, options = {}) => ({
    file,
    ...at(offsetOf(document, path, options.key === true)),
    path: formatPath(path),
    message,
    fix,
    severity: options.severity ?? 'error',
    ...(options.onlyPublishing === true ? { onlyPublishing: true } : {}),
  })

  // After the first fault of form the parser guesses, and what it says then only misleads.
  const [first] = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY')
  const errors = document.errors.filter((error) => error === first || (first === undefined && error.code === 'DUPLICATE_KEY'))
  const problems: Problem[] = errors.map((error) => ({
    file,
    ...at(error.pos[0]),
    path: '',
    message: `not valid YAML: ${error.message.split('\n')[0] ?? ''}`,
    fix: FIXES[error.code] ?? 'correct the YAML at this place',
    severity: 'error',
  }))
  let value: unknown
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown
    } catch (error) {
      problems.push(problem([], `not usable YAML: ${error instanceof Error ? error.message : String(error)}`, 'write the values out'))
    }
  }
  return { file, value, problems, problem }
}

/** The same text under the name of a file. */
export function named(document: YamlDocument, file: string): YamlDocument {
  return {
    file,
    value: document.value,
    problems: document.problems.map((problem) => ({ ...problem, file })),
    problem: (...place) => ({ ...document.problem(...place), file }),
  }
}

const FIXES: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  DUPLICATE_KEY: 'keep one of the two',
  BAD_INDENT: 'align it with its neighbours',
  MULTILINE_IMPLICIT_KEY: 'put quotes around a text that contains ": "',
}

/** Where the node at `path` starts; its key when asked, or when it is missing the nearest parent's start. */
function offsetOf(document: Document, path: readonly PropertyKey[], key: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const name = path[length - 1]
    const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(name)) : undefined
    const node = document.getIn(path.slice(0, length), true)
    const wanted = key && length === path.length ? pair?.key : (node ?? pair?.key)
    const start = rangeStart(wanted) ?? rangeStart(node)
    if (start !== null) return start
  }
  return rangeStart(document.contents) ?? 0
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return null
  const [start] = node.range as unknown[]
  return typeof start === 'number' ? start : null
}
