import { test } from 'tap'
import { findAliases, linkAliases } from '../../src/store/contacts.ts'
import type { AliasName } from '../../src/store/contacts.ts'
import { drain, stage } from './stage.ts'
import type { Stage } from './stage.ts'

const SENT_TO = '15550002222'
const OTHER = '5550002222'

function phone(value: string): AliasName {
  return { numberId: 'main', kind: 'phone', value }
}

/** Whose conversation each of these names leads to. */
async function leadTo({ db }: Stage, names: AliasName[]): Promise<(string | undefined)[]> {
  const found = await findAliases(db, names)
  return names.map(({ numberId, kind, value }) => found.get(`${numberId}/${kind}:${value}`)?.id)
}

void test('the number and user id that the provider has for a recipient lead to the conversation too', async (t) => {
  const s = await stage()
  await s.put({ actor: 'one' })
  s.provider.answer({ kind: 'accepted', providerId: 'w', recipient: { phone: OTHER, userId: 'BR.1' } })
  await drain(s.sender())
  t.same(await leadTo(s, [phone(OTHER), { numberId: 'main', kind: 'user', value: 'BR.1' }, phone(SENT_TO)]), ['one', 'one', undefined])
})

void test('a name that leads somewhere already is left alone, and two sends that say the same disturb nobody', async (t) => {
  const s = await stage()
  await s.transact((trx) => linkAliases(trx, [{ name: phone('77'), actor: { slot: 1, id: 'other' } }]))
  const first = await s.put({ actor: 'one' })
  const second = await s.put({ actor: 'two' })
  s.provider.answer(({ messageId }) => ({ kind: 'accepted', providerId: `w.${messageId}`, recipient: { phone: '77' } }))
  await drain(s.sender())
  t.same(await leadTo(s, [phone('77')]), ['other'])
  t.same([(await s.message(first)).status, (await s.message(second)).status], ['accepted', 'accepted'])
})

void test('of a conversation that was merged while the message was under way they lead to the one that goes on', async (t) => {
  const s = await stage()
  const winner = `cv_7_${'0'.repeat(32)}`
  await s.put({ actor: 'one' })
  await s.conversation('one', { mergedInto: winner })
  s.provider.answer({ kind: 'accepted', providerId: 'w', recipient: { phone: OTHER } })
  await drain(s.sender())
  t.same(await leadTo(s, [phone(OTHER)]), [winner])
})

void test('a recipient called as we call them is nothing new', async (t) => {
  const s = await stage()
  await s.put()
  s.provider.answer({ kind: 'accepted', providerId: 'w', recipient: { phone: SENT_TO } })
  await drain(s.sender())
  t.same(await leadTo(s, [phone(SENT_TO)]), [undefined])
})
