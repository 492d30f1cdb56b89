// Pure.
import { createTwoFilesPatch } from 'diff'
import type { ConfigFiles } from './files.ts'

/** What changes from one set of files to the other, as one unified diff; '' when nothing does. */
export function diffFiles(before: ConfigFiles, after: ConfigFiles, names: { before: string; after: string }): string {
  return changedFiles(before, after)
    .map((file) => {
      const from = before[file] === undefined ? '/dev/null' : `${names.before}/${file}`
      const to = after[file] === undefined ? '/dev/null' : `${names.after}/${file}`
      const patch = createTwoFilesPatch(from, to, before[file] ?? '', after[file] ?? '', undefined, undefined, { context: 3 })
      return patch.replace(/^=+\n/, '')
    })
    .join('')
}

/** Names of the files that differ, sorted. */
export function changedFiles(before: ConfigFiles, after: ConfigFiles): string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...all].filter((file) => before[file] !== after[file]).toSorted()
}
