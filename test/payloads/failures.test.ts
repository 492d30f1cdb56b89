// What a failed status means for those who send: the customer, the reply window, the number, the template.
import t from 'tap'
import { statusId } from './samples.ts'
import { startScene } from './scene.ts'
import type { Scene } from './scene.ts'
import { ADA, TEMPLATE, messageOf, send, templateStatus, wishFor } from './sending.ts'
import type { Sent } from './sending.ts'

async function tryToSend(scene: Scene, sent: Sent): Promise<{ status: number; code: unknown }> {
  const { status, body } = await scene.call('POST', '/api/v1/messages', wishFor(sent, ADA))
  await scene.settle()
  return { status, code: body['code'] }
}

t.test('131050: the customer is out of marketing, and of nothing else', async (t) => {
  const scene = await startScene(t)
  const file = 'status-failed-131050-user-stopped-marketing.json'
  await send(scene, 'marketing', ADA, statusId(file))
  await scene.post(file)
  t.match(await scene.conversations(), [
    { consent: { marketing: 'out', proof: { source: 'provider', at: '2026-11-20T12:00:00.000Z' } }, owner: 'none' },
  ])
  t.match(await tryToSend(scene, 'marketing'), { status: 409, code: 'opted-out' })
  t.match(await tryToSend(scene, 'utility'), { status: 202 })
  t.equal(scene.graph.sends().length, 2)
})

t.test('131047: our reply window was wrong, and is closed until the customer writes again', async (t) => {
  const scene = await startScene(t)
  const file = 'status-failed-131047-window-closed.json'
  await scene.post('message-text.json')
  await send(scene, 'text', ADA, statusId(file))
  await scene.post(file)
  t.match(await scene.conversations(), [{ replyWindow: { open: false } }])
  t.match(await tryToSend(scene, 'text'), { status: 409, code: 'window-closed' })
  t.match(await tryToSend(scene, 'utility'), { status: 202 }, 'a template may be sent')
})

for (const [code, file] of [
  ['131042', 'status-failed-131042-payment.json'],
  ['131048', 'status-failed-131048-spam-rate.json'],
] as const) {
  t.test(`${code}: the number stops with one alarm, and goes on when somebody releases it`, async (t) => {
    const scene = await startScene(t)
    await send(scene, 'marketing', ADA, statusId(file))
    await scene.post(file)
    const { body } = await scene.call('GET', '/api/v1/numbers')
    const [main, other] = body.items
    t.match(main, { id: 'main', halted: { reason: new RegExp(`^${code} `) } })
    t.match(other, { id: 'other', halted: null })
    const alarms = await scene.call('GET', '/api/v1/alarms')
    t.match(alarms.body.items, [{ code: 'number-halted', detail: { numberId: 'main', providerCode: Number(code) } }])
    t.equal(alarms.body.items.length, 1)

    const sends = scene.graph.sends().length
    t.match(await tryToSend(scene, 'utility'), { status: 202 })
    t.equal(scene.graph.sends().length, sends, 'what is asked for now waits')
    t.equal((await scene.call('POST', '/api/v1/numbers/main/release')).status, 200)
    await scene.settle()
    t.equal(scene.graph.sends().length, sends + 1)
  })
}

t.test('marketing that waits when the customer stops marketing is not sent afterwards', async (t) => {
  const scene = await startScene(t)
  const file = 'status-failed-131042-payment.json'
  await send(scene, 'marketing', ADA, statusId(file))
  await scene.post(file) // stops the number
  const waiting = await scene.call('POST', '/api/v1/messages', wishFor('marketing', ADA))
  const answer = await scene.call('POST', '/api/v1/messages', wishFor('utility', ADA))
  t.match([waiting.status, answer.status], [202, 202])
  await scene.post('user-preferences-stop.json')
  t.equal((await scene.call('POST', '/api/v1/numbers/main/release')).status, 200)
  await scene.settle()
  t.match(await messageOf(scene, waiting.body), { status: 'failed', reason: 'opted-out' })
  t.match(await messageOf(scene, answer.body), { status: 'accepted' })
  t.equal(scene.graph.sends().length, 2, 'the first one, and what is no marketing')
})

t.test('132015: the template is not sent again until the provider lists it as approved', async (t) => {
  const scene = await startScene(t, { templates: [listed('APPROVED')] })
  const file = 'status-failed-132015-template-paused.json'
  const message = await send(scene, 'marketing', ADA, statusId(file))
  const listings = scene.graph.listings()
  scene.graph.templates = null // the provider is asked, and does not say
  await scene.post(file)
  t.match(await messageOf(scene, message), { status: 'failed', reason: 'template-unusable' })
  await scene.until(() => scene.graph.listings() > listings)
  await scene.until(() => templateStatus(scene, 'main', TEMPLATE) === 'PAUSED')
  t.match(await tryToSend(scene, 'utility'), { status: 422, code: 'template-not-approved' })
  t.equal(scene.graph.sends().length, 1)
})

t.test('132015: what the provider says of the template when it is asked counts', async (t) => {
  const scene = await startScene(t, { templates: [listed('APPROVED')] })
  const file = 'status-failed-132015-template-paused.json'
  await send(scene, 'marketing', ADA, statusId(file))
  scene.graph.templates = [listed('DISABLED')]
  await scene.post(file)
  await scene.until(() => templateStatus(scene, 'main', TEMPLATE) === 'DISABLED')
  t.match(await tryToSend(scene, 'utility'), { status: 422, code: 'template-not-approved' })
})

function listed(status: string) {
  return { id: '1', name: TEMPLATE.name, language: TEMPLATE.language, status, category: 'MARKETING', components: [] }
}
