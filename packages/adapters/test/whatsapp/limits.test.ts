import { test } from 'tap'
import type { OutgoingContent } from '@baton/router'
import { contentProblems } from '../../src/whatsapp/limits.ts'

function x(length: number): string {
  return 'x'.repeat(length)
}
function paths(content: OutgoingContent): string[] {
  return contentProblems(content).map(({ path }) => path)
}
const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ id: `${n}`, title: `${n}` }))
const media = { id: '9' }

/** What fits exactly, what is one too many, and where that is found. */
const CASES: [limit: string, fits: OutgoingContent, over: OutgoingContent, path: string][] = [
  ['a text has 4,096 characters', { kind: 'text', text: x(4_096) }, { kind: 'text', text: x(4_097) }, 'text'],
  ['an emoji is one character', { kind: 'text', text: '🚚'.repeat(4_096) }, { kind: 'text', text: '🚚'.repeat(4_097) }, 'text'],
  ['a text is not empty', { kind: 'text', text: '.' }, { kind: 'text', text: ' \n' }, 'text'],
  ['a caption has 1,024 characters', { kind: 'image', media, caption: x(1_024) }, { kind: 'image', media, caption: x(1_025) }, 'caption'],
  ['only image, video and document have a caption', { kind: 'sticker', media }, { kind: 'sticker', media, caption: 'x' }, 'caption'],
  ['a file has an id or a link', { kind: 'image', media }, { kind: 'image', media: {} }, 'media'],
  ['an image is JPEG or PNG', image('image/png'), image('image/webp'), 'media.mimeType'],
  ['a type may have a parameter', audio('audio/ogg; codecs=opus'), audio('audio/wav; rate=1'), 'media.mimeType'],
  [
    'a link is a web address',
    { kind: 'video', media: { url: 'https://e.org' } },
    { kind: 'video', media: { url: 'file:///etc' } },
    'media.url',
  ],
  ['latitude ends at the pole', place(90, 180), place(90.001, 180), 'latitude'],
  ['longitude ends at the date line', place(0, -180), place(0, -181), 'longitude'],
  ['a place is a number', place(0, 0), place(Number.NaN, 0), 'latitude'],
  ['257 contacts', cards(257), cards(258), 'contacts'],
  ['a contact has a name', cards(1), { kind: 'contacts', contacts: [{}] }, 'contacts.0.name.formatted_name'],
  ['three buttons', buttons({ options: rows(3) }), buttons({ options: rows(4) }), 'options'],
  ['at least one button', buttons({ options: rows(1) }), buttons({ options: [] }), 'options'],
  [
    'a button id has 256 characters',
    buttons({ options: [{ id: x(256), title: 'a' }] }),
    buttons({ options: [{ id: x(257), title: 'a' }] }),
    'options.0.id',
  ],
  [
    'a button title has 20',
    buttons({ options: [{ id: 'a', title: x(20) }] }),
    buttons({ options: [{ id: 'a', title: x(21) }] }),
    'options.0.title',
  ],
  [
    'button titles differ',
    buttons({}),
    buttons({
      options: [
        { id: 'a', title: 'A' },
        { id: 'b', title: 'A' },
      ],
    }),
    'options.1.title',
  ],
  [
    'button ids differ',
    buttons({}),
    buttons({
      options: [
        { id: 'a', title: 'A' },
        { id: 'a', title: 'B' },
      ],
    }),
    'options.1.id',
  ],
  ['the body of buttons has 1,024', buttons({ body: x(1_024) }), buttons({ body: x(1_025) }), 'body'],
  ['a header text has 60', buttons({ header: { text: x(60) } }), buttons({ header: { text: x(61) } }), 'header.text'],
  ['a footer has 60', buttons({ footer: x(60) }), buttons({ footer: x(61) }), 'footer'],
  [
    'a header image is an image',
    buttons({ header: { image: media } }),
    buttons({ header: { image: { id: '9', mimeType: 'video/mp4' } } }),
    'header.image.mimeType',
  ],
  ['the body of a list has 4,096', list({ body: x(4_096) }), list({ body: x(4_097) }), 'body'],
  ['the button of a list has 20', list({ button: x(20) }), list({ button: x(21) }), 'button'],
  [
    'ten rows in all',
    list({ sections: [{ title: 'a', rows: rows(10) }] }),
    list({
      sections: [
        { title: 'a', rows: rows(6) },
        { title: 'b', rows: rows(6).map((one) => ({ ...one, id: `b${one.id}` })) },
      ],
    }),
    'sections',
  ],
  ['ten sections', list({ sections: sections(10) }), list({ sections: sections(11) }), 'sections'],
  [
    'several sections have titles',
    list({ sections: sections(2) }),
    list({ sections: [...sections(1), { rows: [{ id: 'b', title: 'b' }] }] }),
    'sections.1.title',
  ],
  [
    'a section title has 24',
    list({ sections: [{ title: x(24), rows: rows(1) }] }),
    list({ sections: [{ title: x(25), rows: rows(1) }] }),
    'sections.0.title',
  ],
  ['a row id has 200', row({ id: x(200) }), row({ id: x(201) }), 'sections.0.rows.0.id'],
  ['a row title has 24', row({ title: x(24) }), row({ title: x(25) }), 'sections.0.rows.0.title'],
  ['a row description has 72', row({ description: x(72) }), row({ description: x(73) }), 'sections.0.rows.0.description'],
  ['row ids differ', list({}), list({ sections: [{ rows: [...rows(1), ...rows(1)] }] }), 'sections.0.rows.1.id'],
  ['the title of a link has 20', link({ title: x(20) }), link({ title: x(21) }), 'title'],
  ['the body of a link has 1,024', link({ body: x(1_024) }), link({ body: x(1_025) }), 'body'],
  ['a template name has 512', template({ name: x(512) }), template({ name: x(513) }), 'name'],
  ['a template name is lower case', template({ name: 'a_1' }), template({ name: 'A-1' }), 'name'],
  ['a language is a code', template({ language: 'pt_BR' }), template({ language: 'English' }), 'language'],
  [
    'variables are named or numbered',
    template({ variables: { a: 'x', b: 'y' } }),
    template({ variables: { a: 'x', '1': 'y' } }),
    'variables',
  ],
  ['numbers have no gap', template({ variables: { '1': 'x', '2': 'y' } }), template({ variables: { '1': 'x', '3': 'y' } }), 'variables'],
  ['a variable has no line break', template({ variables: { a: 'x    y' } }), template({ variables: { a: 'x\ny' } }), 'variables.a'],
  ['a variable has no five spaces', template({ variables: { a: 'x    y' } }), template({ variables: { a: 'x     y' } }), 'variables.a'],
  ['a variable has 1,024', template({ variables: { a: x(1_024) } }), template({ variables: { a: x(1_025) } }), 'variables.a'],
  ['ten buttons in all', template({ buttons: quick(10) }), template({ buttons: quick(11) }), 'buttons'],
  ['two links', template({ buttons: urls(2) }), template({ buttons: urls(3) }), 'buttons'],
  [
    'quick replies stand together',
    template({ buttons: [...quick(2), ...urls(1)] }),
    template({ buttons: [...quick(1), ...urls(1), ...quick(1)] }),
    'buttons',
  ],
  [
    'a code has 20 characters',
    template({ buttons: [{ type: 'copyCode', value: x(20) }] }),
    template({ buttons: [{ type: 'copyCode', value: x(21) }] }),
    'buttons.0.value',
  ],
]

for (const [limit, fits, over, path] of CASES) {
  void test(`${fits.kind}: ${limit}`, async (t) => {
    t.strictSame(contentProblems(fits), [], 'what fits passes')
    t.ok(paths(over).includes(path), `what does not is found at ${path}`)
  })
}

function image(mimeType: string): OutgoingContent {
  return { kind: 'image', media: { ...media, mimeType } }
}
function audio(mimeType: string): OutgoingContent {
  return { kind: 'audio', media: { ...media, mimeType } }
}
function place(latitude: number, longitude: number): OutgoingContent {
  return { kind: 'location', latitude, longitude }
}
function cards(count: number): OutgoingContent {
  return { kind: 'contacts', contacts: Array.from({ length: count }, () => ({ name: { formatted_name: 'Grace' } })) }
}
function buttons(more: Partial<Extract<OutgoingContent, { kind: 'buttons' }>>): OutgoingContent {
  return { kind: 'buttons', body: 'Well?', options: rows(1), ...more }
}
function list(more: Partial<Extract<OutgoingContent, { kind: 'list' }>>): OutgoingContent {
  return { kind: 'list', body: 'When?', button: 'Choose', sections: [{ rows: rows(1) }], ...more }
}
function row(more: { id?: string; title?: string; description?: string }): OutgoingContent {
  return list({ sections: [{ rows: [{ id: 'a', title: 'A', ...more }] }] })
}
function sections(count: number): { title: string; rows: { id: string; title: string }[] }[] {
  return Array.from({ length: count }, (_, n) => ({ title: `${n}`, rows: [{ id: `${n}`, title: 'A' }] }))
}
function link(more: Partial<Extract<OutgoingContent, { kind: 'cta' }>>): OutgoingContent {
  return { kind: 'cta', body: 'Look', title: 'Open', url: 'https://example.com', ...more }
}
function template(more: Partial<Extract<OutgoingContent, { kind: 'template' }>>): OutgoingContent {
  return { kind: 'template', name: 'reminder', language: 'en', ...more }
}
function quick(count: number): { type: 'quickReply'; value: string }[] {
  return Array.from({ length: count }, () => ({ type: 'quickReply', value: 'a' }))
}
function urls(count: number): { type: 'url'; value: string }[] {
  return Array.from({ length: count }, () => ({ type: 'url', value: 'a' }))
}
