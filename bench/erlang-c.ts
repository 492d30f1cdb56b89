// Pure. What queueing theory says of a queue with equal agents, chance arrivals, chance handling times and endless patience.

export interface ErlangC {
  /** The share of customers who have to wait. */
  waits: number
  /** Of all customers, in the unit of `handling`. */
  meanWait: number
  /** The share served within a time. */
  servedWithin(time: number): number
}

/** `between`: the mean time between arrivals, `handling`: of a conversation, in one unit. Agents must be more than arrivals keep busy. */
export function erlangC(agents: number, between: number, handling: number): ErlangC {
  const load = handling / between
  if (load >= agents) throw new RangeError('arrivals keep more agents busy than there are')
  // Erlang B by its recursion, and C from it: no factorials to overflow.
  let blocked = 1
  for (let count = 1; count <= agents; count += 1) blocked = (load * blocked) / (count + load * blocked)
  const waits = (agents * blocked) / (agents - load * (1 - blocked))
  const rate = (agents - load) / handling
  return { waits, meanWait: waits / rate, servedWithin: (time) => 1 - waits * Math.exp(-rate * time) }
}
