// The command line: what can be said, and which function answers it.
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { configApply, configCheck, configDiff, configPull, configSchemas } from './config.ts'
import { runDemo } from './demo.ts'
import { runDoctor } from './doctor.ts'
import { readEnvironment, type Environment } from './environment.ts'
import { runExplain } from './explain.ts'
import { journeyGraphOf, journeyLint, journeyTest } from './journey.ts'
import { runMigrate } from './migrate.ts'
import { print, type ExitCode, type Report, type Terminal } from './output.ts'

/** Runs one command line (without node and the script) and answers with the exit code; `start` answers when it has ended. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = 0
  const program = buildProgram(terminal, (code) => {
    exit = code
  })
  if (args.length === 0) {
    program.outputHelp({ error: true })
    return 2
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exit
  } catch (error) {
    // Help and version end the run as an "error" of exit code 0; everything else commander throws is misuse, told already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const text = `${describe(error)}${fixFor(error)}`
    if (isJson(program)) return print(terminal, { exit: 1, text, data: { problem: text } }, true)
    terminal.err(`baton: ${text}`)
    return 1
  }
}

/** The commands themselves, for the parser and for tests of the documentation. */
export function buildProgram(terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command('baton')
    .description('A self-hosted unified messaging router for WhatsApp Business.')
    .option('--json', 'answer as one line of JSON')
    .showHelpAfterError('(baton --help lists the commands)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.err(text.trimEnd()) })

  /** Reads the environment, runs the command, prints its report. */
  function answer(run: (environment: Environment) => Promise<Report>): Promise<void> {
    return answerWith(program, terminal, done, run)
  }
  const group = (name: string, what: string) => program.command(name).description(what).copyInheritedSettings(program)

  program
    .command('start')
    .description('start the server')
    .action(() =>
      answer(async (environment) => {
        // The whole server is loaded by the one command that needs it.
        const { runStart } = await import('./start.ts')
        return runStart(environment, terminal)
      }),
    )

  const config = group('config', 'check and publish the configuration files')
  config
    .command('check')
    .description('is everything in order? needs no database')
    .action(() => answer(configCheck))
  config
    .command('diff')
    .description('what apply would change')
    .action(() => answer(configDiff))
  config
    .command('apply')
    .description('publish the files as the next version')
    .option('--author <name>', 'who publishes; the user of this machine without it')
    .option('--note <text>', 'why')
    .action((options: { author?: string; note?: string }) => answer((environment) => configApply(environment, options)))
  config
    .command('pull')
    .description('write a published version into the configuration directory')
    .option('--version <number>', 'which one; the newest without it', wholeNumber)
    .option('--force', 'overwrite files with changes that are not published')
    .action((options: { version?: number; force?: boolean }) => answer((environment) => configPull(environment, options)))
  config
    .command('schema')
    .description('write the JSON Schemas editors use into <config>/schema')
    .action(() => answer(configSchemas))

  const journey = group('journey', 'work on journeys as files')
  journey
    .command('lint [journey]')
    .description('what is wrong with one journey, or with all')
    .action((id: string | undefined) => answer((environment) => journeyLint(environment, id)))
  journey
    .command('test [journey]')
    .description('run the tests beside the journeys, in virtual time')
    .option('--update', 'keep what they say now as the transcripts to compare with')
    .action((id: string | undefined, options: { update?: boolean }) => answer((environment) => journeyTest(environment, id, options)))
  journey
    .command('graph <journey>')
    .description('a journey as a Mermaid flow chart')
    .option('--svg', 'as a picture of its own, for a browser')
    .action((id: string, options: { svg?: boolean }) => answer((environment) => journeyGraphOf(environment, id, options)))

  program
    .command('explain <id>')
    .description('why a message, or a whole conversation, went where it went')
    .action((id: string) => answer((environment) => runExplain(environment, id)))
  program
    .command('demo [story]')
    .description('play the stories on a Baton and a WhatsApp emulator of their own; with a word, those that have it in their title')
    .action((story: string | undefined) => answer((environment) => runDemo(environment, terminal, isJson(program), story)))
  program
    .command('migrate')
    .description('bring the database schema up to date')
    .action(() => answer(runMigrate))
  program
    .command('doctor')
    .description('check Node, database, configuration, secrets and numbers')
    .action(() => answer((environment) => runDoctor(environment, terminal.env)))
  return program
}

async function answerWith(
  program: Command,
  terminal: Terminal,
  done: (code: ExitCode) => void,
  run: (environment: Environment) => Promise<Report>,
): Promise<void> {
  const read = readEnvironment(terminal.env)
  const wrong = (problems: string[]): Report => ({ exit: 2, text: problems.join('\n'), data: { problems } })
  done(print(terminal, read.kind === 'wrong' ? wrong(read.problems) : await run(read.environment), isJson(program)))
}

function isJson(program: Command): boolean {
  return program.opts<{ json?: boolean }>().json === true
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number.')
  return Number(text)
}

/** What to do about what the operating system or the database said in its own words. */
const FIXES: Record<string, string> = {
  EADDRINUSE: 'end the process that listens there, or set PORT',
  EADDRNOTAVAIL: 'set HOST to an address of this machine',
  ECONNREFUSED: 'start PostgreSQL there, or correct DATABASE_URL',
  ENOTFOUND: 'correct the host in DATABASE_URL',
  '28P01': 'correct user and password in DATABASE_URL',
  '3D000': 'create the database, or correct DATABASE_URL',
  mkdir: 'set BATON_DATA_DIR to a directory that can be written',
}

function fixFor(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { code, syscall } = error as NodeJS.ErrnoException
  const fix = FIXES[code ?? ''] ?? FIXES[syscall ?? '']
  return fix === undefined ? '' : ` — fix: ${fix}`
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // A refused connection comes as an AggregateError without a message of its own.
  const message = error.message === '' && error instanceof AggregateError ? error.errors.map(describe).join('; ') : error.message
  return 'code' in error && typeof error.code === 'string' && !message.includes(error.code) ? `${error.code}: ${message}` : message
}
