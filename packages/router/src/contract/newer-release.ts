/** Thrown by the step of an actor whose state a newer release has stored. It is no failure of the event: in a rolling restart the
 * event is left to a process of that release. */
export class NewerRelease extends Error {
  readonly code = 'newer-release'
  constructor(what: string, version: unknown, newest: number) {
    super(`${what} of version ${String(version)} cannot be read: this release knows up to ${newest}`)
    this.name = 'NewerRelease'
  }
}

export function isOfNewerRelease(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'newer-release'
}
