// Changes only the draft it is given. The calls of HTTP steps: a run makes one and waits, and may make it again. The call leaves through the
// outbox and its result comes as an event, so that neither is lost with a process; the key tells the server of a repetition.
import type { CallRequest } from './calls/request.ts'
import { callFailed } from './calls/result.ts'
import type { CallResult } from './calls/result.ts'
import type { Call, Run } from './state.ts'
import { ANSWER_GRACE } from './steps/http.ts'
import type { Signal } from './steps/step.ts'
import type { Work } from './work.ts'

export function makeCall(work: Work, run: Run, request: CallRequest, welcome: boolean): void {
  const id = work.context.newId('ca')
  attempt(work, run, { id, attempt: 1, welcome, data: { ...request, key: id } })
}

/** The time between two attempts is over. */
export function callAgain(work: Work, run: Run, { attempt: last, welcome, data }: Call): void {
  attempt(work, run, { id: work.context.newId('ca'), attempt: last + 1, welcome, data })
}

function attempt(work: Work, run: Run, call: Call & { id: string }): void {
  const { id, data } = call
  const { timeoutMs } = data
  work.effects.push({ type: 'participant.call', kind: 'http', callId: id, target: run.journey, data, timeoutMs })
  run.doing = { kind: 'waiting', due: work.context.now + timeoutMs + ANSWER_GRACE, call }
}

/** The run waits before it makes its call once more. */
export function callLater(run: Run, at: number): void {
  const call = 'call' in run.doing ? run.doing.call : undefined
  if (call === undefined) throw new Error(`run ${run.id} repeats a call that it did not make`)
  const { result: _result, ...rest } = call
  run.doing = { kind: 'waiting', due: at, call: { ...rest, id: null } }
}

/** What a run that waits for a call hears when its time comes; null: it is time for the next attempt. */
export function signalOf({ id, attempt: made, result }: Call): Signal | null {
  if (id === null) return null
  return { kind: 'called', attempt: made, result: result ?? callFailed('call-timeout', 'no answer in time', { again: true }) }
}

/** For results: the status, or why there is none. */
export function outcomeOf(result: CallResult): string {
  if (result.kind === 'answered') return String(result.status)
  return result.reason === 'call-status' ? String(result.status) : result.reason
}
