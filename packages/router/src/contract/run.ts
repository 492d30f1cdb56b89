/** A journey run that is under way, as people list it. Times are epoch milliseconds. */
export interface LiveRun {
  id: string
  journey: string
  /** Of the journey it is pinned to. */
  version: string
  step: string
  /** `suspended`: service or upstream has the conversation. `handed-off`: the run itself gave it to service. */
  status: 'asking' | 'waiting' | 'suspended' | 'handed-off'
  startedAt: number
  /** When it came to its step. */
  since: number
  /** When its time there is up; null while somebody else has the conversation. */
  until: number | null
}

/** What happened to one run on one event, in order: stored with the decision, never changed. A run's history and the results of a
 * journey are read from it. */
export interface RunTrail {
  run: string
  journey: string
  version: string
  marks: RunMark[]
}

/** What, at which step, and the rest: for `started` the kind of author, for `replied` the option or `valid`, for `undelivered` the code,
 * for `event` and `converted` the event's name, for `capped` what the cap does, for `handed-off` the reason, for `called` the status or
 * why there is none, for `moved` and `migrated` the step it was at, for `left` the other version, for `ended` the outcome. */
export type RunMark = [what: RunMarkKind, step: string, detail?: string]

export type RunMarkKind =
  | 'started'
  /** It has come to the step, which is entered when quiet hours are over. */
  | 'postponed'
  /** It has come to the step, whose message was one too many. */
  | 'capped'
  | 'entered'
  | 'replied'
  | 'invalid'
  | 'timed-out'
  | 'undelivered'
  | 'event'
  /** An attempt at the call of an HTTP step came to an end. */
  | 'called'
  | 'handed-off'
  | 'moved'
  /** To another version; under that one it is `migrated`. */
  | 'left'
  | 'migrated'
  | 'converted'
  | 'ended'

/** What somebody wants done with a run. Each names where it takes the run to be, so that a repetition changes nothing more. */
export type RunChange =
  | { kind: 'exit' }
  /** To another step of its version. */
  | { kind: 'move'; from: string; to: string }
  /** To a step of another version. */
  | { kind: 'migrate'; from: { version: string; step: string }; to: { version: string; step: string } }
