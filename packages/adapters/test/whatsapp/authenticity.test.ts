import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { createWhatsAppChannel, whatsappAccount } from '../../src/index.ts'
import { secretsOf } from '../../src/whatsapp/signature.ts'
import { make360dialogAccount, makeAccount } from './samples.ts'

const body = Buffer.from('{"object":"whatsapp_business_account","entry":[]}')
const known = 'dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756'

function accepts(
  accounts: ReturnType<typeof makeAccount>[],
  headers: Record<string, string | string[]>,
  bytes: Uint8Array = body,
): boolean {
  return createWhatsAppChannel({ accounts: () => accounts }).authenticate({ headers, body: bytes, url: '/' }) !== null
}
function sign(secret: string, bytes: Uint8Array, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHmac('sha256', secret).update(bytes).digest(encoding)
}

void test('the known vector is accepted', async (t) => {
  t.ok(accepts([makeAccount()], { 'x-hub-signature-256': `sha256=${known}` }))
})

void test('a signature without prefix, of another length, doubled or under another header is refused', async (t) => {
  const account = makeAccount()
  t.notOk(accepts([account], { 'x-hub-signature-256': known }))
  t.notOk(accepts([account], { 'x-hub-signature-256': `sha256=${known}00` }))
  t.notOk(accepts([account], { 'x-hub-signature-256': 'sha256=' }))
  t.notOk(accepts([account], { 'x-hub-signature-256': [`sha256=${known}`, `sha256=${known}`] }))
  t.notOk(accepts([account], { 'x-hub-signature': `sha256=${known}` }))
})

void test('the bytes are signed, not what they mean', async (t) => {
  const escaped = Buffer.from('{"entry":[],"name":"\\u00e4\\/@"}')
  const plain = Buffer.from('{"entry":[],"name":"ä/@"}')
  t.strictSame(JSON.parse(escaped.toString('utf8')), JSON.parse(plain.toString('utf8')))
  const headers = { 'x-hub-signature-256': `sha256=${sign('test_app_secret', escaped)}` }
  t.ok(accepts([makeAccount()], headers, escaped))
  t.notOk(accepts([makeAccount()], headers, plain))
})

void test('while a secret is exchanged both hold, and any account of the URL may vouch', async (t) => {
  const headers = { 'x-hub-signature-256': `sha256=${sign('new', body)}` }
  t.ok(accepts([makeAccount({ appSecrets: ['old', 'new'] })], headers))
  t.ok(accepts([makeAccount(), makeAccount({ appSecrets: ['new'] })], headers))
  t.notOk(accepts([makeAccount()], headers))
  t.notOk(accepts([], headers))
})

void test('a secret vouches for the accounts that have it, and for no other', async (t) => {
  const account = (n: number, more: object) => makeAccount({ phoneNumberId: `30${n}`, businessAccountId: `20${n}`, ...more })
  const webhookHeader = { name: 'x-secret', value: '0123456789abcdef' }
  const accounts = [
    account(1, { appSecrets: ['a'] }),
    account(2, { appSecrets: ['b'] }),
    account(3, { appSecrets: ['old', 'a'] }),
    account(4, { appSecrets: ['a'], signatureHeader: 'x-other' }),
    account(5, { appSecrets: [], webhookHeader }),
    account(6, { appSecrets: [], webhookHeader: { ...webhookHeader, value: 'fedcba9876543210' } }),
  ]
  const channel = createWhatsAppChannel({ accounts: () => accounts })
  const vouched = (headers: Record<string, string>) => [...(channel.authenticate({ headers, body, url: '/' }) ?? [])].toSorted()
  const signed = (secret: string) => ({ 'x-hub-signature-256': `sha256=${sign(secret, body)}` })
  t.strictSame(vouched(signed('a')), ['201', '203', '301', '303'])
  t.strictSame(vouched(signed('b')), ['202', '302'])
  t.strictSame(vouched({ 'x-secret': '0123456789abcdef' }), ['205', '305'])
  t.strictSame(vouched({ ...signed('b'), 'x-secret': '0123456789abcdef' }), ['202', '205', '302', '305'])
  t.strictSame(vouched(signed('c')), [])
})

void test('a secret is tried once, however many accounts have it: a stranger cannot keep the process busy with their number', async (t) => {
  const many = Array.from({ length: 1_000 }, (_, n) => makeAccount({ phoneNumberId: `${n}`, appSecrets: ['a', n % 2 === 0 ? 'b' : 'c'] }))
  const tried = [...secretsOf(many)].map(([name, holders]) => [name, [...holders].map(([secret, { length }]) => [secret, length])])
  t.strictSame(tried, [
    [
      'x-hub-signature-256',
      [
        ['a', 1_000],
        ['b', 500],
        ['c', 500],
      ],
    ],
  ])
})

void test('a changed configuration holds from the next webhook on', async (t) => {
  let accounts = [makeAccount()]
  const channel = createWhatsAppChannel({ accounts: () => accounts })
  const request = { headers: { 'x-hub-signature-256': `sha256=${known}` }, body, url: '/' }
  t.ok(channel.authenticate(request))
  accounts = [makeAccount({ appSecrets: ['other'] })]
  t.notOk(channel.authenticate(request))
})

void test("a compatible provider's header may be hex or base64", async (t) => {
  const secret = 'test_360dialog_secret'
  t.ok(accepts([make360dialogAccount()], { 'x-360dialog-signature': sign(secret, body) }))
  t.ok(accepts([make360dialogAccount()], { 'x-360dialog-signature': sign(secret, body, 'base64') }))
  t.notOk(accepts([make360dialogAccount()], { 'x-360dialog-signature': sign('other', body) }))
  t.notOk(accepts([make360dialogAccount()], { 'x-hub-signature-256': `sha256=${sign(secret, body)}` }))
})

void test('a provider that does not sign vouches by a secret header', async (t) => {
  const account = make360dialogAccount({ appSecrets: [], webhookHeader: { name: 'Authorization', value: 'Bearer 0123456789' } })
  t.ok(accepts([account], { authorization: 'Bearer 0123456789' }))
  t.notOk(accepts([account], { authorization: 'Bearer 012345678' }))
  t.notOk(accepts([account], {}))
})

void test('before the body is known, headers that could vouch for it are told from those that could not', async (t) => {
  const mayBe = (account: ReturnType<typeof makeAccount>, headers: Record<string, string | string[]>) =>
    createWhatsAppChannel({ accounts: () => [makeAccount(), account] }).mayBeAuthentic(headers)
  t.ok(mayBe(makeAccount(), { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }))
  t.notOk(mayBe(makeAccount(), { 'x-hub-signature-256': '0'.repeat(64) }))
  t.notOk(mayBe(makeAccount(), { 'x-hub-signature-256': [`sha256=${known}`, `sha256=${known}`] }))
  t.notOk(mayBe(makeAccount(), { 'x-360dialog-signature': known }))
  t.ok(mayBe(make360dialogAccount(), { 'x-360dialog-signature': known }))
  const account = make360dialogAccount({ appSecrets: [], webhookHeader: { name: 'Authorization', value: 'Bearer 0123456789' } })
  t.ok(mayBe(account, { authorization: 'Bearer 0123456789' }))
  t.notOk(mayBe(account, { authorization: 'Bearer 012345678' }))
  t.notOk(mayBe(account, { 'x-360dialog-signature': known }), 'there is no secret to check it by')
})

void test('the handshake gives the challenge back for the right token only', async (t) => {
  const channel = createWhatsAppChannel({ accounts: () => [makeAccount(), make360dialogAccount({ verifyToken: undefined })] })
  const query = { 'hub.mode': 'subscribe', 'hub.verify_token': 'verify', 'hub.challenge': '<b>1158201444' }
  t.equal(channel.answerHandshake(query), '<b>1158201444')
  t.equal(channel.answerHandshake({ ...query, 'hub.verify_token': 'verif' }), null)
  t.equal(channel.answerHandshake({ ...query, 'hub.mode': 'unsubscribe' }), null)
  t.equal(channel.answerHandshake({ ...query, 'hub.verify_token': ['verify', 'verify'] }), null)
  t.equal(channel.answerHandshake({}), null)
})

void test('an account without anything to check webhooks by, or with a misspelt member, is a configuration error', async (t) => {
  const block = { phoneNumberId: '1', businessAccountId: '2', accessToken: 't', appSecrets: ['s'] }
  t.ok(whatsappAccount.safeParse(block).success)
  t.match(whatsappAccount.safeParse({ ...block, appSecrets: [] }).error?.issues, [{ path: ['appSecrets'] }])
  t.match(whatsappAccount.safeParse({ ...block, appSecret: 's' }).error?.issues, [{ code: 'unrecognized_keys' }])
  t.notOk(whatsappAccount.safeParse({ ...block, baseUrl: 'graph.facebook.com' }).success)
  t.notOk(whatsappAccount.safeParse({ ...block, phoneNumberId: '+1 202' }).success)
})
