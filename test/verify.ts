// Everything CI runs, in one command: `pnpm test`, or some of it: `pnpm test types tap`. Every step runs even when an
// earlier one failed; the last line is `N passed, N failed`: the assertions of tap plus one for each other step.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTapReport } from './tap-report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = (name: string) => `${root}node_modules/.bin/${name}`

const STEPS: Record<string, { what: string; command: [string, ...string[]] }> = {
  format: { what: 'oxfmt', command: [tool('oxfmt'), '--check', '.'] },
  lint: { what: 'oxlint, with types', command: [tool('oxlint'), '--type-aware', '--deny-warnings'] },
  types: { what: 'tsc', command: [tool('tsc'), '--project', '.'] },
  boundaries: { what: 'dependency-cruiser', command: [tool('depcruise'), 'packages', 'apps', 'test', 'bench'] },
  'dead-code': { what: 'knip', command: [tool('knip'), '--no-progress', '--treat-config-hints-as-errors'] },
}

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** Runs a tool and keeps what it says; it is shown only when the tool fails. */
async function runStep(name: string, [command, ...args]: [string, ...string[]]): Promise<boolean> {
  const started = Date.now()
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await exitCode(child)
  const good = code === 0
  console.log(`${good ? 'ok    ' : 'FAILED'} ${name} — ${STEPS[name]?.what} (${seconds(started)})`)
  if (!good) console.log(Buffer.concat(output).toString().trimEnd().replaceAll(/^/gm, '    ') + `\n    exit code ${code}`)
  return good
}

/** Runs every tap file and prints a line for each, and all that a failing one said. */
async function runTap(): Promise<{ passed: number; failed: number }> {
  const started = Date.now()
  const child = spawn(tool('tap'), ['--reporter=tap'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const report = createTapReport((line) => console.log(line))
  const ended = exitCode(child)
  for await (const line of createInterface({ input: child.stdout })) report.line(line)
  const result = report.end(await ended)
  console.log(`${result.failed === 0 ? 'ok    ' : 'FAILED'} tests — tap (${seconds(started)})`)
  return result
}

function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

const wanted = process.argv.slice(2)
const known = [...Object.keys(STEPS), 'tap']
const unknown = wanted.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`unknown step ${unknown.join(', ')}; there are: ${known.join(', ')}`)
  process.exit(2)
}

let passed = 0
let failed = 0
for (const [name, step] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  if (await runStep(name, step.command)) passed += 1
  else failed += 1
}
if (wanted.length === 0 || wanted.includes('tap')) {
  const tests = await runTap()
  passed += tests.passed
  failed += tests.failed
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
