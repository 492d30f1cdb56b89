import t from 'tap'
import { asking, message, play, press, recognise, says, scene, start } from './scene.ts'

await t.test('without an open question a message is no reply', async (t) => {
  t.strictSame(recognise(scene([asking('coupon')]), 'yes').reply, { match: 'none' })
})

await t.test('the only waiting question: sole-wait, valid or not', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  t.strictSame(recognise(at, 'yes').reply, { match: 'valid', holder: 'ru_1', interruptible: 'ifNotValidReply', evidence: 'sole-wait' })
  t.match(recognise(at, 'what?').reply, { match: 'invalid', holder: 'ru_1' })
})

await t.test('of several questions the newest holds the claim: recency', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  start(at, 'coupon')
  start(at, 'shoes')
  t.match(recognise(at, 'yes').reply, { holder: 'ru_2', evidence: 'recency' })
  says(at, 'yes')
  t.match(recognise(at, 'yes').reply, { holder: 'ru_1', evidence: 'sole-wait' }, 'when it is answered, the older one holds it again')
})

await t.test('a reply that quotes an older prompt belongs to that run', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  const [ref] = start(at, 'coupon').refs
  start(at, 'shoes')
  const quoting = message('yes', { replyTo: `ref:${ref}` })
  t.match(recognise(at, quoting).reply, { match: 'valid', holder: 'ru_1', evidence: 'quoted' })
  t.strictSame(says(at, quoting).texts, ['coupon yes'])
  t.strictSame(
    at.state.runs.map((run) => run.id),
    ['ru_2'],
  )
})

await t.test('the first prompt of a question that was asked again may still be quoted', async (t) => {
  const at = scene([asking('coupon', 'retries: 1')])
  const [ref] = start(at, 'coupon').refs
  says(at, 'what?')
  t.match(recognise(at, press('yes', 'Yes', ref)).reply, { match: 'valid', evidence: 'quoted' })
})

await t.test('a button whose quote is not known is attributed by its payload', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  t.match(recognise(at, press('yes', 'Yes', 'wamid.unknown')), { reply: { match: 'valid', evidence: 'payload' } })
  t.match(recognise(at, press('yes', 'Yes')), { reply: { match: 'valid', evidence: 'payload' } })
})

await t.test('a payload only the older question knows belongs to the older question', async (t) => {
  const at = scene([asking('coupon'), asking('shoes').replaceAll('yes', 'sure')])
  start(at, 'coupon')
  start(at, 'shoes')
  t.match(recognise(at, press('yes', 'Yes')).reply, { match: 'valid', holder: 'ru_1', evidence: 'payload' })
})

await t.test('a button of a finished run is stale, and an ordinary message', async (t) => {
  const at = scene([asking('coupon')])
  const [ref] = start(at, 'coupon').refs
  says(at, 'yes')
  t.strictSame(recognise(at, press('yes', 'Yes', ref)), { reply: { match: 'none' }, entry: null, stale: true })
  t.strictSame(recognise(at, press('yes', 'Yes')), { reply: { match: 'none' }, entry: null, stale: true }, 'known by its payload too')
  t.notOk(recognise(at, press('other', 'Other')).stale)
  t.notOk(recognise(at, 'yes').stale, 'a typed text is not a button')
})

await t.test('a stale button never answers the question of another run', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  const [ref] = start(at, 'coupon').refs
  says(at, 'yes')
  start(at, 'shoes')
  t.match(recognise(at, press('yes', 'Yes', ref)), { reply: { match: 'invalid', holder: 'ru_2' }, stale: true })
})

await t.test('a second tap on a button the run has gone past changes nothing', async (t) => {
  const two = `
journey: two
start: q1
steps:
  q1: { ask: { buttons: { body: One, options: [{ id: yes, title: Yes }] } }, on: { yes: q2 } }
  q2: { ask: { buttons: { body: Two, options: [{ id: yes, title: Yes }] } }, on: { yes: done } }
  done: { end: completed }
`
  const at = scene([two])
  const [ref] = start(at, 'two').refs
  t.strictSame(says(at, press('yes', 'Yes', ref)).texts, ['Two'])
  const again = says(at, press('yes', 'Yes', ref))
  t.strictSame([again.verdict, again.effects], [{ kind: 'handled' }, []])
  t.match(at.state.runs, [{ step: 'q2', doing: { kind: 'asking' } }])
})

await t.test('a valid press starts no journey, even when its title is a keyword', async (t) => {
  const at = scene([asking('coupon'), asking('yes')])
  start(at, 'coupon')
  t.match(recognise(at, press('yes', 'Yes')), { reply: { match: 'valid' }, entry: null })
  t.match(recognise(at, 'yes'), { reply: { match: 'valid' }, entry: { id: 'yes' } })
})

await t.test('a reply is still recognised while service has the conversation', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  t.match(recognise(at, press('yes', 'Yes')).reply, { match: 'valid', holder: 'ru_1' })
})
