// Secrets stand in the configuration as references, `env:NAME` or `file:PATH`; what they lead to is never stored,
// printed or logged. Those of numbers are read when a version is taken up and held in memory; those of bots and of journeys' HTTP steps at
// each call, as they need only be set where calls are made.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** A reference to a secret; a plain value is refused without being repeated in the message. */
export const secretReference = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a secret is never written here: expected a reference, env:NAME or file:PATH')
  .meta({ id: 'SecretReference', description: 'env:NAME or file:PATH; never the secret itself' })

export type Resolved = { kind: 'value'; value: string } | { kind: 'missing'; message: string; fix: string }

export interface ReferenceSources {
  env: Readonly<Record<string, string | undefined>>
  readFile(path: string): string
}

export const processSources: ReferenceSources = {
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
}

export function isReference(text: string): boolean {
  return /^(env|file):/.test(text)
}

/** What a reference leads to. One line end at the end of a file is not part of the secret. */
export function resolveReference(reference: string, { env, readFile }: ReferenceSources): Resolved {
  const [, scheme, name] = /^(env|file):(.+)$/.exec(reference) ?? []
  if (scheme === 'env' && name !== undefined) {
    const value = env[name]
    if (value !== undefined && value !== '') return { kind: 'value', value }
    return { kind: 'missing', message: `${reference}: the environment variable ${name} is not set`, fix: `set ${name} before the start` }
  }
  if (scheme === 'file' && name !== undefined) {
    try {
      const value = readFile(name).replace(/\r?\n$/, '')
      if (value !== '') return { kind: 'value', value }
      return { kind: 'missing', message: `${reference}: the file is empty`, fix: `write the secret into ${name}` }
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      return { kind: 'missing', message: `${reference}: the file cannot be read (${why})`, fix: `create ${name}, readable by this user` }
    }
  }
  return { kind: 'missing', message: 'not a reference', fix: 'write env:NAME or file:PATH' }
}
