/** The name of an outbox row's lane, as metrics and spans give it. */
export function laneName(lane: number): 'interactive' | 'bulk' {
  return lane === 0 ? 'interactive' : 'bulk'
}
