// Pure. What a step may send, as written in YAML, and how it becomes a message.
import { z } from 'zod'
import type { Header, Media, Option, OutgoingContent } from '@baton/router'
import { text } from './fields.ts'

/** The id of a choice. YAML reads `1` as a number; ids are texts. */
const optionId = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$/, 'an id: letters, digits, - _ . :'))

/** Choices outside a message of buttons or rows: a template's quick replies, or words to type. */
export const options = z
  .array(z.strictObject({ id: optionId, title: text(25) }))
  .min(1)
  .max(10)

const media = z
  .strictObject({
    url: text(2000).optional(),
    media: z.string().optional(),
    filename: text(240).optional(),
    caption: text(1024).optional(),
  })
  .refine((file) => (file.url === undefined) !== (file.media === undefined), 'give either url or media')
type MediaInput = z.infer<typeof media>

const header = z
  .strictObject({ text: text(60).optional(), image: media.optional(), video: media.optional(), document: media.optional() })
  .refine((given) => Object.keys(given).length === 1, 'give one of text, image, video, document')
type HeaderInput = z.infer<typeof header>

const row = z.strictObject({ id: optionId, title: text(24), description: text(72).optional() })
const list = z
  .strictObject({
    body: text(4096),
    button: text(20),
    options: z.array(row).min(1).max(10, 'a list has at most 10 rows').optional(),
    sections: z
      .array(z.strictObject({ title: text(24).optional(), rows: z.array(row).min(1) }))
      .min(1)
      .max(10)
      .optional(),
    header: z.strictObject({ text: text(60) }).optional(),
    footer: text(60).optional(),
  })
  .refine((given) => (given.options === undefined) !== (given.sections === undefined), 'give either options or sections')
  .refine(
    (given) => (given.sections ?? []).flatMap((section) => section.rows).length <= 10,
    'a list has at most 10 rows in all its sections',
  )
  .refine(
    (given) => (given.sections ?? []).length < 2 || given.sections?.every((section) => section.title !== undefined),
    'several sections need a title each',
  )

const template = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/, 'a template name: lower-case letters, digits, underscores'),
  language: text(20),
  variables: z.record(z.string(), z.union([text(1024), z.number().transform(String)])).optional(),
  header: header.optional(),
  buttons: z
    .array(z.strictObject({ type: z.enum(['quickReply', 'url', 'copyCode']), value: text(2000) }))
    .max(10)
    .optional(),
  /** What the customer sees, for the transcript and for journey tests. */
  preview: text(1024).optional(),
})

/** The members that hold content; a step has exactly one of them. */
export const contentShape = {
  text: text(4096).optional(),
  image: media.optional(),
  video: media.optional(),
  audio: media.optional(),
  document: media.optional(),
  sticker: media.optional(),
  location: z
    .strictObject({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: text(1000).optional(),
      address: text(1000).optional(),
    })
    .optional(),
  buttons: z
    .strictObject({
      body: text(1024),
      options: z
        .array(z.strictObject({ id: optionId, title: text(20) }))
        .min(1)
        .max(3, 'a message has at most 3 buttons; use a list'),
      header: header.optional(),
      footer: text(60).optional(),
    })
    .optional(),
  list: list.optional(),
  cta: z
    .strictObject({ body: text(1024), title: text(20), url: text(2000), header: header.optional(), footer: text(60).optional() })
    .optional(),
  template: template.optional(),
}
const contentSchema = z.strictObject(contentShape)
export type ContentInput = z.infer<typeof contentSchema>
type ContentKind = keyof ContentInput

const CONTENT_KINDS = Object.keys(contentShape)

/** The complaint about a step that does not say exactly one thing, or null. */
export function oneContent(given: ContentInput): string | null {
  const kinds = CONTENT_KINDS.filter((kind) => given[kind as ContentKind] !== undefined)
  if (kinds.length === 1) return null
  const all = CONTENT_KINDS.join(', ')
  return kinds.length === 0 ? `nothing to send; give one of ${all}` : `a step sends one message, this has ${kinds.join(' and ')}`
}

/** What `send` takes. */
export const sendContent = contentSchema.superRefine((given, context) => {
  const problem = oneContent(given)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  const choices = optionsOf(given)
  for (const message of choiceProblems(choices)) context.addIssue({ code: 'custom', message })
})

/** The choices a message shows, in order. */
export function optionsOf(given: ContentInput): Option[] {
  const rows = given.buttons?.options ?? given.list?.options ?? given.list?.sections?.flatMap((section) => section.rows) ?? []
  return rows.map(({ id, title }) => ({ id, title }))
}

/** Choices must be told apart by id and by title. */
export function choiceProblems(choices: Option[]): string[] {
  const twice = (values: string[]): string[] => [...new Set(values.filter((value, at) => values.indexOf(value) !== at))]
  return [
    ...twice(choices.map((choice) => choice.id)).map((id) => `two options have the id ${id}`),
    ...twice(choices.map((choice) => choice.title)).map((title) => `two options have the title ${title}`),
  ]
}

/** The message; its texts are already filled in. `quickReplies` are the payloads of a template's own buttons. */
export function toContent(given: ContentInput, quickReplies: Option[] = []): OutgoingContent {
  if (given.text !== undefined) return { kind: 'text', text: given.text }
  if (given.location !== undefined) return { kind: 'location', ...present(given.location) }
  if (given.buttons !== undefined) return buttonsContent(given.buttons)
  if (given.list !== undefined) return listContent(given.list)
  if (given.cta !== undefined) {
    const { body, title, url, footer } = given.cta
    return { kind: 'cta', body, title, url, ...headerOf(given.cta.header), ...(footer === undefined ? {} : { footer }) }
  }
  if (given.template !== undefined) return templateContent(given.template, quickReplies)
  for (const kind of ['image', 'video', 'audio', 'document', 'sticker'] as const) {
    const file = given[kind]
    if (file !== undefined) return { kind, media: toMedia(file), ...(file.caption === undefined ? {} : { caption: file.caption }) }
  }
  throw new Error('content without a kind: the definition was not parsed')
}

function buttonsContent(given: NonNullable<ContentInput['buttons']>): OutgoingContent {
  const { body, options: choices, footer } = given
  return { kind: 'buttons', body, options: choices, ...headerOf(given.header), ...(footer === undefined ? {} : { footer }) }
}

function listContent(given: NonNullable<ContentInput['list']>): OutgoingContent {
  const sections = given.sections ?? [{ rows: given.options ?? [] }]
  return {
    kind: 'list',
    body: given.body,
    button: given.button,
    sections: sections.map((section) => ({ ...present({ title: section.title }), rows: section.rows.map((item) => present(item)) })),
    ...present({ header: given.header, footer: given.footer }),
  }
}

function templateContent(given: NonNullable<ContentInput['template']>, quickReplies: Option[]): OutgoingContent {
  const buttons = [...quickReplies.map((choice) => ({ type: 'quickReply' as const, value: choice.id })), ...(given.buttons ?? [])]
  return {
    kind: 'template',
    name: given.name,
    language: given.language,
    ...present({ variables: given.variables, preview: given.preview }),
    ...headerOf(given.header),
    ...(buttons.length === 0 ? {} : { buttons }),
  }
}

function headerOf(given: HeaderInput | undefined): { header?: Header } {
  if (given === undefined) return {}
  if (given.text !== undefined) return { header: { text: given.text } }
  if (given.image !== undefined) return { header: { image: toMedia(given.image) } }
  if (given.video !== undefined) return { header: { video: toMedia(given.video) } }
  return given.document === undefined ? {} : { header: { document: toMedia(given.document) } }
}

function toMedia(file: MediaInput): Media {
  return present({ id: file.media, url: file.url, filename: file.filename })
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

// zod's optional members may hold undefined; the contract's must be absent. Dropping them is what makes the cast hold.
function present<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Given<T>
}
