// The process: `node apps/server/src/main.ts <command>`.
import { runCli } from './cli/program.ts'

process.exitCode = await runCli(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  env: process.env,
})
