import { createHttpCaller } from '@baton/journeys'
import type { ParticipantAdapter } from '@baton/router'
import type { Closing } from '../process/closing.ts'
import type { Configuration } from '../config/configuration.ts'

/** Makes the calls of journeys' HTTP steps, where the configuration in force lets it. */
export function createHttpSteps(
  configuration: Pick<Configuration, 'secret' | 'outgoing'>,
  closing: Pick<Closing, 'push'>,
): ParticipantAdapter {
  const caller = createHttpCaller({
    hosts: () => configuration.outgoing().hosts,
    allowsAddress: (address) => configuration.outgoing().allowsAddress(address),
    resolveSecret: (reference) => configuration.secret(reference) ?? undefined,
  })
  closing.push(() => caller.close())
  return caller
}
