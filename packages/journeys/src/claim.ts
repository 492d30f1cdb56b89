// Pure. Which run a message belongs to. One reply claim per conversation: the newest open prompt holds it; a message that
// quotes an older prompt belongs to that prompt's run. Evidence, strongest first: quoted, payload, sole-wait, recency.
import type { InboundMessage, Recognition } from '@baton/router'
import { matchReply } from './replies.ts'
import type { ReplyMatch } from './replies.ts'
import type { JourneysState, Prompt, Run } from './state.ts'

export interface OpenQuestion {
  run: Run
  prompt: Prompt
}

export interface Attribution extends OpenQuestion {
  match: ReplyMatch
  evidence: NonNullable<Recognition['reply']['evidence']>
}

/** `stale`: a button of something already answered or finished. */
export function attribute(state: JourneysState, message: InboundMessage): { claim: Attribution | null; stale: boolean } {
  const open = openQuestions(state.runs)
  const quoted = quotedRef(message)
  const pressed = message.content.kind === 'reply' ? message.content : null
  const asked = quoted === null ? undefined : open.find((question) => sameStep(question.prompt.ref, quoted))
  if (asked !== undefined)
    return { claim: { ...asked, match: matchReply(asked.prompt, message.content), evidence: 'quoted' }, stale: false }
  const holder = open[0]
  const evidence = open.length === 1 ? 'sole-wait' : 'recency'
  if (pressed === null) {
    return { claim: holder === undefined ? null : { ...holder, match: matchReply(holder.prompt, message.content), evidence }, stale: false }
  }
  // A quote of ours that is not an open question means an old button. A quote the router could not translate proves nothing:
  // the press may have overtaken the record of our own send.
  const meant = quoted === null ? askerOf(open, pressed) : undefined
  if (meant !== undefined) return { claim: { ...meant, match: matchReply(meant.prompt, pressed), evidence: 'payload' }, stale: false }
  const stale = quoted !== null || state.finished.some((run) => run.options.includes(pressed.id))
  return { claim: holder === undefined ? null : { ...holder, match: { kind: 'invalid' }, evidence }, stale }
}

// By payload; by label only where no question knows the payload.
function askerOf(open: readonly OpenQuestion[], pressed: Extract<InboundMessage['content'], { kind: 'reply' }>): OpenQuestion | undefined {
  const byPayload = open.find(({ prompt }) => prompt.options.some((option) => option.id === pressed.id))
  return byPayload ?? open.find(({ prompt }) => matchReply(prompt, pressed).kind === 'option')
}

/** The questions that may be answered, the claim's holder first. */
export function openQuestions(runs: readonly Run[]): OpenQuestion[] {
  return runs
    .flatMap((run, at) => {
      const { doing } = run
      if (doing.kind === 'asking') return [{ run, prompt: doing.prompt, at }]
      return doing.kind === 'suspended' && doing.prompt !== null && !doing.undelivered ? [{ run, prompt: doing.prompt, at }] : []
    })
    .toSorted((a, b) => b.prompt.at - a.prompt.at || b.at - a.at)
    .map(({ run, prompt }) => ({ run, prompt }))
}

/** Our own ref of the quoted message, or null. */
export function quotedRef(message: InboundMessage): string | null {
  return message.replyTo?.startsWith('ref:') === true ? message.replyTo.slice(4) : null
}

/** Refs are `<run>/<step>/<n>`. */
export function refOf(run: Run): string {
  return `${run.id}/${run.step}/${run.sent + 1}`
}

// An earlier prompt of the same step asks the same question.
function sameStep(ref: string, other: string): boolean {
  return ref.slice(0, ref.lastIndexOf('/')) === other.slice(0, other.lastIndexOf('/'))
}
