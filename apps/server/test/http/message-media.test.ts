// Agents see the file of a message wherever it stands: as the message, or as the header of a template or of buttons.
import type { MessageRow } from '@baton/router'
import t from 'tap'
import { appOf, as, CONVERSATION, fakeParts, MESSAGE, messageRecord } from './fake-parts.ts'

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
