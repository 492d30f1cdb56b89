// Pure.

/** Something wrong with a configuration file. `line` and `column` count from 1; `path` is the place inside the file,
 * `numbers[0].incoming.defaultApp`, or '' for the whole file. `file` is as a person would open it: `config/numbers.yaml`. */
export interface Problem {
  file: string
  line: number
  column: number
  path: string
  message: string
  fix: string
  /** An error refuses publishing; a warning is only shown. */
  severity: 'error' | 'warning'
  /** An error that refuses publishing, but no start: a version may be older than the rule, and what the rule is about is harmless, or refused
   * as it happens. */
  onlyPublishing?: true
}

/** `config/numbers.yaml:12:7 numbers[0].incoming.defaultApp: expected … — fix: …`; warnings say so. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`
  const path = problem.path === '' ? '' : ` ${problem.path}`
  const kind = problem.severity === 'warning' ? 'warning: ' : ''
  return `${place}${path}: ${kind}${problem.message}${problem.fix === '' ? '' : ` — fix: ${problem.fix}`}`
}

/** Whether these files may not be published. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error')
}

/** Whether a version with this problem cannot run. */
export function keepsFromRunning({ severity, onlyPublishing }: Problem): boolean {
  return severity === 'error' && onlyPublishing !== true
}

/** By file, line and column, errors before warnings of the same place; the same thing said twice is said once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.severity.localeCompare(b.severity))
    .filter((problem) => {
      const key = formatProblem(problem)
      return !seen.has(key) && seen.add(key)
    })
}

/** `['numbers', 0, 'incoming', 'defaultApp']` → `numbers[0].incoming.defaultApp`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : /^[\w-]+$/.test(String(part)) ? `.${String(part)}` : `["${String(part)}"]`))
    .join('')
    .replace(/^\./, '')
}
