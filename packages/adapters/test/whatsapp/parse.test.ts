import { test } from 'tap'
import type { ChannelUpdate } from '@baton/router'
import { parseWebhook } from '../../src/whatsapp/parse.ts'

const at = 1_795_176_000_000
const NUMBER = '301000000000001'
const metadata = { display_phone_number: '12025550100', phone_number_id: NUMBER }

/** The updates of a webhook with one change. */
function updatesOf(field: string, value: object): ChannelUpdate[] {
  const body = { object: 'whatsapp_business_account', entry: [{ id: '201', time: at / 1_000, changes: [{ field, value }] }] }
  const parsed = parseWebhook(Buffer.from(JSON.stringify(body)))
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason)
  return parsed.updates
}
function messagesOf(messages: unknown[], more: object = {}): ChannelUpdate[] {
  return updatesOf('messages', { metadata, messages, ...more })
}
function text(more: object): object {
  return { id: 'wamid.1', timestamp: '1795176000', type: 'text', text: { body: 'Hi' }, ...more }
}

void test('contacts belong to messages by id, not by their place', async (t) => {
  const contacts = [
    { profile: { name: 'Nobody' } },
    { profile: { name: 'Ben' }, wa_id: '222', user_id: 'US.2' },
    { profile: { name: 'Ana', username: '@ana' }, wa_id: '111' },
  ]
  const updates = messagesOf([text({ from: '111' }), text({ from_user_id: 'US.2' }), text({ from: '333' })], { contacts })
  t.match(updates, [
    { from: { phone: '111', name: 'Ana', username: 'ana' } },
    { from: { phone: '222', userId: 'US.2', name: 'Ben' } },
    { from: { phone: '333' } },
  ])
  t.strictSame(updates[2]?.kind === 'message' && updates[2].from, { phone: '333' })
})

void test('one message that cannot be read does not take its neighbours along', async (t) => {
  const broken = { id: 'wamid.2', timestamp: 'soon', type: 'text' }
  const updates = messagesOf([broken, text({ from: '111' }), text({}), 7])
  t.match(updates, [
    { kind: 'kept', field: 'messages', known: false, raw: broken, unread: /messages/ },
    { kind: 'message' },
    { kind: 'kept', known: false }, // from nobody
    { kind: 'kept', known: false, raw: 7 },
  ])
})

void test('a message whose body is wrong or whose type is new is still a message of the customer', async (t) => {
  const updates = messagesOf([
    text({ from: '1', text: { body: 7 } }),
    text({ from: '1', type: 'hologram' }),
    text({ from: '1', type: '__proto__' }),
  ])
  t.match(updates, [
    { kind: 'message', message: { content: { kind: 'unsupported', type: 'text' } } },
    { kind: 'message', message: { content: { kind: 'unsupported', type: 'hologram' } } },
    { kind: 'message', message: { content: { kind: 'unsupported', type: '__proto__' } } },
  ])
})

void test('a form whose answers are no JSON object is unsupported, not empty', async (t) => {
  const interactive = { type: 'nfm_reply', nfm_reply: { name: 'flow', response_json: '[1]' } }
  t.match(messagesOf([text({ from: '1', type: 'interactive', interactive })]), [
    { message: { content: { kind: 'unsupported', type: 'interactive' } } },
  ])
})

void test('a deleted message, and the edit of a text', async (t) => {
  const revoke = text({ from: '1', type: 'revoke', revoke: { original_message_id: 'wamid.0' } })
  const edit = text({ from: '1', type: 'edit', edit: { original_message_id: 'wamid.0', message: { type: 'text', text: { body: 'Bye' } } } })
  t.match(messagesOf([revoke, edit]), [
    { message: { content: { kind: 'revoke', targetId: 'wamid.0' } } },
    { message: { content: { kind: 'edit', targetId: 'wamid.0', content: { kind: 'text', text: 'Bye' } } } },
  ])
})

const forgedEdits = (links: number) => {
  const chain = '{"type":"edit","edit":{"original_message_id":"x","message":'.repeat(links) + '{"type":"text"}' + '}}'.repeat(links)
  const message = `{"id":"w","timestamp":"1","from":"1",${chain.slice(1)}`
  return Buffer.from(`{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"},"messages":[${message}]}}]}]}`)
}

void test('a forged chain of edits is not followed', async (t) => {
  const parsed = parseWebhook(forgedEdits(90))
  const [update] = parsed.kind === 'updates' ? parsed.updates : []
  t.strictSame(update?.kind === 'message' && update.message.content, { kind: 'unsupported', type: 'edit' })
})

void test('a body that nests too deeply to be stored is unreadable; brackets within a text are no nesting', async (t) => {
  t.match(parseWebhook(forgedEdits(30_000)), { kind: 'unreadable', reason: /deep/ })
  t.match(parseWebhook(Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))), { kind: 'unreadable', reason: /deep/ })
  const body = `${'[{'.repeat(300)} " \\ [[[`
  t.match(messagesOf([text({ from: '1', text: { body } })]), [{ message: { content: { kind: 'text', text: body } } }])
  const many = Array.from({ length: 300 }, () => text({ from: '1' }))
  t.equal(messagesOf(many).length, 300)
})

void test('the name of a file has no folders and nothing invisible', async (t) => {
  const document = { id: '9', filename: '../../etc/ab\u{202e}gpj\u{7}.exe' }
  t.match(messagesOf([text({ from: '1', type: 'document', document })]), [{ message: { content: { media: { filename: 'abgpj.exe' } } } }])
})

void test('a shared contact that nobody asked for says nothing about who the customer is', async (t) => {
  const contacts = [{ phones: [{ phone: '999' }] }]
  const [update] = messagesOf([text({ from_user_id: 'US.1', type: 'contacts', contacts })])
  t.strictSame(update?.kind === 'message' && update.from, { userId: 'US.1' })
})

void test('our id comes back from the callback data, anybody else’s data does not', async (t) => {
  const ours = `ms_17_${'0'.repeat(32)}`
  const status = { id: 'wamid.1', status: 'sent', timestamp: '1795176000', recipient_id: '111' }
  const updates = updatesOf('messages', {
    metadata,
    statuses: [
      { ...status, biz_opaque_callback_data: ours },
      { ...status, biz_opaque_callback_data: 'cmp=1' },
    ],
  })
  t.match(updates, [{ status: { messageId: ours } }, { status: { messageId: undefined } }])
})

void test('a status of a new name is kept for a look, not guessed', async (t) => {
  const statuses = [{ id: 'wamid.1', status: 'teleported', timestamp: '1795176000', recipient_id: '111' }]
  t.match(updatesOf('messages', { metadata, statuses }), [{ kind: 'kept', field: 'messages.status', known: false }])
})

void test('a played voice message is a status, and the participant of a group stands apart', async (t) => {
  const played = { id: 'wamid.1', status: 'played', timestamp: '1795176000', recipient_id: '111' }
  const group = { ...played, recipient_type: 'group', recipient_id: 'group-1', recipient_participant_id: '222' }
  t.match(updatesOf('messages', { metadata, statuses: [played, group] }), [
    { status: { status: 'played', recipient: { phone: '111' }, participant: undefined } },
    { status: { recipient: { phone: '222' }, participant: '222' } },
  ])
})

void test('a conversation under the old pricing has no free window', async (t) => {
  const conversation = { expiration_timestamp: '1795262400', origin: { type: 'marketing' } }
  const statuses = [{ id: 'wamid.1', status: 'sent', timestamp: '1795176000', recipient_id: '111', conversation }]
  t.match(updatesOf('messages', { metadata, statuses }), [{ status: { freeEntryUntil: undefined } }])
})

void test('what the phone app wrote is an echo of the phone app', async (t) => {
  const echo = text({ from: '12025550100', to: '111', to_user_id: 'US.1' })
  t.match(updatesOf('smb_message_echoes', { metadata, message_echoes: [echo] }), [
    {
      kind: 'echo',
      source: 'phone-app',
      to: { phone: '111', userId: 'US.1' },
      message: { providerId: 'wamid.1', at, content: { text: 'Hi' } },
    },
  ])
})

void test('standby: messages are only observed, echoes are of another responder, statuses are not ours', async (t) => {
  const echo = {
    id: 'wamid.2',
    timestamp: '1795176000',
    message: { to: '111', recipient: '111', type: 'text', text: { body: 'I am a bot' } },
  }
  const status = { id: 'wamid.2', status: 'delivered', timestamp: '1795176001', recipient_id: '111' }
  const standby = {
    contacts: [{ wa_id: '111', user_id: 'US.1' }],
    messages: [text({ from: '111' })],
    message_echoes: [echo],
    statuses: [status],
  }
  const expected = [
    { kind: 'message', standby: true, account: NUMBER, from: { phone: '111', userId: 'US.1' } },
    { kind: 'echo', source: 'responder', to: { phone: '111' }, message: { content: { text: 'I am a bot' } } },
    { kind: 'kept', field: 'standby.status', known: true },
  ]
  t.match(updatesOf('standby', { metadata, standby }), expected)
  t.match(updatesOf('standby', { metadata, ...standby }), expected, 'also when nothing is nested')
})

void test('an echo to a user id is no echo to a phone number', async (t) => {
  const echo = { id: 'wamid.2', timestamp: '1795176000', message: { recipient: 'US.1', type: 'text', text: { body: 'x' } } }
  const [update] = updatesOf('standby', { metadata, standby: { message_echoes: [echo] } })
  t.strictSame(update?.kind === 'echo' && update.to, { userId: 'US.1' })
})

void test('a thread passed to us is released upstream, one taken from us is taken', async (t) => {
  const handover = { recipient: { phone_number_id: NUMBER }, sender: { phone_number: '111' }, timestamp: '1795176000' }
  const passed = {
    ...handover,
    type: 'control_passed',
    control_passed: { previous_owner_app_role: 'meta_business_agent', new_owner_role: 'escalation' },
  }
  const taken = {
    ...handover,
    type: 'control_taken',
    control_taken: { previous_owner_role: 'customer_service', new_owner_role: 'escalation' },
  }
  t.match(updatesOf('messaging_handovers', passed), [
    { kind: 'upstream', account: NUMBER, contact: { phone: '111' }, change: 'released', by: 'meta_business_agent', at },
  ])
  t.match(updatesOf('messaging_handovers', taken), [{ kind: 'upstream', change: 'taken', by: 'escalation' }])
  const { timestamp: _, ...timeless } = passed
  t.match(updatesOf('messaging_handovers', timeless), [{ kind: 'upstream', at }], "without a time of its own it has the entry's")
  t.match(updatesOf('messaging_handovers', { ...passed, type: 'control_lost' }), [{ kind: 'kept', known: false }])
})

void test('a call of ours is no call of the customer, and call statuses are no message statuses', async (t) => {
  const calls = [
    { id: 'wacid.1', from: '12025550100', to: '111', direction: 'BUSINESS_INITIATED', event: 'connect', timestamp: '1795176000' },
  ]
  const statuses = [{ id: 'wacid.1', type: 'call', status: 'RINGING', timestamp: '1795176000', recipient_id: '111' }]
  t.match(updatesOf('calls', { metadata, calls, statuses }), [
    { kind: 'call', byCustomer: false, from: { phone: '111' } },
    { kind: 'kept', field: 'calls.status', known: true },
  ])
})

void test('later media of imported history triggers nothing', async (t) => {
  t.match(updatesOf('history', { metadata, messages: [text({ from: '111' })] }), [
    { kind: 'kept', field: 'history', known: true, account: NUMBER },
  ])
})

void test('a preference for something else than marketing is kept', async (t) => {
  const preference = { wa_id: '111', category: 'newsletters', value: 'stop', timestamp: 1_795_176_000 }
  t.match(updatesOf('user_preferences', { metadata, user_preferences: [preference] }), [{ kind: 'kept', known: false }])
})

void test('an account that is switched off halts, one that will be does not yet', async (t) => {
  t.match(ban('DISABLE'), [{ severity: 'critical', halt: true }])
  t.match(ban('SCHEDULE_FOR_DISABLE'), [{ severity: 'critical', halt: undefined }])
  t.match(ban('REINSTATE'), [{ severity: 'info', halt: undefined }])
})

void test('traffic without the id of a number, and a body that is not UTF-8, are not guessed at', async (t) => {
  t.match(updatesOf('messages', { messages: [text({ from: '1' })] }), [{ kind: 'kept', account: '201', field: 'messages', known: false }])
  t.match(parseWebhook(Uint8Array.of(0x22, 0xff, 0x22)), { kind: 'unreadable', reason: 'the body is not UTF-8' })
  t.match(parseWebhook(Buffer.from('{"object":"whatsapp_business_account"}')), {
    kind: 'unreadable',
    reason: 'not a webhook: there is no entry',
  })
})

void test('no update holds what a database cannot: U+0000 or half an emoji', async (t) => {
  const unfit = ['a\u0000b', 'a\ud83d', '\ude00b', '\ud83d\ude00 whole']
  for (const body of unfit) {
    const updates = messagesOf([text({ from: '1', text: { body, [body]: 1 } })])
    const stored = JSON.stringify(updates)
    t.notMatch(stored, /\\u(0000|d[89a-f])/i)
    t.match(updates, [{ message: { content: { text: body.toWellFormed().replace('\0', '\ufffd') } } }])
  }
  const response_json = JSON.stringify({ note: '\u0000' })
  const form = messagesOf([text({ from: '1', type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: { response_json } } })])
  t.match(form, [{ message: { content: { kind: 'form', answers: { note: '\ufffd' } } } }])
})

function ban(state: string): ChannelUpdate[] {
  return updatesOf('account_update', { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: state } })
}

void test('news happened when their entry says, in seconds or in milliseconds; without it nobody knows', async (t) => {
  const entry = { id: '201', changes: [{ field: 'quantum_update', value: {} }] }
  for (const [time, expected] of [
    [at / 1_000, at],
    [at, at],
    [undefined, undefined],
  ]) {
    const parsed = parseWebhook(Buffer.from(JSON.stringify({ entry: [{ ...entry, time }] })))
    const [update] = parsed.kind === 'updates' ? parsed.updates : []
    t.equal(update?.kind === 'kept' ? update.at : null, expected)
  }
})
