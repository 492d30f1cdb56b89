// Pure. The WhatsApp emulator that stands in for the provider of a demonstration.
import { DEMO_TEMPLATES } from '../demo/templates.ts'
import type { WhatsAppAccount } from '@baton/adapters'
import type { EmulatorOptions } from '@baton/adapters/emulator'
import type { Clock } from '@baton/router'
import type { Logger } from 'pino'
import type { Configuration } from '../config/configuration.ts'

/** Where its routes begin in our own server. */
export const EMULATOR_PATH = '/emulated'

/** Of every number on the emulator, whose routes know no key. They are known to everybody: what is real never gets there. */
export const DEMO_SECRETS = {
  WHATSAPP_ACCESS_TOKEN: 'demo-access-token',
  WHATSAPP_APP_SECRET: 'demo-app-secret',
  WHATSAPP_VERIFY_TOKEN: 'demo-verify-token',
}

/** Whether it is served. `variables`: with the address of its Graph API, values for what the configuration refers to and is not
 * set. `refused`: it would have to be served, and must not be. */
export type Emulation =
  | { kind: 'off' }
  | { kind: 'on'; variables(url: string): Record<string, string> }
  | { kind: 'refused'; message: string }

/** Why the emulator cannot be the provider of some number, and what to do; null when it can. */
export function emulatorProblem(configuration: Configuration, url: string): string | null {
  const { WHATSAPP_ACCESS_TOKEN: token, WHATSAPP_APP_SECRET: secret } = DEMO_SECRETS
  const strangers = [...configuration.settings().numbers.keys()].filter((id) => {
    const account = configuration.accountOf(id)
    return isEmulated(account, url) && (account.accessToken !== token || !account.appSecrets.includes(secret))
  })
  if (strangers.length === 0) return null
  return `the emulator knows only the demonstration's secrets, and the provider of ${strangers.join(', ')} has others: in config/numbers.yaml write accessToken: env:WHATSAPP_ACCESS_TOKEN and appSecrets: [env:WHATSAPP_APP_SECRET], and leave those variables unset, or give the number another baseUrl`
}

function isEmulated(account: WhatsAppAccount | null, url: string): account is WhatsAppAccount {
  return account?.baseUrl.startsWith(url + EMULATOR_PATH) === true
}

/** Every number whose provider is the emulator. It signs with the secrets that everybody knows, whatever is configured. */
export function emulatorOptions(configuration: Configuration, url: string, clock: Clock, log: Logger): EmulatorOptions {
  const numbers = [...configuration.settings().numbers.values()].flatMap(({ id, displayNumber }) => {
    const account = configuration.accountOf(id)
    if (!isEmulated(account, url)) return []
    const { phoneNumberId, businessAccountId } = account
    return [{ phoneNumberId, businessAccountId, accessToken: DEMO_SECRETS.WHATSAPP_ACCESS_TOKEN, displayNumber }]
  })
  return {
    numbers,
    appSecret: DEMO_SECRETS.WHATSAPP_APP_SECRET,
    verifyToken: DEMO_SECRETS.WHATSAPP_VERIFY_TOKEN,
    clock,
    log,
    publicUrl: url + EMULATOR_PATH,
    unknownRecipients: 'create',
    templates: DEMO_TEMPLATES,
  }
}
