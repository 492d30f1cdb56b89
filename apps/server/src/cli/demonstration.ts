// Pure. The demonstration: the shipped configuration runs against the WhatsApp emulator, on a fresh clone, with nothing set.
import { DEMO_SECRETS } from '../whatsapp/emulation.ts'
import type { Emulation } from '../whatsapp/emulation.ts'
import type { ConfigFiles } from '../config/files.ts'
import type { Environment } from './environment.ts'

/** The variable whose absence means: there is no WhatsApp here yet. */
const BASE_URL = 'WHATSAPP_BASE_URL'

/** Known to everybody, which is why they are for an emulator on this machine only. */
const DEFAULTS: Record<string, string> = { ...DEMO_SECRETS, FAQ_BOT_SECRET: 'demo-bot-secret' }

/** On when BATON_EMULATOR says so, or, when it says nothing, if the configuration takes its base URL from WHATSAPP_BASE_URL
 * and that is not set. Refused beside secrets that are set: they are real, and somebody has forgotten the rest. */
export function planDemonstration(
  { emulator, host }: Pick<Environment, 'emulator' | 'host'>,
  env: Record<string, string | undefined>,
  files: ConfigFiles,
): Emulation {
  const unset = (name: string) => env[name] === undefined || env[name] === ''
  const wanted = Object.values(files).some((text) => text.includes(`env:${BASE_URL}`)) && unset(BASE_URL)
  if (emulator === false || (emulator === null && !wanted)) return { kind: 'off' }
  const real = Object.keys(DEMO_SECRETS).filter((name) => !unset(name))
  if (wanted && real.length > 0) {
    const message = `${BASE_URL} is not set, but ${real.join(' and ')} ${real.length === 1 ? 'is' : 'are'}, and the emulator has secrets of its own: set ${BASE_URL} too (Meta: https://graph.facebook.com), or, for the demonstration, none of them`
    return { kind: 'refused', message }
  }
  if (emulator === null && !isLoopback(host)) {
    const message = `${BASE_URL} is not set, and the emulator's secrets are public, so it is not served on ${host}: set ${BASE_URL} and the other WHATSAPP_ variables, or BATON_EMULATOR=on to do it all the same`
    return { kind: 'refused', message }
  }
  // With a base URL the numbers are real, and so must be their secrets: what is missing is reported.
  const names = wanted ? [BASE_URL, ...Object.keys(DEFAULTS)].filter(unset) : []
  const variables = (emulatorUrl: string) => Object.fromEntries(names.map((name) => [name, DEFAULTS[name] ?? emulatorUrl]))
  return { kind: 'on', variables }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
