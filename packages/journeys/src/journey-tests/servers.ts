// Owns the servers that a journey test gives: what they answer to the calls of HTTP steps, and when. Nothing is called.
import type { EngineEffect, EngineInput } from '@baton/router'
import { callData } from '../calls/request.ts'
import type { CallData } from '../calls/request.ts'
import { callEvent, callFailed, readAnswer } from '../calls/result.ts'
import type { CallResult } from '../calls/result.ts'
import type { GivenAnswer, JourneyTest } from './file.ts'

/** `event` is what the router would bring at `at`; null where the test gives no answer. */
export interface MadeCall {
  call: CallData
  answer: { at: number; event: Extract<EngineInput, { kind: 'event' }> } | null
}

export function givenServers(given: JourneyTest['given']['http']): (effect: CallEffect, now: number) => MadeCall {
  const made = new Map<string, number>()
  return ({ callId, data }, now) => {
    const call = callData.parse(data)
    const answers = [given[call.step] ?? []].flat()
    const times = made.get(call.step) ?? 0
    made.set(call.step, times + 1)
    const answer = answers[Math.min(times, answers.length - 1)]
    if (answer === undefined) return { call, answer: null }
    const at = answer === 'timeout' ? now + call.timeoutMs : now
    return { call, answer: { at, event: { kind: 'event', ...callEvent(callId, resultOf(call, answer)) } } }
  }
}
type CallEffect = Extract<EngineEffect, { type: 'participant.call' }>

function resultOf(call: CallData, answer: GivenAnswer): CallResult {
  if (answer === 'timeout') return callFailed('call-timeout', 'the test says so', { again: true })
  if (answer === 'unreachable') return callFailed('call-unreachable', 'the test says so', { again: true })
  const { status, body, retryAfter } = answer
  return readAnswer(call, {
    status,
    text: body === undefined ? '' : JSON.stringify(body),
    retryAfter: retryAfter === undefined ? null : String(retryAfter),
  })
}
