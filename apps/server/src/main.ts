// The process: `node apps/server/src/main.ts <command>`.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// What was compiled once is not compiled again: a third of the time a command takes to start. Beside the packages, where only
// whoever installs them can write; where nobody can, as in the container image, nothing is kept.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/baton', import.meta.url)))

const { runCli } = await import('./cli/program.ts')

process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  env: process.env,
})
