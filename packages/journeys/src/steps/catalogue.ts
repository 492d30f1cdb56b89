// Pure. Every step kind there is.
import { ask } from './ask.ts'
import { branch } from './branch.ts'
import { end } from './end.ts'
import { handOff } from './hand-off.ts'
import { http } from './http.ts'
import { send } from './send.ts'
import { setStep } from './set.ts'
import { split } from './split.ts'
import { start } from './start.ts'
import type { StepKind } from './step.ts'
import { waitStep } from './wait.ts'

const ALL: readonly StepKind[] = [send, ask, branch, split, waitStep, setStep, http, start, handOff, end]

/** Step kinds by the key that names them in YAML. */
export const STEP_KINDS: ReadonlyMap<string, StepKind> = new Map(ALL.map((kind) => [kind.kind, kind]))
