// Pure. The WhatsApp emulator that stands in for the provider of a demonstration.
import { DEMO_TEMPLATES } from './demo/templates.ts'
import type { EmulatorOptions } from '@baton/adapters/emulator'
import type { Clock } from '@baton/router'
import type { Logger } from 'pino'
import type { Configuration } from './config/configuration.ts'

/** Where its routes begin in our own server. */
export const EMULATOR_PATH = '/emulated'

/** Whether it is served. `variables`: with the address of its Graph API, values for what the configuration refers to and is not
 * set. `refused`: it would have to be served, and must not be. */
export type Emulation =
  | { kind: 'off' }
  | { kind: 'on'; variables(url: string): Record<string, string> }
  | { kind: 'refused'; message: string }

/** Every number whose provider is the emulator, with the secrets it is configured with. */
export function emulatorOptions(configuration: Configuration, url: string, clock: Clock, log: Logger): EmulatorOptions {
  const numbers = [...configuration.settings().numbers.values()].flatMap(({ id, displayNumber }) => {
    const account = configuration.accountOf(id)
    if (account === null || !account.baseUrl.startsWith(url + EMULATOR_PATH)) return []
    const {
      phoneNumberId,
      businessAccountId,
      accessToken,
      appSecrets: [appSecret],
    } = account
    return [{ phoneNumberId, businessAccountId, accessToken, displayNumber, ...(appSecret === undefined ? {} : { appSecret }) }]
  })
  return {
    numbers,
    appSecret: configuration.appSecrets()[0] ?? '',
    verifyToken: configuration.verifyTokens()[0] ?? '',
    clock,
    log,
    publicUrl: url + EMULATOR_PATH,
    unknownRecipients: 'create',
    templates: DEMO_TEMPLATES,
  }
}
