import t from 'tap'
import { testDatabase } from '../../testing/index.ts'
import { drain, said, toyLogic, toyReceiver, toyWorker } from './toy.ts'

await t.test(
  'a turn in which the contact gives up a number readdresses what earlier turns sent, of its own transaction and others',
  async (t) => {
    const database = await testDatabase(t)
    const receiver = toyReceiver(database)
    const logic = toyLogic((turn, { message }) => {
      if (message?.providerId !== 'm3' || turn.summary === null) return
      turn.readdress = true
      turn.summary.contact = { phone: null, userId: 'US.1', name: 'Toy' }
    })
    const worker = toyWorker(database, { logics: [logic] })
    for (const batch of [
      [said('m1', { phone: '1' })],
      [said('another', { phone: '2' }), ...['m2', 'm3'].map((id) => said(id, { phone: '1' }))],
    ]) {
      await receiver.receive('whatsapp', batch)
      await drain(worker)
    }
    const rows = await database.db.selectFrom('outbox').select(['payload']).execute()
    const found = rows.map(({ payload }) => {
      const { content, to } = payload as { content: { text: string }; to: object }
      return [content.text, to] as const
    })
    t.strictSame(Object.fromEntries(found), {
      'you said another': { phone: '15550001', name: 'Toy' },
      'you said m1': { userId: 'US.1', name: 'Toy' },
      'you said m2': { userId: 'US.1', name: 'Toy' },
      'you said m3': { userId: 'US.1', name: 'Toy' },
    })
  },
)

await t.test(
  'a turn that recalls takes what earlier turns sent, of its own transaction and others, and nothing of later turns',
  async (t) => {
    const database = await testDatabase(t)
    const receiver = toyReceiver(database)
    const logic = toyLogic((turn, { message }) => {
      if (message?.providerId === 'm3') turn.recall = { code: 'contact-blocked', reason: 'Blocked.', marketingOnly: false }
      if (message?.providerId === 'm5') turn.recall = { code: 'opted-out', reason: 'Out.', marketingOnly: true }
    })
    const worker = toyWorker(database, { logics: [logic] })
    const hear = (from: string, ...ids: string[]) =>
      receiver.receive(
        'whatsapp',
        ids.map((id) => said(id, { phone: from })),
      )
    await hear('1', 'm1')
    await drain(worker)
    await hear('2', 'another')
    await hear('1', 'm2', 'm3', 'm4', 'm5')
    await drain(worker)
    const rows = await database.db.selectFrom('outbox').select(['payload', 'expires_at']).orderBy('id').execute()
    const found = rows.map(({ payload, expires_at: over }) => {
      const { content, recalled } = payload as { content: { text: string }; recalled?: object }
      return [content.text, [recalled ?? null, over !== null]] as const
    })
    const blocked = { code: 'contact-blocked', reason: 'Blocked.' }
    t.strictSame(Object.fromEntries(found), {
      'you said another': [null, false],
      'you said m1': [blocked, true],
      'you said m2': [blocked, true],
      'you said m3': [blocked, true],
      'you said m4': [null, false],
      'you said m5': [null, false],
    })
  },
)
