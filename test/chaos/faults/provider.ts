// What the provider does: it answers late, wrongly or not at all, and slows us down. One send in twenty is met, through half of the load.
import type { Fault as EmulatorFault } from '@baton/adapters/emulator'
import type { Fault, Stage } from '../stage.ts'

const ONE_IN = 20

/** Puts a fault of the emulator in force between two shares of the load. `met`: told which messages it met. */
async function during(stage: Stage, fault: EmulatorFault, met: (messageId: string) => void = () => {}): Promise<void> {
  let inForce = true
  let seen = 0
  let times = 0
  await stage.share(0.2)
  stage.provider.emulator.addFault({
    ...fault,
    times: 0,
    match: {
      when({ callbackData = '' }) {
        seen += 1
        if (!inForce || seen % ONE_IN !== 0) return false
        times += 1
        met(callbackData)
        return true
      },
    },
  })
  await stage.share(0.7)
  inForce = false
  if (times === 0) stage.note('the provider was never asked')
}

/** It accepted and never says so. The statuses do. */
async function timeOut(stage: Stage): Promise<void> {
  await during(stage, { kind: 'time-out-after' }, stage.isUnderWay)
}

/** It accepted, never says so, and its statuses are lost too. */
async function silence(stage: Stage): Promise<void> {
  const met = new Set<string>()
  stage.provider.emulator.addFault({ kind: 'drop-webhook', times: 0, match: { when: ({ callbackData = '' }) => met.has(callbackData) } })
  await during(stage, { kind: 'time-out-after' }, (messageId) => {
    met.add(messageId)
    stage.isUnderWay(messageId)
  })
}

export const providerTimeOut: Fault = { name: 'provider-time-out', what: 'the provider accepts 1 in 20 and never answers', play: timeOut }

export const providerSilence: Fault = {
  name: 'provider-lost',
  what: 'the provider accepts 1 in 20, never answers, and no status tells',
  play: silence,
}

export const providerError: Fault = {
  name: 'provider-500',
  what: 'the provider answers 1 in 20 with HTTP 500',
  play: (stage) => during(stage, { kind: 'answer-500' }),
}

export const pairLimit: Fault = {
  name: 'provider-131056',
  what: 'the provider says of 1 in 20 that this customer gets too many',
  play: (stage) => during(stage, { kind: 'answer-error', code: 131056 }),
}

export const numberLimit: Fault = {
  name: 'provider-130429',
  what: 'the provider says at 1 in 20 that the number sends too fast',
  play: (stage) => during(stage, { kind: 'answer-error', code: 130429 }),
}

/** Statuses twice, and the last one first. */
async function statuses(stage: Stage): Promise<void> {
  let seen = 0
  const { emulator } = stage.provider
  emulator.addFault({
    kind: 'duplicate-webhook',
    times: 0,
    match: { when: ({ status }) => status !== undefined && (seen += 1) % ONE_IN === 0 },
  })
  emulator.addFault({ kind: 'reorder-statuses', times: 0, match: { when: () => (seen += 1) % ONE_IN === 0 } })
}

export const statusDisorder: Fault = { name: 'statuses', what: '1 in 20 statuses come twice, or in the wrong order', play: statuses }
