// A running Baton, and what it takes to start one.
import type { Emulator } from '@baton/adapters/emulator'
import type { Clock, DatabaseAddress, Settings } from '@baton/router'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { ConfigFiles } from './config/files.ts'
import type { Problem } from './config/problem.ts'
import type { Differing } from './config/publish.ts'
import type { ReferenceSources } from './config/references.ts'
import type { Emulation } from './whatsapp/emulation.ts'
import type { FamilySpan } from './tracing/tracing.ts'

export type Role = 'web' | 'worker' | 'sender'

export interface BatonOptions {
  /** For tests and the demo; else this machine's, held to that of PostgreSQL. */
  clock?: Clock
  log: Logger
  /** A PostgreSQL, or the directory of one of our own. */
  database: DatabaseAddress | { directory: string }
  /** How long a statement may take, ms; a connection that says nothing for a sixth longer is given up. */
  statementTimeoutMs?: number
  configDir: string
  host: string
  /** 0: any free one. */
  port: number
  roles: readonly Role[]
  /** How long transcripts, decisions and alarms are kept, ms; else for ever. */
  historyMs?: number
  /** Event streams open at once. */
  streamsAtOnce?: number
  /** The administrator key; without it one is made on the first start. */
  apiKey?: string
  sources?: ReferenceSources
  /** Whether the WhatsApp emulator is served too, decided by the files that are going to be in force. */
  emulator?: (files: ConfigFiles) => Emulation
  /** Ends a start that is under way, in order. */
  signal?: AbortSignal
  /** Told of every step of a message; without it nobody traces. */
  onSpan?: (span: FamilySpan) => void
}

export interface Baton {
  url: string
  app: FastifyInstance
  /** The key that was made on this start; this is the only time it is seen. */
  administratorKey: string | null
  settings: () => Settings
  /** The files are not what is in force: they were changed and not published. */
  differing: Differing | null
  emulator: Emulator | null
  /** The variables whose values are the demonstration's. */
  madeUp: string[]
  /** Of the configured numbers, as the provider names them. */
  phoneNumberIds: string[]
  /** Says that it is not ready, goes on answering and asks whoever calls to close the connection: for so many milliseconds. */
  drain: (ms: number) => Promise<void>
  close: () => Promise<void>
}

export type Started =
  | { kind: 'started'; baton: Baton }
  /** Nothing is published and there is no configuration to publish. */
  | { kind: 'unpublished' }
  /** It was told to end before it had started. */
  | { kind: 'ended' }
  /** The configuration cannot be used. */
  | { kind: 'invalid'; problems: Problem[] }
  | Extract<Emulation, { kind: 'refused' }>
