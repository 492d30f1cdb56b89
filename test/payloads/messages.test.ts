// Every message sample through the running system: the transcript, whose it is, the reply window, who answers whom.
import t from 'tap'
import { MESSAGES } from '../../packages/adapters/test/whatsapp/expected-messages.ts'
import { NOTICES } from '../../packages/adapters/test/whatsapp/expected-notices.ts'
import { MESSAGE_CASES } from './cases-messages.ts'
import { WAITING } from './configuration.ts'
import { expectation, readSample } from './samples.ts'
import { HOUR, startScene } from './scene.ts'
import { take } from './take.ts'

/** What the adapter makes of a sample, by its own table: who, what and when. */
interface Read {
  from?: Person
  to?: Person
  identity?: Person
  message?: { at: number; content: { kind: string }; replyTo?: string }
  at?: number
  text?: string
}
interface Person {
  phone?: string
  userId?: string
  name?: string
}

for (const [file, wanted] of Object.entries(MESSAGE_CASES)) {
  t.test(`${file}: ${expectation(file)}`, async (t) => {
    const scene = await startScene(t, { door: file.startsWith('360dialog') ? '360dialog' : 'cloud' })
    await take(t, scene, file)
    const read = readOf(file)
    const { at, content, replyTo } = read.message ?? {
      at: read.at ?? 0,
      content: { kind: 'system', type: 'identity', text: read.text },
      replyTo: undefined,
    }

    const conversations = await scene.conversations()
    t.equal(conversations.length, 1)
    const [conversation] = conversations
    if (conversation === undefined) return
    const { phone = null, userId = null, name = null } = read.from ?? read.to ?? read.identity ?? {}
    t.match(conversation, { number: 'main', owner: wanted.owner, contact: { phone, userId, name }, mergedInto: null })
    const closesAt = wanted.window === 'opens' ? new Date(at + 24 * HOUR).toISOString() : null
    t.strictSame(conversation['replyWindow'], { open: wanted.answer !== null, closesAt })

    const messages = await scene.messages(conversation)
    const [line, ...answers] = messages
    t.match(line, {
      direction: wanted.owner === 'external' ? 'out' : 'in',
      author: { kind: wanted.owner === 'external' ? 'external' : 'customer' },
      at: new Date(at).toISOString(),
      replyTo: replyTo ?? null,
    })
    t.strictSame(line?.['content'], content, 'the transcript holds what was written')
    t.ok(readSample(file).includes(`"id": "${String(line?.['providerId'])}"`), 'under its own id')

    const said = wanted.answer === null ? [] : [{ ...wanted.answer, text: { body: WAITING } }]
    t.match(scene.graph.sends(), said)
    t.equal(scene.graph.sends().length, said.length)
    for (const answer of answers) t.match(answer, { direction: 'out', status: wanted.answer === null ? 'refused' : 'accepted' })
    for (const send of scene.graph.sends()) t.notOk('to' in send && 'recipient' in send, 'one recipient, in one way')
  })
}

t.test('what nobody reads stays in what is kept of the message', async (t) => {
  for (const file of ['message-unknown-extra-fields.json', 'message-text-referral-ctwa.json', 'message-text-frequently-forwarded.json']) {
    const scene = await startScene(t)
    await scene.post(file)
    const sample = JSON.parse(readSample(file).toString('utf8')) as {
      entry: [{ changes: [{ value: { messages: [object]; contacts: [object] } }] }]
    }
    const { messages, contacts } = sample.entry[0].changes[0].value
    const [row] = await scene.sql(`select raw from message where direction = 'in'`)
    t.strictSame(row?.['raw'], { message: messages[0], contact: contacts[0] }, file)
  }
})

function readOf(file: string): Read {
  const expected = { ...NOTICES, ...MESSAGES }[file]
  if (!Array.isArray(expected) || expected.length !== 1) throw new Error(`${file} is no single message`)
  return expected[0] as Read
}
