// In memory: read one conversation's stored state, apply its next event with the real engines, and write everything that would be
// stored. What is left of a turn without the database.
import { createJourneysEngine } from '@baton/journeys'
import { createOmniEngine } from '@baton/omni'
import { createConversationLogic, formatId, newUuid, slotOf } from '@baton/router'
import type { StoredActor } from '@baton/router'
import { settingsOf } from './configuration.ts'

export interface StepFigures {
  /** Per second of CPU. */
  perCoreSecond: number
  bytes: number
}

const MINUTE = 60_000

/** `earlier`: how many messages the conversation has behind it. */
export function measureSteps({ earlier, seconds }: { earlier: number; seconds: number }): StepFigures {
  const now = Date.now()
  const logic = createConversationLogic({ engines: [createJourneysEngine(), createOmniEngine()] })
  const settings = settingsOf({ phoneNumberIds: ['1'], perSecond: 1_000, journeys: [] })
  const slot = slotOf('number-0/user:US.1')
  const actor: StoredActor = {
    slot,
    id: formatId('cv', slot, newUuid(now)),
    kind: 'conversation',
    key: 'number-0/user:US.1',
    numberId: 'number-0',
    state: null,
  }
  const stored: { text: string } = { text: 'null' }
  const turn = (at: number, id: string): string => {
    const message = { providerId: `wamid.${id}`, at, content: { kind: 'text', text: 'coupon' } }
    const event = { type: 'message.received', from: { userId: 'US.1', phone: '15550001', name: 'Customer' }, message }
    const { state, ...rest } = logic.step({ ...actor, state: JSON.parse(stored.text) }, { id, at, receivedAt: at, event }, at, settings)
    if (rest.sends.length !== 1) throw new Error('the keyword was not answered')
    JSON.stringify(rest)
    return JSON.stringify(state)
  }
  for (let index = 0; index < earlier; index += 1) {
    stored.text = turn(now + index * MINUTE, formatId('ev', slot, newUuid(now + index)))
  }
  const at = now + earlier * MINUTE
  const ids = Array.from({ length: 1_000 }, () => formatId('ev', slot, newUuid(at)))
  const round = (): void => {
    for (const id of ids) turn(at, id)
  }
  for (let warm = performance.now(); performance.now() - warm < 500;) round()
  let steps = 0
  const before = process.cpuUsage()
  for (const started = performance.now(); performance.now() - started < seconds * 1_000; steps += ids.length) round()
  const { user, system } = process.cpuUsage(before)
  return { perCoreSecond: steps / ((user + system) / 1_000_000), bytes: Buffer.byteLength(stored.text) }
}
