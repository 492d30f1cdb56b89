// Pure.
import type { CommittedTurn } from '@baton/router'
import type { CommittedFigures } from './metrics.ts'

/** What is counted of a committed turn. */
export function committedFigures({ actor, turn }: CommittedTurn): CommittedFigures {
  return {
    kind: actor.kind,
    rule: turn.decision?.rule ?? null,
    alarms: turn.alarms.map(({ code }) => code),
    blockedKeyword: isBlockedKeyword(turn.decision),
  }
}

/** A reserved keyword that an open service session kept from its journey. */
function isBlockedKeyword(decision: CommittedTurn['turn']['decision']): boolean {
  const facts = decision?.inputs['facts'] as { entry?: unknown } | undefined
  return decision?.rule === 'open-service-session' && facts?.entry !== undefined
}
