// Pure, but for the `print` it is given. Reads tap's raw output line by line: one line a file, everything of a failing
// file, and the number of assertions.

export function createTapReport(print: (line: string) => void): {
  line(text: string): void
  /** `exit` is tap's exit code. A failure that no assertion shows (a crash, a time-out, no test at all) counts as one. */
  end(exit: number): { passed: number; failed: number }
} {
  let block: string[] = []
  let total: { passed: number; failed: number } | null = null
  let inDiagnostics = false

  return {
    line(text) {
      const file = /^(not )?ok \d+ - (.*?)(?: # time=(.*?))?$/.exec(text)
      if (file !== null) {
        if (file[1] === undefined) print(`  ok     ${file[2]} (${file[3] ?? '?'})`)
        else print([`  FAILED ${file[2]} (${file[3] ?? '?'})`, ...block].join('\n'))
        inDiagnostics = file[1] !== undefined
        block = []
        return
      }
      const counted = /^# \{ (.*) \}$/.exec(text)
      if (counted !== null) {
        const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counted[1] as string)?.[1] ?? 0)
        total = { passed: count('pass'), failed: count('fail') }
        return
      }
      // Unindented lines after a failing file tell how its process ended.
      if (inDiagnostics && /^ {2}\S/.test(text)) {
        if (/^ {2}(exitCode|signal|message|error|stdio|timeout|expired)/.test(text)) print(`  ${text}`)
        return
      }
      if (text.startsWith('    ')) {
        inDiagnostics = false
        block.push(text)
      }
    },
    end(exit) {
      if (block.length > 0) print(block.join('\n'))
      const { passed, failed } = total ?? { passed: 0, failed: 0 }
      if (exit !== 0 && failed === 0) return { passed, failed: 1 }
      return { passed, failed }
    },
  }
}
