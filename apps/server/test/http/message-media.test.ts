// Agents see the file of a message wherever it stands: as the message, or as the header of a template or of buttons.
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { MessageRow } from '@baton/router'
import t from 'tap'
import { appOf, as, CONVERSATION, fakeParts, MESSAGE, messageRecord } from './fake-parts.ts'

const MB = 1024 * 1024
const FILE = { url: 'https://files.example/spring.mp4' }
const CASES: { what: string; content: MessageRow['content']; media: object | undefined; to: string | null }[] = [
  {
    what: 'a template with a video',
    content: { kind: 'template', name: 'spring_offer', language: 'en', header: { video: FILE }, preview: 'Spring is here' },
    media: { kind: 'video', ...FILE },
    to: FILE.url,
  },
  {
    what: 'buttons under a document',
    content: { kind: 'buttons', body: 'Sign?', options: [{ id: 'y', title: 'Yes' }], header: { document: { ...FILE, filename: 'a.pdf' } } },
    media: { kind: 'document', ...FILE, filename: 'a.pdf' },
    to: FILE.url,
  },
  { what: 'an image', content: { kind: 'image', media: FILE, caption: 'Look' }, media: { kind: 'image', ...FILE }, to: FILE.url },
  {
    what: 'a template with a text in its header',
    content: { kind: 'template', name: 'n', language: 'en', header: { text: 'Hi' } },
    media: undefined,
    to: null,
  },
  { what: 'a text', content: { kind: 'text', text: 'hello' }, media: undefined, to: null },
]

for (const { what, content, media, to } of CASES) {
  await t.test(what, async (t) => {
    const parts = fakeParts()
    parts.messages.splice(0, 1, messageRecord({ content, purpose: 'marketing' }))
    const app = await appOf(t, parts)
    const listed = await app.inject({ url: `/api/v1/conversations/${CONVERSATION}/messages`, headers: as('ana-key') })
    const [message] = listed.json().items
    t.strictSame(message.media, media)
    if (content.kind === 'template') t.strictSame(message.template.header, content.header, 'the whole template is there too')
    const file = await app.inject({ url: `/api/v1/messages/${MESSAGE}/media`, headers: as('ana-key') })
    t.strictSame([file.statusCode, file.headers.location], to === null ? [404, undefined] : [302, to])
  })
}

await t.test('the name of a file is cut where it is too long, whatever the customer writes with', async (t) => {
  const parts = fakeParts()
  // A letter of two code units each: one of them lies across the cut.
  const filename = `.${'𠮷'.repeat(100)}`
  parts.messages.splice(0, 1, messageRecord({ content: { kind: 'document', media: { id: 'm1', filename } } }))
  const app = await appOf(t, parts)
  const file = await app.inject({ url: `/api/v1/messages/${MESSAGE}/media`, headers: as('ana-key') })
  const shown = decodeURIComponent(/filename\*=UTF-8''(.*)$/.exec(String(file.headers['content-disposition']))?.[1] ?? '')
  t.strictSame([file.statusCode, shown], [200, `.${'𠮷'.repeat(59)}_`])
})

await t.test('a few files are fetched at a time, the others in turn; who waits too long is told to come again', async (t) => {
  const parts = fakeParts()
  parts.messages.splice(0, 1, messageRecord({ content: { kind: 'image', media: { id: 'm1' } } }))
  const fetching: (() => void)[] = []
  const file = { kind: 'downloaded' as const, bytes: Buffer.from([1]), mimeType: 'image/png' }
  parts.deps.media = () => new Promise((resolve) => fetching.push(() => resolve(file)))
  parts.deps.filesAtOnce = { most: 2, waitMs: 50 }
  const app = await appOf(t, parts)
  const ask = () => app.inject({ url: `/api/v1/messages/${MESSAGE}/media`, headers: as('ana-key') })
  const answers = [ask(), ask(), ask()]
  const late = await Promise.race(answers)
  t.strictSame([late.statusCode, late.json().code, late.headers['retry-after']], [503, 'too-many-files', '2'])
  t.equal(fetching.length, 2, 'no more than two at once')
  const fourth = ask()
  fetching[0]?.()
  while (fetching.length < 3) await new Promise(setImmediate)
  t.pass('it has its turn as soon as one of the two is out')
  for (const go of fetching) go()
  const served = (await Promise.all([...answers, fourth])).filter(({ statusCode }) => statusCode === 200)
  t.equal(served.length, 3)
})

await t.test('whoever leaves before a file is there keeps nobody else from theirs', async (t) => {
  const parts = fakeParts()
  parts.messages.splice(0, 1, messageRecord({ content: { kind: 'image', media: { id: 'm1' } } }))
  parts.deps.filesAtOnce = { most: 1, waitMs: 500 }
  const { reads } = parts.deps
  const read = reads.getConversation.bind(reads)
  let goOn = () => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const asked = new Promise<void>((resolve) => {
    reads.getConversation = async (id) => {
      resolve()
      await held
      return read(id)
    }
  })
  const app = await appOf(t, parts)
  const closed = new Promise((resolve) => app.server.once('request', (_request, response) => response.once('close', resolve)))
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/api/v1/messages/${MESSAGE}/media`
  const abort = new AbortController()
  const first = fetch(url, { headers: as('ana-key'), signal: abort.signal }).catch(() => null)
  await asked
  abort.abort()
  await Promise.all([first, closed])
  goOn()
  const second = await fetch(url, { headers: as('ana-key') })
  t.equal(second.status, 200)
  await second.arrayBuffer()
})

await t.test(
  'readers who do not read keep nobody from a small file, and from a large one only while there is no room for it',
  async (t) => {
    const parts = fakeParts()
    const sizes: Record<string, number> = { large: 16 * MB, small: 10 }
    parts.messages.splice(0, 1, ...Object.keys(sizes).map((id) => messageRecord({ id, content: { kind: 'image', media: { id } } })))
    parts.deps.media = (_number, id, most) => {
      const bytes = Buffer.alloc(sizes[id] as number)
      if (bytes.length > most) return Promise.resolve({ kind: 'refused', code: 'media-too-large', message: 'it is' })
      return Promise.resolve({ kind: 'downloaded', bytes, mimeType: 'image/png' })
    }
    parts.deps.filesAtOnce = { most: 1, waitMs: 500, bytes: 3 * 16 * MB }
    const app = await appOf(t, parts)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const ask = async (id: string) => {
      const asking = get(`${url}/api/v1/messages/${id}/media`, { headers: as('ana-key'), agent: false })
      t.teardown(() => asking.destroy())
      const [answer] = (await once(asking, 'response')) as [IncomingMessage]
      return answer
    }
    const stalled = [await ask('large'), await ask('large'), await ask('large')]
    t.strictSame(
      stalled.map(({ statusCode }) => statusCode),
      [200, 200, 200],
    )
    const small = await ask('small')
    t.equal(small.statusCode, 200)
    t.equal((await small.toArray()).join('').length, 10)
    const fourth = await ask('large')
    t.strictSame([fourth.statusCode, fourth.headers['retry-after']], [503, '2'])
    stalled[0]?.destroy()
    let again = await ask('large')
    while (again.statusCode === 503) again = await ask('large')
    t.equal(again.statusCode, 200, 'as soon as the server knows that one has left')
  },
)
