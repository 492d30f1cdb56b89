// Pure. `config/outgoing.yaml`: where Baton may call, of what people write into other files.
import { callsOf, isCallable, isHostRule, maySend } from '@baton/journeys'
import type { CallableHost } from '@baton/journeys'
import { inNetworks, isNetwork, networks } from '@baton/router'
import { z } from 'zod'
import type { JourneyDocument } from './journeys.ts'
import type { Problem } from './problem.ts'
import { secretReference } from './references.ts'

const host = z
  .string()
  .refine(isHostRule, 'a host such as api.shop.example, with its port where it is not the usual one, or *.shop.example')

export const outgoingFile = z.strictObject({
  outgoing: z
    .strictObject({
      /** The servers that HTTP steps of journeys may call; without it none. */
      hosts: z
        .array(
          z.union(
            [
              host.transform((rule): CallableHost => ({ host: rule, secrets: [] })),
              z.strictObject({
                host,
                /** What steps may send there as a header or bearer token. A host that is only named gets none. */
                secrets: z.array(secretReference).default([]),
              }),
            ],
            {
              error:
                'a host such as api.shop.example, with its port where it is not the usual one, *.shop.example, or { host: api.shop.example, secrets: [env:SHOP_TOKEN] }',
            },
          ),
        )
        .prefault([]),
      /** Addresses that are not of the public internet and may be called all the same. Bots may be on this machine and in private networks
       * without it. */
      networks: z.array(z.string().refine(isNetwork, 'a network such as 10.20.0.0/16, or 127.0.0.1/32 for one address')).default([]),
    })
    .prefault({}),
})

export interface Outgoing {
  /** That HTTP steps may call. */
  hosts: readonly CallableHost[]
  /** Whether an address outside the public internet may be called. */
  allowsAddress(address: string): boolean
}

export function compileOutgoing({ outgoing }: z.output<typeof outgoingFile>): Outgoing {
  const allowed = networks(outgoing.networks)
  return { hosts: outgoing.hosts, allowsAddress: (address) => inNetworks(address, allowed) }
}

/** The call is refused all the same when it comes to it. */
const ONLY_PUBLISHING = { onlyPublishing: true } as const

/** Every host that a journey calls is one that may be called, and every secret one that may be sent there. */
export function checkCalls(documents: readonly JourneyDocument[], { hosts }: Outgoing): Problem[] {
  return documents.flatMap(({ document, definition }) =>
    callsOf(definition).flatMap(({ url, path, secrets }) => {
      const called = new URL(url).host
      if (!isCallable(url, hosts)) {
        const entry = secrets.length === 0 ? called : entryFor(called, [...new Set(secrets.map(({ reference }) => reference))])
        const fix = `add it to hosts in outgoing.yaml: hosts: [${entry}]`
        return [document.problem(path, `${called} is not among the hosts that may be called`, fix, ONLY_PUBLISHING)]
      }
      return secrets.flatMap(({ reference, path: at }) => {
        const may = maySend(reference, url, hosts)
        if (may === 'yes') return []
        if (may === 'in-clear') {
          const message = `${reference} would go to ${called} by plain http, readable on the way`
          return [document.problem(at, message, 'call it by https', ONLY_PUBLISHING)]
        }
        const fix = `list it with the host in outgoing.yaml: hosts: [${entryFor(called, [reference])}]`
        return [document.problem(at, `${reference} is not among the secrets that may be sent to ${called}`, fix, ONLY_PUBLISHING)]
      })
    }),
  )
}

function entryFor(called: string, secrets: readonly string[]): string {
  return `{ host: ${called}, secrets: [${secrets.join(', ')}] }`
}
