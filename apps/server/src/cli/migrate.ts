// `baton migrate`
import { migrate } from '@baton/router'
import { withDatabase } from './database.ts'
import type { Environment } from './environment.ts'
import type { Report } from './output.ts'

export async function runMigrate(environment: Environment): Promise<Report> {
  const applied = await withDatabase(environment, (database) => migrate(database))
  const text = applied.length === 0 ? 'the schema is up to date' : applied.map((name) => `applied ${name}`).join('\n')
  return { exit: 0, text, data: { applied } }
}
