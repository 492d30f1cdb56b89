/** Why the store cannot be opened, with what to do about it. */
export const STORE_ERRORS = {
  'migration-changed': 'A schema file was changed after it had been applied. Restore it, and write a new migration instead.',
  'migration-unknown':
    'A newer Baton has changed the database in a way that this one cannot work with. Start that one, or restore an older backup.',
  'migration-misnamed': 'The files of the migrations folder must be numbered 0001, 0002, … without a gap. Fix the names.',
  'embedded-unsupported':
    'There is no embedded PostgreSQL for this machine, or it was not installed (pnpm install without optional dependencies). Set DATABASE_URL to a PostgreSQL of your own.',
  'embedded-unreachable':
    'PostgreSQL does not run as root, and no other account can reach the data directory. Put BATON_DATA_DIR and the checkout where others may enter (not below /root), allow user namespaces, or set DATABASE_URL.',
  'embedded-not-ours':
    'The data directory holds something else than a PostgreSQL database of this version, or belongs to somebody else. Choose another BATON_DATA_DIR.',
  'embedded-failed': 'The embedded PostgreSQL did not start. The end of its log is in the message.',
} as const

/** Lost or unusable infrastructure, named by a code of the catalogue. */
export class StoreError extends Error {
  readonly code: keyof typeof STORE_ERRORS
  constructor(code: keyof typeof STORE_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
