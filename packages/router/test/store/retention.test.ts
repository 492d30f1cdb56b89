import t from 'tap'
import { forgetOld } from '../../src/store/retention.ts'
import { testDatabase } from '../../testing/database.ts'

const day = 86_400_000

await t.test(
  'keys of duplicates are kept for 30 days and more, outcomes for minutes, statuses of unknown messages for a week',
  async (t) => {
    const { db } = await testDatabase(t)
    const now = Date.UTC(2026, 10, 1)
    const at = (ms: number): Date => new Date(now - ms)
    const seen = [31, 34, 36, 37, 400].map((days) => ({ slot: 1, key: `${days} days`, at: at(days * day) }))
    await db.insertInto('seen').values(seen).execute()
    const receipts = [10, 20].map((minutes) => ({ slot: 1, event_id: `${minutes} minutes`, outcome: '{}', at: at(minutes * 60_000) }))
    await db.insertInto('receipt').values(receipts).execute()
    const parked = [7, 9].map((days) => ({ slot: 1, provider_id: 'wamid.1', status: `${days} days`, update: '{}', at: at(days * day) }))
    await db.insertInto('parked_status').values(parked).execute()
    const counts: number[] = []
    for (let n = 1; n > 0; counts.push(n)) n = await forgetOld(db, now, 2)
    t.strictSame(counts, [4, 1, 0])
    t.strictSame(await db.selectFrom('seen').select('key').orderBy('key').execute(), [{ key: '31 days' }, { key: '34 days' }])
    t.strictSame(await db.selectFrom('receipt').select('event_id').execute(), [{ event_id: '10 minutes' }])
    t.strictSame(await db.selectFrom('parked_status').select('status').execute(), [{ status: '7 days' }])
  },
)
