// Pure. JSON Schemas of the configuration files, for editors: completion and red underlines while typing.
import { botsConfig, queuesConfig } from '@baton/omni'
import { journeyFile } from '@baton/journeys'
import { z } from 'zod'
import { consentFile } from './compile.ts'
import { numbersFile } from './numbers.ts'
import { outgoingFile } from './outgoing.ts'

const SCHEMAS = {
  'numbers.json': { title: 'config/numbers.yaml', schema: numbersFile },
  'queues.json': { title: 'config/queues.yaml', schema: queuesConfig },
  'bots.json': { title: 'config/bots.yaml', schema: botsConfig },
  'journey.json': { title: 'config/journeys/<id>.yaml', schema: journeyFile },
  'consent.json': { title: 'config/consent.yaml', schema: consentFile },
  'outgoing.json': { title: 'config/outgoing.yaml', schema: outgoingFile },
} as const

/** File name in `config/schema/` → its text. */
export function editorSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, { title, schema }]) => {
      const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
      return [name, JSON.stringify({ title, ...json }, null, 2) + '\n']
    }),
  )
}
