// How a command speaks and ends.

/** 0 all is well · 1 there are findings, or it did not work · 2 misuse. */
export type ExitCode = 0 | 1 | 2

/** What a command may touch of the process; tests hand in their own. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  env: Record<string, string | undefined>
}

/** What a command found: `text` for people, `data` for `--json`. */
export interface Report {
  exit: ExitCode
  text: string
  data: Record<string, unknown>
}

export function print(terminal: Terminal, report: Report, json: boolean): ExitCode {
  if (json) terminal.out(JSON.stringify({ ok: report.exit === 0, ...report.data }))
  else if (report.text !== '') (report.exit === 2 ? terminal.err : terminal.out)(report.text)
  return report.exit
}
