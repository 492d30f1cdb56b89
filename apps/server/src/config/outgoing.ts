// Pure. `config/outgoing.yaml`: where Baton may call, of what people write into other files.
import { callsOf, isCallable, isHostRule } from '@baton/journeys'
import { inNetworks, isNetwork, networks } from '@baton/router'
import { z } from 'zod'
import type { JourneyDocument } from './journeys.ts'
import type { Problem } from './problem.ts'

export const outgoingFile = z.strictObject({
  outgoing: z
    .strictObject({
      /** The servers that HTTP steps of journeys may call; without it none. */
      hosts: z
        .array(
          z.string().refine(isHostRule, 'a host such as api.shop.example, with its port where it is not the usual one, or *.shop.example'),
        )
        .default([]),
      /** Addresses that are not of the public internet and may be called all the same. Bots may be on this machine and in private networks
       * without it. */
      networks: z.array(z.string().refine(isNetwork, 'a network such as 10.20.0.0/16, or 127.0.0.1/32 for one address')).default([]),
    })
    .prefault({}),
})

export interface Outgoing {
  /** That HTTP steps may call. */
  hosts: readonly string[]
  /** Whether an address outside the public internet may be called. */
  allowsAddress(address: string): boolean
}

export function compileOutgoing({ outgoing }: z.output<typeof outgoingFile>): Outgoing {
  const allowed = networks(outgoing.networks)
  return { hosts: outgoing.hosts, allowsAddress: (address) => inNetworks(address, allowed) }
}

/** Every host that a journey calls is one that may be called. */
export function checkCalls(documents: readonly JourneyDocument[], { hosts }: Outgoing): Problem[] {
  return documents.flatMap(({ document, definition }) =>
    callsOf(definition)
      .filter(({ url }) => !isCallable(url, hosts))
      .map(({ url, path }) => {
        const { host } = new URL(url)
        return document.problem(
          path,
          `${host} is not among the hosts that may be called`,
          `add it to hosts in outgoing.yaml: hosts: [${host}]`,
        )
      }),
  )
}
