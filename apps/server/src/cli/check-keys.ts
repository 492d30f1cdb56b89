import type { Database } from '@baton/router'
import { createAuth, hasKeys } from '../auth/auth.ts'
import { compileFiles } from '../config/compile.ts'
import type { ConfigFiles } from '../config/files.ts'
import type { Check } from './check.ts'

/** API keys that are there, or given, and not taken. */
export async function checkKeys(database: Database, published: ConfigFiles, given: string | null): Promise<Check[]> {
  const agents = compileFiles(published, { dir: 'config' }).result?.engines.omni.agents
  if (agents === undefined || !(await hasKeys(database.pool))) return []
  const auth = createAuth(database.pool)
  const orphans = (await auth.listKeys()).filter(({ agentId }) => agentId !== null && !agents.has(agentId))
  const checks: Check[] = []
  if (orphans.length > 0) {
    const whose = orphans.map(({ name, agentId, id }) => `${name} (agent ${agentId}, ${id})`).join(', ')
    checks.push({
      name: 'keys',
      status: 'warning',
      detail: `of agents who are not in the published configuration: ${whose}`,
      fix: 'they are refused, and taken again if there is an agent of that id again: revoke them, DELETE /api/v1/keys/{id}',
    })
  }
  if (given !== null && (await auth.isRevoked(given))) {
    checks.push({
      name: 'keys',
      status: 'warning',
      detail: 'the one of BATON_API_KEY was revoked, and is not taken',
      fix: 'give it another value, made with openssl rand -hex 24',
    })
  }
  return checks.length > 0 ? checks : [{ name: 'keys', status: 'ok', detail: 'every key of an agent has its agent' }]
}
