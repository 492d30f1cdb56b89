// Rasa's REST channel: what only it can say.
import { test } from 'tap'
import { botOf, callerOf, json, startBot } from './fake-bot.ts'

const at = (url: string) => botOf({ protocol: 'rasa', url })
const answer = (...messages: object[]) => json(messages.map((message) => ({ recipient_id: 'se_1', ...message })))
const bodyOf = (seen: { body: string }[]) => JSON.parse(seen.at(-1)?.body ?? '{}') as Record<string, unknown>

void test('the service session is the sender, all the customer wrote is the message, and what is known goes along', async (t) => {
  const { url, seen } = await startBot(t, answer())
  const { call } = callerOf(t, at(url))
  t.same((await call()).data, { callId: 'ca_1', messages: [] }, 'Rasa may have nothing to say')
  t.match(bodyOf(seen), { sender: 'se_1', message: 'hello', metadata: { conversationId: 'cv_1', answers: { size: 'L' } } })
  t.equal(seen[0]?.headers['authorization'], undefined, 'no secret is configured')

  const base = { session: { id: 'se_1' }, conversation: {}, contact: { id: 'c', identity: {}, attributes: {}, tags: [] } }
  const said = (...contents: object[]) =>
    call({ data: { ...base, messages: contents.map((content, n) => ({ providerId: `${n}`, at: n, content })) } })
  await said({ kind: 'text', text: 'one' }, { kind: 'image', caption: 'two' }, { kind: 'audio' })
  t.equal(bodyOf(seen)['message'], 'one\ntwo\n[audio]')
  await said({ kind: 'reply', via: 'button', id: '/affirm', title: 'Yes' })
  t.equal(bodyOf(seen)['message'], '/affirm', 'the payload of a button')
  await said()
  t.equal(bodyOf(seen)['message'], '/session_start', 'it takes over before the customer has written')
})

void test('texts, pictures, files and buttons become messages', async (t) => {
  const link = 'https://example.com/a'
  const button = (n: number) => ({ title: `T${n}`, payload: `/p${n}` })
  const { url } = await startBot(
    t,
    answer(
      { text: 'Hi', image: link },
      { attachment: { type: 'file', payload: { src: link } } },
      { text: 'Which?', buttons: [button(1)] },
      { text: 'More?', buttons: [1, 2, 3, 4].map(button) },
    ),
  )
  t.same((await callerOf(t, at(url)).call()).data['messages'], [
    { kind: 'text', text: 'Hi' },
    { kind: 'image', media: { url: link } },
    { kind: 'document', media: { url: link } },
    { kind: 'buttons', body: 'Which?', options: [{ id: '/p1', title: 'T1' }] },
    { kind: 'list', body: 'More?', button: '…', sections: [{ rows: [1, 2, 3, 4].map((n) => ({ id: `/p${n}`, title: `T${n}` })) }] },
  ])
})
