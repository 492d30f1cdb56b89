// Pure. What a statement or a schema must be to run on Citus with tables distributed by slot. Read as text: it finds what is
// written, not what a planner makes of it.

/** One copy on each worker, or on the coordinator only. */
export const NOT_DISTRIBUTED = ['config_version', 'migration', 'number_state', 'send_rate', 'template']

export interface Table {
  name: string
  definition: string
}

export function tablesOf(schema: string): Table[] {
  return [...schema.matchAll(/^create table (\w+) \(\n([^]*?)^\)/gm)].map(([, name = '', definition = '']) => ({ name, definition }))
}

export function schemaComplaints(schema: string): string[] {
  const found = [...schema.matchAll(/\b(sequence|serial|identity|trigger|references|foreign key)\b/gi)].map(
    ([word]) => `the schema has a ${word}`,
  )
  for (const { name, definition } of tablesOf(schema)) {
    if (NOT_DISTRIBUTED.includes(name)) continue
    if (!/^ {2}slot smallint not null/m.test(definition)) found.push(`${name} has no slot`)
    for (const [, kind = '', columns = ''] of definition.matchAll(/(PRIMARY KEY|UNIQUE) \(([^)]*)\)/g))
      if (columns.split(',')[0] !== 'slot') found.push(`${kind} of ${name} does not begin with slot`)
  }
  for (const [, table = '', columns = ''] of schema.matchAll(/^CREATE UNIQUE INDEX \w+ ON (\w+) USING \w+ \(([^)]*)\)/gm))
    if (!NOT_DISTRIBUTED.includes(table) && columns.split(',')[0] !== 'slot')
      found.push(`a unique index of ${table} does not begin with slot`)
  return found
}

export type Rule = 'sequence' | 'merge' | 'advisory-lock' | 'volatile-write' | 'no-slot'

/** The rules a statement breaks. `tables`: the distributed ones. */
export function statementComplaints(text: string, tables: readonly string[]): Rule[] {
  const sql = text.replaceAll(/\s+/g, ' ').toLowerCase()
  const found: Rule[] = []
  if (/\bnextval\b|\bcurrval\b/.test(sql)) found.push('sequence')
  if (/\bmerge into\b/.test(sql)) found.push('merge')
  if (/pg_(try_)?advisory/.test(sql)) found.push('advisory-lock')
  // A write of a distributed table may call nothing whose value differs from worker to worker.
  const writes = tables.some((table) => new RegExp(`\\b(?:update|insert into) ${table}\\b`).test(sql))
  const conflict = /\bon conflict\b(.*)/.exec(sql)?.[1] ?? ''
  const volatile = /\b(clock_timestamp|random|gen_random_uuid)\(\)/
  if (writes && (volatile.test(sql) || /\bnow\(\)/.test(conflict))) found.push('volatile-write')
  if (scopesOf(sql).some((scope) => tables.some((table) => isUnbound(scope, table)))) found.push('no-slot')
  return found
}

/** The text within each pair of parentheses and outside all of them, each without what is in parentheses inside it. */
function scopesOf(sql: string): string[] {
  const scopes: string[] = []
  const open: string[] = ['']
  // A pair of columns in parentheses is no scope of its own.
  for (const letter of sql.replaceAll(/\((\w+\.)?slot, \w*\.?\w+\) in/g, '$1slot = any')) {
    if (letter === '(') open.push('')
    else if (letter === ')') {
      scopes.push(open.pop() ?? '')
      open.push(`${open.pop() ?? ''}()`)
    } else open.push((open.pop() ?? '') + letter)
  }
  return [...scopes, ...open]
}

const NO_ALIAS = /^(where|order|limit|set|using|join|on|cross|left|for|union|group|select|as|values)$/

/** Does this scope read or write the table without saying in which slots? */
function isUnbound(scope: string, table: string): boolean {
  return [...scope.matchAll(new RegExp(`\\b(?:from|join|update|using) ${table}\\b(?: as)?(?: (\\w+))?`, 'g'))].some(([, word = '']) => {
    const alias = word === '' || NO_ALIAS.test(word) ? '' : `${word}\\.`
    return !new RegExp(`(?:^|[ (])${alias}slot (?:=|in)|= ${alias === '' ? `${table}\\.` : alias}slot\\b`).test(scope)
  })
}
