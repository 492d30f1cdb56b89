// Pure. Customer messages kept for a paused journey, in order. The journey's engine keeps the time; here they are brought to it
// when it goes on, and decided again when it is no longer there to take them. What the customer does next goes before what is
// kept: a person, an opt-out, another journey. It is in the transcript, where whoever has the conversation then reads it.
import type { Recognition } from '../contract/engine.ts'
import type { InboundMessage } from '../contract/message.ts'
import { ownerOf } from './advance.ts'
import type { Draft } from './draft.ts'
import type { HeldReply } from './state.ts'

/** With this many kept, the next message is decided as if no journey waited, so that the customer gets an answer. */
const MOST_KEPT = 50

export function keepReply(draft: Draft, message: InboundMessage, messageId: string, holder: string, ref: string): void {
  // The reference ties the reply to its question even if the journey asks another one later. The raw payload is in the transcript.
  const { raw: _raw, ...kept } = { ...message, replyTo: message.replyTo ?? `ref:${ref}` }
  draft.state.heldReplies = [...(draft.state.heldReplies ?? []), { message: kept, messageId, holder, since: draft.now }]
}

export function keepsTooMany(draft: Draft): boolean {
  return (draft.state.heldReplies?.length ?? 0) >= MOST_KEPT
}

export function forgetHeldReplies(draft: Draft): void {
  delete draft.state.heldReplies
}

/** At the end of every event: when service or upstream has the conversation, kept replies are dropped; they are read in the transcript. */
export function keepForMarketingOnly(draft: Draft): void {
  if (['service', 'external'].includes(ownerOf(draft.state.machine))) forgetHeldReplies(draft)
}

/** Decides what was kept, oldest first, as far as it need not be kept any longer. */
export function bringHeldReplies(
  draft: Draft,
  recognise: (message: InboundMessage) => Recognition,
  decide: (held: HeldReply, recognition: Recognition) => void,
): void {
  keepForMarketingOnly(draft)
  if (draft.state.heldReplies === undefined) return
  const brought: Record<string, unknown>[] = []
  for (let held = draft.state.heldReplies[0]; held !== undefined; held = draft.state.heldReplies?.[0]) {
    const recognition = recognise(held.message)
    const claimed = recognition.reply.holder === held.holder
    if (claimed && recognition.reply.paused !== undefined) break
    const rest: HeldReply[] = draft.state.heldReplies?.slice(1) ?? []
    if (rest.length > 0) draft.state.heldReplies = rest
    else forgetHeldReplies(draft)
    const from = draft.rules.length
    // Its run is gone: decide it as an ordinary message, never as an answer to another run's question.
    decide(held, claimed ? recognition : { ...recognition, reply: { match: 'none' } })
    brought.push({ messageId: held.messageId, since: held.since, rule: draft.rules[from] ?? null })
  }
  const before = (draft.inputs['brought'] as unknown[] | undefined) ?? []
  if (brought.length > 0) draft.inputs['brought'] = [...before, ...brought]
}
