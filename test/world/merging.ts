// Two conversations of one customer, and what to look at when they have become one.
import type { Test } from 'tap'
import { createWorld } from './world.ts'
import type { Customer, World, WorldOptions } from './world.ts'

const APPROVED = {
  'news/en': { status: 'APPROVED', category: 'MARKETING' },
  'appointment/en': { status: 'APPROVED', category: 'MARKETING' },
}

/** Eve is Mary by another name. */
export function two(options: WorldOptions = {}): { world: World; mary: Customer; eve: Customer } {
  const world = createWorld({ templates: APPROVED, ...options })
  return { world, mary: world.customer(), eve: world.customer('eve') }
}

export function merge(eve: Customer, mary: Customer): void {
  eve.event({ type: 'conversation.merged', into: mary.actor.id })
}

export function ended(t: Test, world: World, eve: Customer): void {
  t.same([eve.view().owner, world.timers(eve), eve.view().held], ['none', [], 0], 'nobody owns it, and nothing of it waits')
}

/** What the routing group has, and how old it is. */
export function work(world: World): { conversationId: string; since: number; kind: string }[] {
  const { items } = world.group().state as { items: Iterable<{ conversationId: string; since: number; state: { kind: string } }> }
  return [...items].map(({ conversationId, since, state }) => ({ conversationId, since, kind: state.kind }))
}
