// All SQL of the template catalogue. A row says what the provider said last, in a list or in a webhook.
import type { TemplateRecord } from '@baton/adapters'
import { parseId } from '@baton/router'
import { sql } from 'kysely'
import type { Kysely, QueryExecutorProvider } from 'kysely'
import type { Tables } from '@baton/router'

export interface TemplateRow {
  /** The business account. */
  account: string
  name: string
  language: string
  status: string
  category: string
  quality: string
  reason: string
  updated_at: Date
}

/** The provider's clock and ours may differ by so much: what it says happened within it of a list may be newer than the list. */
const CLOCKS_MS = 60_000

export async function readTemplates(db: QueryExecutorProvider): Promise<TemplateRow[]> {
  const { rows } = await sql<TemplateRow>`
    select account, name, language, status, category, quality, reason, updated_at from template
    order by name, language, account`.execute(db)
  return rows
}

/** The template of this message cannot be sent, the provider says. A row that says so already, in its own way, stays. */
export async function pauseTemplateOf(
  db: QueryExecutorProvider,
  account: string,
  message: { id: string; reason: string },
  now: number,
): Promise<void> {
  await sql`
    insert into template as t (account, name, language, status, reason, updated_at, said_at)
    select ${account}, m.content ->> 'name', m.content ->> 'language', 'PAUSED', ${message.reason}, ${new Date(now)}::timestamptz,
      ${new Date(now - CLOCKS_MS)}::timestamptz
    from message m
    where m.slot = ${parseId(message.id)?.slot ?? -1} and m.id = ${message.id} and m.content ->> 'kind' = 'template'
    on conflict (account, name, language) do update set status = excluded.status, reason = excluded.reason, updated_at = excluded.updated_at,
      said_at = greatest(excluded.said_at, t.said_at)
      where upper(t.status) = 'APPROVED'`.execute(db)
}

/** Stores the whole list of a business account that was asked for at `askedAt`; gives how many rows it changed. What a webhook
 * has said since then is newer and stays; what the list lacks is forgotten, so that the provider judges it. */
export async function storeListing(
  db: Kysely<Tables>,
  account: string,
  templates: readonly TemplateRecord[],
  { askedAt, now }: { askedAt: number; now: number },
): Promise<number> {
  const unique = new Map(
    templates.map(({ name, language, status, category, quality = '' }) => [
      `${name}/${language}`,
      { name, language, status, category, quality },
    ]),
  )
  // Processes that list at the same moment take the rows in one order.
  const input = [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  const listed = sql`jsonb_to_recordset(${JSON.stringify(input)}::jsonb)
    as r(name text, language text, status text, category text, quality text)`
  const [asked, at] = [new Date(askedAt), new Date(now)]
  const said = new Date(askedAt - CLOCKS_MS)
  return db.transaction().execute(async (trx) => {
    const written = await sql`
      insert into template as t (account, name, language, status, category, quality, updated_at, said_at)
      select ${account}, r.name, r.language, r.status, r.category, r.quality, ${at}::timestamptz, ${said}::timestamptz from ${listed}
      on conflict (account, name, language) do update set status = excluded.status, category = excluded.category, quality = excluded.quality,
        reason = case when t.status = excluded.status then t.reason else '' end, updated_at = excluded.updated_at,
        said_at = greatest(excluded.said_at, t.said_at)
      where t.updated_at <= ${asked}::timestamptz
        and (t.status, t.category, t.quality) is distinct from (excluded.status, excluded.category, excluded.quality)`.execute(trx)
    // Also what the list confirms is as new as the list.
    await sql`
      update template t set said_at = ${said}::timestamptz
      where t.account = ${account} and (t.said_at is null or t.said_at < ${said}::timestamptz)`.execute(trx)
    const gone = await sql`
      delete from template t where t.account = ${account} and t.updated_at <= ${asked}::timestamptz
        and not exists (select from ${listed} where r.name = t.name and r.language = t.language)`.execute(trx)
    return Number((written.numAffectedRows ?? 0n) + (gone.numAffectedRows ?? 0n))
  })
}
