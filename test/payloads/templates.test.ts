// Every template sample through the running system: what is known of the template, and whether the gate lets it through.
import t from 'tap'
import { TEMPLATE_CASES } from './cases-notices.ts'
import type { Json } from './graph-api.ts'
import { expectation } from './samples.ts'
import { startScene } from './scene.ts'
import type { Scene } from './scene.ts'
import { templateStatus } from './sending.ts'
import { take } from './take.ts'

const ORDER = { name: 'order_update', language: 'en_US' }

function listed(status: string, category = 'UTILITY'): Json {
  return { id: '500000000000001', ...ORDER, status, category, quality_score: { score: 'GREEN' }, components: [] }
}

async function trySending(scene: Scene): Promise<{ status: number; code: unknown }> {
  const content = { kind: 'template', ...ORDER }
  const wish = { number: 'main', to: '12025550199', content, purpose: 'utility' }
  const { status, body } = await scene.call('POST', '/api/v1/messages', wish)
  await scene.settle()
  return { status, code: body['code'] }
}

const rowsOf = (scene: Scene) =>
  scene.sql(`select name, language, status, category, quality, reason from template where account = '201000000000001'`)

for (const [file, { was, row, sends, asks, alarm }] of Object.entries(TEMPLATE_CASES)) {
  t.test(`${file}: ${expectation(file)}`, async (t) => {
    const scene = await startScene(t, { templates: [listed(was)] })
    // Both business accounts: a listing that is stored later than this would pass for what an unsigned webhook has left.
    await scene.until(() => ['main', 'other'].every((number) => templateStatus(scene, number, ORDER) === was))
    t.equal((await trySending(scene)).status, was === 'APPROVED' ? 202 : 422)

    scene.graph.templates = null // so that only the webhook says something
    const listings = scene.graph.listings()
    await take(
      t,
      scene,
      file,
      () => scene.graph.listings() > (asks === true ? listings : 0) && templateStatus(scene, 'main', ORDER) === row.status,
    )
    t.match(await rowsOf(scene), [{ ...ORDER, ...row }])
    if (asks !== true) t.equal(scene.graph.listings(), listings, 'what the webhook says is enough')
    const before = scene.graph.sends().length
    t.match(await trySending(scene), sends ? { status: 202 } : { status: 422, code: 'template-not-approved' })
    t.equal(scene.graph.sends().length, before + (sends ? 1 : 0))
    const alarms = await scene.sql('select code, detail from alarm')
    t.match(alarms, alarm === undefined ? [] : [{ code: 'account-notice', detail: { detail: alarm, severity: 'warning' } }])
    t.equal(alarms.length, alarm === undefined ? 0 : 1)
  })
}

t.test('a template that was edited elsewhere becomes what the provider lists', async (t) => {
  const scene = await startScene(t, { templates: [listed('APPROVED')] })
  await scene.until(() => templateStatus(scene, 'main', ORDER) === 'APPROVED')
  scene.graph.templates = [listed('PENDING', 'MARKETING')]
  await scene.post('template-components-update.json')
  await scene.until(() => templateStatus(scene, 'main', ORDER) === 'PENDING')
  t.match(await rowsOf(scene), [{ ...ORDER, status: 'PENDING', category: 'MARKETING' }])
  t.match(await trySending(scene), { status: 422, code: 'template-not-approved' })
})

t.test('a repeat of old news does not undo newer ones', async (t) => {
  const scene = await startScene(t, { templates: [listed('PENDING')] })
  await scene.post('template-status-approved.json')
  await scene.post('template-status-disabled.json')
  await scene.post('template-status-approved.json')
  t.match(await rowsOf(scene), [{ ...ORDER, status: 'DISABLED' }])
})

t.test('templates are judged by the number of the send: another business account has its own', async (t) => {
  const scene = await startScene(t, { templates: null })
  await scene.post('template-status-disabled.json')
  await scene.until(() => templateStatus(scene, 'main', ORDER) === 'DISABLED')
  t.equal(templateStatus(scene, 'other', ORDER), undefined)
  t.match(await trySending(scene), { status: 422 })
  const content = { kind: 'template', ...ORDER }
  const other = await scene.call('POST', '/api/v1/messages', { number: 'other', to: '12025550199', content, purpose: 'utility' })
  t.equal(other.status, 202)
})
