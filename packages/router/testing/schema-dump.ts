// The schema `baton` as text, from PostgreSQL's own catalogue and always in the same order: pg_dump is not among the embedded
// programs. Says what a table is, not how it came to be.
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../src/store/tables.ts'

/** Where the dump is kept, to be read in a review and held against the migrations by a test. */
export const SCHEMA_FILE = new URL('../src/store/schema.sql', import.meta.url)

export async function dumpSchema(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{
    name: string
    options: string[] | null
    columns: string[]
    constraints: string[] | null
    indexes: string[] | null
  }>`
    select c.relname as name, (select array_agg(o order by o) from unnest(c.reloptions) o) as options,
      (select array_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end,
          coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) order by a.attnum)
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select array_agg(format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid)) order by k.contype, k.conname)
        from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n') as constraints,
      (select array_agg(pg_get_indexdef(i.indexrelid) order by i.indexrelid::regclass::text)
        from pg_index i where i.indrelid = c.oid
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid)) as indexes
    from pg_class c where c.relnamespace = 'baton'::regnamespace and c.relkind in ('r', 'p') order by c.relname`.execute(db)
  const tables = rows.map(({ name, options, columns, constraints, indexes }) => {
    const lines = [...columns, ...(constraints ?? [])].map((line) => `  ${line}`).join(',\n')
    const storage = options === null ? '' : ` with (${options.join(', ')})`
    return [
      `create table ${name} (\n${lines}\n)${storage};`,
      ...(indexes ?? []).map((index) => `${index.replace(' ON baton.', ' ON ')};`),
    ].join('\n')
  })
  const { rows: others } = await sql<{ what: string }>`
    select format('%s %s', c.relkind, c.relname) as what from pg_class c
    where c.relnamespace = 'baton'::regnamespace and c.relkind not in ('r', 'p', 'i', 'I', 'c')
    union all select format('trigger %s', t.tgname) from pg_trigger t where not t.tgisinternal
    union all select format('function %s', p.proname) from pg_proc p where p.pronamespace = 'baton'::regnamespace
    order by 1`.execute(db)
  const surprises = others.map(({ what }) => `-- ${what}`)
  return ['-- Made by testing/write-schema.ts from the migrations; do not edit.', ...tables, ...surprises].join('\n\n') + '\n'
}
