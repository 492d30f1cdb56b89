// Pure. Every documented limit of what may be sent, and the check against them. Lengths count code points: an emoji of
// one code point is one character, as in WhatsApp's own composer.
import type { Header, OutgoingContent } from '@baton/router'
import { count, doubles, isWebAddress, length, range, when } from './limit-checks.ts'
import type { Problem } from './limit-checks.ts'
import { captionProblems, headerProblems, mediaProblems } from './media-limits.ts'
import { templateProblems } from './template-limits.ts'

const LIMITS = {
  text: 4_096,
  body: 1_024,
  listBody: 4_096,
  footer: 60,
  button: { count: 3, id: 256, title: 20 },
  list: { button: 20, sections: 10, rows: 10, sectionTitle: 24, rowId: 200, rowTitle: 24, description: 72 },
  cta: { title: 20 },
  contacts: 257,
} as const

/** Everything about the content that the provider would refuse, with the path of the member. */
export function contentProblems(content: OutgoingContent): Problem[] {
  switch (content.kind) {
    case 'text':
      return length('text', content.text, 1, LIMITS.text)
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return [...mediaProblems('media', content.kind, content.media), ...captionProblems(content.kind, content.caption)]
    case 'location':
      return [...range('latitude', content.latitude, 90), ...range('longitude', content.longitude, 180)]
    case 'contacts':
      return contactProblems(content.contacts)
    case 'reaction':
      return [
        ...length('messageId', content.messageId, 1, Infinity),
        ...when(content.emoji === '', 'emoji', 'is empty: null removes a reaction'),
      ]
    case 'buttons':
      return [...bodyProblems(content, LIMITS.body), ...buttonProblems(content.options)]
    case 'list':
      return [
        ...bodyProblems(content, LIMITS.listBody),
        ...length('button', content.button, 1, LIMITS.list.button),
        ...listProblems(content.sections),
      ]
    case 'cta':
      return [
        ...bodyProblems(content, LIMITS.body),
        ...length('title', content.title, 1, LIMITS.cta.title),
        ...when(!isWebAddress(content.url), 'url', 'is no http or https address'),
      ]
    case 'template':
      return templateProblems(content)
  }
}

function bodyProblems(content: { body: string; header?: Header; footer?: string }, most: number): Problem[] {
  return [
    ...length('body', content.body, 1, most),
    ...(content.header === undefined ? [] : headerProblems(content.header)),
    ...(content.footer === undefined ? [] : length('footer', content.footer, 1, LIMITS.footer)),
  ]
}

function contactProblems(contacts: Record<string, unknown>[]): Problem[] {
  const nameless = contacts.flatMap((contact, n) => {
    const name = contact['name']
    const formatted = typeof name === 'object' && name !== null && 'formatted_name' in name ? name.formatted_name : undefined
    return when(typeof formatted !== 'string' || formatted === '', `contacts.${n}.name.formatted_name`, 'is missing')
  })
  return [...count('contacts', contacts.length, LIMITS.contacts), ...nameless]
}

function buttonProblems(options: { id: string; title: string }[]): Problem[] {
  const { button } = LIMITS
  return [
    ...count('options', options.length, button.count),
    ...options.flatMap((option, n) => [
      ...length(`options.${n}.id`, option.id, 1, button.id),
      ...length(`options.${n}.title`, option.title, 1, button.title),
    ]),
    ...doubles(options.map((option, n) => [`options.${n}.id`, option.id])),
    ...doubles(options.map((option, n) => [`options.${n}.title`, option.title])),
  ]
}

function listProblems(sections: { title?: string; rows: { id: string; title: string; description?: string }[] }[]): Problem[] {
  const { list } = LIMITS
  const rows = sections.flatMap((section, s) => section.rows.map((row, r) => ({ path: `sections.${s}.rows.${r}`, row })))
  return [
    ...count('sections', sections.length, list.sections),
    ...count('sections', rows.length, list.rows, 'rows'),
    ...sections.flatMap((section, s) => [
      ...when(section.rows.length === 0, `sections.${s}.rows`, 'is empty'),
      ...(section.title === undefined
        ? when(sections.length > 1, `sections.${s}.title`, 'is needed when there are several sections')
        : length(`sections.${s}.title`, section.title, 1, list.sectionTitle)),
    ]),
    ...rows.flatMap(({ path, row }) => [
      ...length(`${path}.id`, row.id, 1, list.rowId),
      ...length(`${path}.title`, row.title, 1, list.rowTitle),
      ...(row.description === undefined ? [] : length(`${path}.description`, row.description, 1, list.description)),
    ]),
    ...doubles(rows.map(({ path, row }) => [`${path}.id`, row.id])),
  ]
}
