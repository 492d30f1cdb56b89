// Writes store/schema.sql anew: `node packages/router/testing/write-schema.ts`, after a migration was added.
import { writeFile } from 'node:fs/promises'
import { testDatabase } from './database.ts'
import { dumpSchema, SCHEMA_FILE } from './schema-dump.ts'

const cleanups: (() => Promise<void>)[] = []
const { db } = await testDatabase({ teardown: (cleanup) => cleanups.push(cleanup) })
await writeFile(SCHEMA_FILE, await dumpSchema(db))
for (const cleanup of cleanups) await cleanup()
