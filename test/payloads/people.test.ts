// Samples that say something of a person without being their message, and what several of them together say of who it is.
import t from 'tap'
import { OFFER, WAITING } from './configuration.ts'
import { edited, expectation, sign } from './samples.ts'
import { HOUR, startScene } from './scene.ts'
import type { Scene } from './scene.ts'
import { ADA, wishFor } from './sending.ts'
import { take } from './take.ts'

async function postEdited(scene: Scene, file: string, ...replacements: [string, string][]): Promise<void> {
  const body = edited(file, ...replacements)
  const { status } = await scene.postBytes(body, sign(body))
  if (status !== 200) throw new Error(`an edited ${file} was answered ${status}`)
  await scene.settle()
}

t.test(`user-preferences-stop.json: ${expectation('user-preferences-stop.json')}`, async (t) => {
  const scene = await startScene(t)
  await postEdited(scene, 'message-text.json', ['Hi, is my order on its way?', 'coupon'])
  t.match(await scene.conversations(), [{ owner: 'marketing', participant: { id: 'coupon' }, consent: { marketing: 'unknown' } }])
  await take(t, scene, 'user-preferences-stop.json')
  t.match(await scene.conversations(), [
    {
      owner: 'none',
      consent: { marketing: 'out', proof: { at: '2026-11-20T12:00:00.000Z', source: 'whatsapp', text: null } },
      replyWindow: { open: true, closesAt: '2026-11-21T12:00:00.000Z' },
    },
  ])
  t.match(await scene.call('POST', '/api/v1/messages', wishFor('marketing', ADA)), { status: 409, body: { code: 'opted-out' } })
  t.equal((await scene.call('POST', '/api/v1/messages', wishFor('utility', ADA))).status, 202)
  await scene.settle()
  t.match(scene.graph.sends(), [{ text: { body: OFFER } }, { type: 'template' }], 'it is no message: nobody confirms it')
})

t.test(`user-preferences-resume.json: ${expectation('user-preferences-resume.json')}`, async (t) => {
  const scene = await startScene(t)
  await scene.post('user-preferences-stop.json')
  await take(t, scene, 'user-preferences-resume.json')
  const [conversation] = await scene.conversations()
  t.match(conversation, {
    consent: { marketing: 'in', proof: { source: 'whatsapp' } },
    replyWindow: { open: false, closesAt: null },
  })
  t.equal((await scene.call('POST', '/api/v1/messages', wishFor('marketing', ADA))).status, 202)
  const { body } = await scene.call('GET', `/api/v1/conversations/${String(conversation?.['id'])}/decisions`)
  t.equal(body.items.filter(({ rule }) => rule === 'consent').length, 2, 'both changes stay on record')
})

t.test(`calls-connect.json: ${expectation('calls-connect.json')}`, async (t) => {
  const scene = await startScene(t)
  await take(t, scene, 'calls-connect.json')
  const [conversation] = await scene.conversations()
  t.match(conversation, { owner: 'service', replyWindow: { open: true, closesAt: '2026-11-21T12:00:00.000Z' } })
  t.match(scene.graph.sends(), [{ to: `+${ADA}`, text: { body: WAITING } }])
  const rows = await scene.rows()
  await scene.post('calls-terminate.json')
  t.strictSame(await scene.rows(), rows, 'the end of the same call changes nothing')
})

t.test(`calls-terminate.json: ${expectation('calls-terminate.json')}`, async (t) => {
  const scene = await startScene(t)
  scene.clock.advance(150_000)
  await take(t, scene, 'calls-terminate.json')
  const [conversation] = await scene.conversations()
  t.match(conversation, { owner: 'service', replyWindow: { closesAt: '2026-11-21T12:02:10.000Z' } })
  t.match(await scene.messages(conversation ?? {}), [{ direction: 'in', content: { kind: 'unsupported', type: 'call' } }, {}])
})

t.test('somebody known by user id shares their number: one conversation, which answers to the number from then on', async (t) => {
  const scene = await startScene(t)
  await scene.post('message-bsuid-parent-username-text.json')
  const [before] = await scene.conversations()
  await scene.post('message-contacts-shared-own-phone.json')
  const [after, ...others] = await scene.conversations()
  t.strictSame(others, [])
  t.match(after, { id: before?.['id'], contact: { phone: ADA, userId: 'US.10000000000000000123' } })
  const sent = await scene.call('POST', '/api/v1/messages', wishFor('text', ADA))
  t.match(sent, { status: 202, body: { conversationId: before?.['id'] } })
  await scene.settle()
  const [first, last] = [scene.graph.sends().at(0), scene.graph.sends().at(-1)]
  t.match(first, { recipient: 'US.10000000000000000123' })
  t.match(last, { to: `+${ADA}` })
  t.notOk(last?.['recipient'])
})

t.test('somebody known by number only is the same person when their user id comes along', async (t) => {
  const scene = await startScene(t)
  await scene.post('message-text-legacy-no-bsuid.json')
  const [before] = await scene.conversations()
  await scene.post('message-text.json')
  t.match(await scene.conversations(), [{ id: before?.['id'], contact: { phone: ADA, userId: 'US.10000000000000000123' } }])
  await scene.post('message-bsuid-parent-username-text.json')
  t.equal((await scene.conversations()).length, 1)
})

for (const [file, userId] of [
  ['message-system-user-changed-number.json', 'US.10000000000000000188'],
  ['message-system-user-changed-number-legacy.json', 'US.10000000000000000123'],
] as const) {
  t.test(`${file}: the conversation goes along with the new number`, async (t) => {
    const scene = await startScene(t)
    await scene.post('message-text.json')
    const [before] = await scene.conversations()
    await take(t, scene, file)
    t.match(await scene.conversations(), [
      {
        id: before?.['id'],
        owner: 'service',
        contact: { phone: '16465550188', userId },
        replyWindow: { closesAt: '2026-11-21T12:00:00.000Z' },
      },
    ])
    const body: [string, string][] = [
      [ADA, '16465550188'],
      ['US.10000000000000000123', userId],
      ['wamid.', 'wamid.AFTER'],
    ]
    await postEdited(scene, 'message-text.json', ...body)
    t.match(await scene.conversations(), [{ id: before?.['id'] }])
    t.equal((await scene.conversations()).length, 1)
    t.match(await scene.call('POST', '/api/v1/messages', wishFor('text', '16465550188')), { status: 202 })
    await scene.settle()
    t.match(scene.graph.sends().at(-1), { to: '+16465550188' })
  })
}

t.test('message-system-user-changed-user-id.json: the conversation goes along with the new user id', async (t) => {
  const scene = await startScene(t)
  await scene.post('message-text.json')
  const [before] = await scene.conversations()
  await scene.post('message-system-user-changed-user-id.json')
  // A user id changes with the number, and the new one is not said: the old one may be somebody else's by now.
  t.match(await scene.conversations(), [{ id: before?.['id'], contact: { phone: null, userId: 'US.10000000000000000999' } }])
  t.equal((await scene.conversations()).length, 1)
})

t.test('a reaction, a notice or a change of number does not hold the reply window open', async (t) => {
  const scene = await startScene(t)
  await scene.post('message-text.json')
  scene.clock.advance(23 * HOUR)
  for (const file of ['message-reaction.json', 'message-system-identity-changed.json', 'message-edit-image-caption.json']) {
    await postEdited(scene, file, ['"timestamp": "1795176000"', '"timestamp": "1795258800"'])
  }
  t.match(await scene.conversations(), [{ replyWindow: { open: true, closesAt: '2026-11-21T12:00:00.000Z' } }])
  scene.clock.advance(HOUR)
  t.match(await scene.call('POST', '/api/v1/messages', wishFor('text', ADA)), { status: 409, body: { code: 'window-closed' } })
})
