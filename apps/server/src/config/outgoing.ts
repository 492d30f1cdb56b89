// Pure. `config/outgoing.yaml`: where Baton may call, of what people write into other files.
import { inNetworks, isNetwork, networks } from '@baton/router'
import { z } from 'zod'

export const outgoingFile = z.strictObject({
  outgoing: z
    .strictObject({
      /** Addresses that are not of the public internet and may be called all the same. Bots may be on this machine and in private networks without it. */
      networks: z.array(z.string().refine(isNetwork, 'a network such as 10.20.0.0/16, or 127.0.0.1/32 for one address')).default([]),
    })
    .prefault({}),
})

export interface Outgoing {
  /** Whether an address outside the public internet may be called. */
  allowsAddress(address: string): boolean
}

export function compileOutgoing({ outgoing }: z.output<typeof outgoingFile>): Outgoing {
  const allowed = networks(outgoing.networks)
  return { allowsAddress: (address) => inNetworks(address, allowed) }
}
