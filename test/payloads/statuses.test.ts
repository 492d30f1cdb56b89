// Every status sample through the running system, about a message that was sent through it before.
import t from 'tap'
import { STATUS_CASES } from './cases-statuses.ts'
import { edited, expectation, sign, statusId } from './samples.ts'
import { startScene } from './scene.ts'
import type { Scene } from './scene.ts'
import { ADA, TEMPLATE, messageOf, send, templateStatus } from './sending.ts'
import { take } from './take.ts'

/** Somebody without a service session: marketing to her leaves at once. */
const BEA = '12025550199'
/** After these the number, the customer or the template is not what it was, or another sample is about the same message. */
const HAS_CONSEQUENCES = /131042|131047|131048|131050|132015|same-second-2|^360dialog|^batch-(several|messages)/

t.test('statuses of messages that nothing else depends on', async (t) => {
  const scene = await startScene(t)
  await scene.post('message-text.json') // opens the reply window
  for (const file of Object.keys(STATUS_CASES).filter((name) => !HAS_CONSEQUENCES.test(name))) {
    await t.test(`${file}: ${expectation(file)}`, (t) => checkStatus(t, scene, file))
  }
})

for (const file of Object.keys(STATUS_CASES).filter((name) => HAS_CONSEQUENCES.test(name))) {
  t.test(`${file}: ${expectation(file)}`, async (t) => {
    const scene = await startScene(t, { door: file.startsWith('360dialog') ? '360dialog' : 'cloud', templates: null })
    if (STATUS_CASES[file]?.sent === 'text') await scene.post('message-text.json')
    await checkStatus(t, scene, file, () => !file.includes('132015') || templateStatus(scene, 'main', TEMPLATE) === 'PAUSED')
  })
}

async function checkStatus(t: Parameters<typeof take>[0], scene: Scene, file: string, done?: () => boolean): Promise<void> {
  const wanted = STATUS_CASES[file]
  if (wanted === undefined) throw new Error(`${file} has no case`)
  const message = await send(scene, wanted.sent, wanted.sent === 'text' ? ADA : BEA, statusId(file))
  t.match(await messageOf(scene, message), { status: 'accepted', providerId: statusId(file) })
  await take(t, scene, file, done)

  t.match(await messageOf(scene, message), { providerId: statusId(file), ...wanted.becomes })
  const [row] = await scene.sql('select pricing from message where id = $1', message['id'])
  t.strictSame(row?.['pricing'], wanted.pricing ?? null)
  const tries = scene.graph.sends().filter((body) => body['biz_opaque_callback_data'] === message['id'])
  t.equal(tries.length, 1, 'it is not sent again')
  t.strictSame(await scene.sql('select * from parked_status'), [], 'nothing waits for a message that is not there')
}

t.test('a status that comes before the answer to its send waits for it', async (t) => {
  const scene = await startScene(t)
  const marketed = 'status-delivered-marketing-regular.json'
  const first = 'sequence-same-second-1-delivered.json'
  for (const file of [marketed, first, 'sequence-same-second-2-sent.json']) await take(t, scene, file)
  const parked = await scene.sql('select provider_id, status from parked_status order by status')
  t.match(parked, [{ status: 'delivered' }, { status: 'delivered' }, { status: 'sent' }])
  t.strictSame(await scene.conversations(), [], 'it makes no conversation')

  const marketing = await send(scene, 'marketing', BEA, statusId(marketed))
  const utility = await send(scene, 'utility', BEA, statusId(first))
  t.match(await messageOf(scene, marketing), { status: 'delivered', category: 'marketing' })
  t.match(await messageOf(scene, utility), { status: 'delivered', sentAt: '2026-11-20T12:00:02.000Z' })
  t.strictSame(await scene.sql('select * from parked_status'), [])
})

t.test('statuses of the same second come in any order and take nothing back', async (t) => {
  const first = 'sequence-same-second-1-delivered.json'
  const second = 'sequence-same-second-2-sent.json'
  const at = '2026-11-20T12:00:02.000Z'
  for (const files of [
    [first, second],
    [second, first],
  ]) {
    const scene = await startScene(t)
    const message = await send(scene, 'utility', BEA, statusId(first))
    for (const file of files) await scene.post(file)
    t.match(await messageOf(scene, message), { status: 'delivered', sentAt: at, deliveredAt: at })
  }
})

t.test('a failure of the group after one of it had the message does not take the delivery back', async (t) => {
  const scene = await startScene(t)
  const file = 'status-failed-after-delivered-group.json'
  const message = await send(scene, 'utility', BEA, statusId(file))
  const delivery = edited('status-sent.json', [statusId('status-sent.json'), statusId(file)], ['"status": "sent"', '"status": "delivered"'])
  t.equal((await scene.postBytes(delivery, sign(delivery))).status, 200)
  await scene.post(file)
  t.match(await messageOf(scene, message), { status: 'delivered', failedAt: '2026-11-20T12:00:00.000Z' })
})

t.test('statuses of the members of a group stand beside one another', async (t) => {
  const scene = await startScene(t)
  const file = 'status-group-delivered-aggregated.json'
  const message = await send(scene, 'utility', BEA, statusId(file))
  await scene.post(file)
  const rows = await scene.sql('select message_id, participant, status from participant_status order by at')
  t.strictSame(rows, [
    { message_id: message['id'], participant: 'US.10000000000000000123', status: 'delivered' },
    { message_id: message['id'], participant: 'US.10000000000000000147', status: 'delivered' },
    { message_id: message['id'], participant: 'US.10000000000000000123', status: 'read' },
  ])
})

t.test('a free entry point is remembered until it closes, and leaves the reply window alone', async (t) => {
  const scene = await startScene(t)
  const file = 'status-sent-fep-conversation.json'
  await send(scene, 'utility', BEA, statusId(file))
  await scene.post(file)
  t.match(await scene.conversations(), [{ freeEntryUntil: '2026-11-27T12:00:00.000Z', replyWindow: { open: false, closesAt: null } }])
})

t.test('a batch speaks of several things, and each comes about', async (t) => {
  const scene = await startScene(t)
  await scene.post('batch-several-changes-one-entry.json')
  await scene.post('batch-messages-and-statuses-same-value.json')
  const lines = await scene.sql(`select a.phone, m.content ->> 'kind' as kind, m.content ->> 'text' as text
    from message m join actor a on a.id = m.actor_id where m.direction = 'in' order by a.phone, m.content ->> 'text'`)
  t.strictSame(lines, [
    { phone: ADA, kind: 'text', text: 'first' },
    { phone: ADA, kind: 'text', text: 'ok' },
    { phone: '13105550147', kind: 'image', text: null },
  ])
  const parked = await scene.sql('select status from parked_status order by 1')
  t.strictSame(parked, [{ status: 'delivered' }, { status: 'read' }], 'the statuses wait for messages that nobody has sent yet')
})
