// A whole server on a real database, over real HTTP, with the emulator in the provider's place.
import { fileURLToPath } from 'node:url'
import { systemClock } from '@baton/router'
import { pino } from 'pino'
import { DEMO_SECRETS } from '../../src/whatsapp/emulation.ts'
import { startBaton } from '../../src/compose.ts'
import type { Baton, BatonOptions } from '../../src/baton.ts'

/** The shipped configuration. */
export const CONFIG_DIR = fileURLToPath(new URL('../../../../config', import.meta.url))
/** What their webhooks are signed with. */
export const APP_SECRET = DEMO_SECRETS.WHATSAPP_APP_SECRET
/** The administrator key of these servers. */
export const KEY = 'administrator-key-of-the-test'

type Body = Record<string, unknown> & { items: Record<string, unknown>[] }

/** Starts one with the shipped configuration; it is closed when the test ends. */
export async function started(
  t: { teardown(end: () => unknown): void },
  options: Pick<BatonOptions, 'database'> & Partial<BatonOptions>,
): Promise<Baton> {
  const result = await startBaton({
    clock: systemClock,
    log: pino({ level: 'silent' }),
    configDir: CONFIG_DIR,
    host: '127.0.0.1',
    port: 0,
    roles: ['web', 'worker', 'sender'],
    apiKey: KEY,
    emulator: () => ({
      kind: 'on',
      variables: (url) => ({
        WHATSAPP_BASE_URL: url,
        ...DEMO_SECRETS,
        FAQ_BOT_SECRET: 'bot',
      }),
    }),
    ...options,
  })
  if (result.kind !== 'started') throw new Error(JSON.stringify(result))
  t.teardown(() => result.baton.close())
  return result.baton
}

/** Calls its API as the administrator, or with other headers too. A body that is a string goes as it is. */
export function client({ url }: Pick<Baton, 'url'>, headers: Record<string, string> = {}) {
  return async (method: string, path: string, body?: object | string): Promise<{ status: number; body: Body }> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Body }
  }
}

/** Asks again until the answer is as wanted; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
