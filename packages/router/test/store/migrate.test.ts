import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import * as rowTypes from '../../src/store/row-types.ts'
import { testDatabase } from '../../testing/database.ts'

const OURS = join(import.meta.dirname, '../../src/store/migrations')
type Db = Awaited<ReturnType<typeof testDatabase>>

/** The database as it was before anybody migrated it. */
async function emptied(database: Db): Promise<Db> {
  await database.pool.query('drop schema baton cascade')
  return database
}

async function tables({ pool }: Db): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'baton' order by 1`,
  )
  return rows.map(({ name }) => name)
}

await t.test('of twenty processes that start together one applies the migrations and all find them applied', async (t) => {
  const database = await emptied(await testDatabase(t))
  const processes = Array.from({ length: 20 }, () => openDatabase({ ...database.address, max: 1 }))
  const applied = await Promise.all(processes.map((each) => migrate(each)))
  await Promise.all(processes.map((each) => each.close()))
  const names = (await readdir(OURS)).toSorted()
  t.strictSame(
    applied.filter((each) => each.length > 0),
    [names],
  )
  const { rows } = await database.pool.query<{ name: string }>('select name from migration order by name')
  t.strictSame(
    rows.map(({ name }) => name),
    names,
  )
})

await t.test('only what is new is applied, and what was applied must not change or vanish', async (t) => {
  const database = await emptied(await testDatabase(t))
  const directory = t.testdir({ '0001_a.sql': 'create table a (x integer); create index on a (x);' })
  t.strictSame(await migrate(database, directory), ['0001_a.sql'])
  await writeFile(join(directory, '0002_b.sql'), 'create table b (x integer);')
  t.strictSame(await migrate(database, directory), ['0002_b.sql'])
  t.strictSame(await migrate(database, directory), [])
  t.strictSame(await tables(database), ['a', 'b', 'migration'])
  await writeFile(join(directory, '0001_a.sql'), 'create table a (x bigint);')
  await t.rejects(migrate(database, directory), { code: 'migration-changed', message: /0001_a\.sql/ })
  const older = join(directory, 'older')
  await mkdir(older)
  await t.rejects(migrate(database, older), { code: 'migration-unknown', message: /0001_a\.sql/ })
})

await t.test('an older program works on what a newer one has added to, and on nothing that a newer one has changed', async (t) => {
  const database = await emptied(await testDatabase(t))
  const newer = t.testdir({
    '0001_a.sql': 'create table a (x integer);',
    '0002_b.sql': '-- Only adds.\ncreate table b (x integer);',
    older: { '0001_a.sql': 'create table a (x integer);' },
    'of-another-line': { '0001_a.sql': 'create table a (x integer);', '0002_c.sql': '-- Only adds.\ncreate table c (x integer);' },
  })
  const older = join(newer, 'older')
  t.strictSame(await migrate(database, newer), ['0001_a.sql', '0002_b.sql'])
  t.strictSame(await migrate(database, older), [])
  await t.rejects(migrate(database, join(newer, 'of-another-line')), { code: 'migration-unknown', message: /0002_b\.sql/ })
  t.strictSame(await tables(database), ['a', 'b', 'migration'])
  await writeFile(join(newer, '0003_d.sql'), '-- Takes x away.\nalter table a drop column x;')
  t.strictSame(await migrate(database, newer), ['0003_d.sql'])
  await t.rejects(migrate(database, older), { code: 'migration-unknown', message: /0003_d\.sql/ })
})

await t.test('what says that it only adds does nothing else', async (t) => {
  for (const { name, text, onlyAdds } of await readMigrations()) if (onlyAdds) t.strictSame(moreThanAdds(text), [], name)
  const adding = `-- Only adds.
    create table b (x integer not null); create index b_by_x on b (x); create type c as (x integer); comment on table b is 'b';
    alter table a add column y integer; alter table a add column z text not null default ''; alter table a set (fillfactor = 70);`
  t.strictSame(moreThanAdds(adding), [])
  for (const other of [
    'alter table a drop column x',
    'alter table a rename column x to y',
    'alter table a alter column x type bigint',
    'alter table a add column y integer not null',
    'alter table a add column y integer, drop column x',
    'alter table a add constraint positive check (x > 0)',
    'create unique index on a (x)',
    'drop index b_by_x',
    'update a set x = 1',
  ]) {
    t.strictSame(moreThanAdds(`create table b (x integer); ${other}`), [other])
  }
})

/** Its statements that a release which does not know of them could notice. */
function moreThanAdds(text: string): string[] {
  const statements = text.replaceAll(/--.*/g, '').split(';')
  return statements
    .map((statement) => statement.trim())
    .filter((statement) => !/^(create (table|index|type)\b|comment on\b|alter table \w+ set \()/.test(statement) && !isNewColumn(statement))
    .filter((statement) => statement !== '')
}

function isNewColumn(statement: string): boolean {
  const [, column] = /^alter table \w+ add column ([^,]+)$/.exec(statement) ?? []
  return column !== undefined && (!column.includes('not null') || column.includes('default'))
}

await t.test('a migration that fails leaves nothing behind, not even those before it', async (t) => {
  const database = await emptied(await testDatabase(t))
  const directory = t.testdir({
    '0001_a.sql': 'create table a (x integer);',
    '0002_b.sql': 'create table b (x integer); no such statement;',
  })
  await t.rejects(migrate(database, directory), { code: '42601' })
  t.strictSame(await tables(database), [])
  await writeFile(join(directory, '0002_b.sql'), 'create table b (x integer);')
  t.strictSame(await migrate(database, directory), ['0001_a.sql', '0002_b.sql'])
})

await t.test('a migration may take longer than any statement, and whoever waits for it waits', async (t) => {
  const { address } = await emptied(await testDatabase(t))
  const directory = t.testdir({ '0001_a.sql': 'select pg_sleep(0.5);' })
  const impatient = [1, 2].map(() => openDatabase({ ...address, statementTimeoutMs: 100 }))
  t.strictSame((await Promise.all(impatient.map((each) => migrate(each, directory)))).flat(), ['0001_a.sql'])
  for (const each of impatient) {
    await t.rejects(each.pool.query('select pg_sleep(1)'), { code: '57014' }, 'its other connections have their limit')
    await each.close()
  }
})

await t.test('the types of rows are there after it, whatever was applied before, and those of another release stay', async (t) => {
  const database = await testDatabase(t)
  const types = Object.values(rowTypes)
  await database.pool.query(`drop type ${types[0]?.name}; create type rows_of_others as (a integer)`)
  t.strictSame(await migrate(database), [])
  const { rows } = await database.pool.query<{ name: string; columns: string }>(`
    select relname as name, string_agg(format('%I %s', attname, case atttypid when 1184 then 'timestamptz' else format_type(atttypid, null) end), ', '
      order by attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid where relkind = 'c' and relnamespace = 'baton'::regnamespace group by 1`)
  const found = new Map(rows.map(({ name, columns }) => [name, columns]))
  for (const { name, columns } of types) t.equal(found.get(name), columns)
  t.equal(found.get('rows_of_others'), 'a integer')
  t.equal(found.size, types.length + 1, 'no two shapes have equal columns')
})

await t.test('the files are numbered without a gap', async (t) => {
  const database = await testDatabase(t)
  const directory = t.testdir({})
  await copyFile(join(OURS, '0001_conversations.sql'), join(directory, '0002_late.sql'))
  await t.rejects(migrate(database, directory), { code: 'migration-misnamed', message: /0001/ })
})
