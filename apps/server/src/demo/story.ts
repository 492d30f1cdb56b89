import type { Stage } from './stage.ts'
import type { Person } from './person.ts'
import type { NumberName } from './demo-configuration.ts'

/** One story of the demonstration. It throws when something is not as it should be. */
export interface Story {
  title: string
  play(scene: Scene): Promise<void>
}

/** What a story may do, and whom it may meet. */
export interface Scene {
  stage: Stage
  /** A customer nobody has met before. */
  meet(number: NumberName, name: string): Person
  agent(id: string): Desk
  /** States what must hold; the words are printed, and a false one ends the story. */
  check(what: string, holds: boolean, found?: unknown): void
}

/** An agent at work, by the HTTP API. */
export interface Desk {
  goes(presence: 'online' | 'away' | 'offline'): Promise<void>
  /** Waits for an offer of this conversation and accepts it. */
  accepts(person: Person): Promise<void>
  /** The problem's code when the gate refused, else null. */
  writes(person: Person, text: string): Promise<string | null>
  ends(person: Person): Promise<void>
}
