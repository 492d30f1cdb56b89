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
    serviceLevels: turn.alarms.length === 0 ? [] : serviceLevelsOf(turn.alarms),
  }
}

/** A reserved keyword that an open service session kept from its journey. */
function isBlockedKeyword(decision: CommittedTurn['turn']['decision']): boolean {
  const facts = decision?.inputs['facts'] as { entry?: unknown } | undefined
  return decision?.rule === 'open-service-session' && facts?.entry !== undefined
}

const EVENTS: Readonly<Record<string, 'warned' | 'missed'>> = { 'service-level-at-risk': 'warned', 'service-level-missed': 'missed' }

function serviceLevelsOf(alarms: CommittedTurn['turn']['alarms']): CommittedFigures['serviceLevels'] {
  return alarms.flatMap(({ code, detail }) => {
    const event = EVENTS[code]
    return event === undefined ? [] : [{ queue: String(detail['queue']), objective: String(detail['objective']), event }]
  })
}
