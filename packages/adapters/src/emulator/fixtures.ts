// Pure. Small files a customer can send without having one.

import type { MediaType } from './media.ts'

export interface Fixture {
  bytes: Buffer
  mimeType: string
  filename?: string
}

/** One pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
/** One pixel. */
const WEBP = 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA'
/** One second of silence, Ogg Opus, mono. */
const OGG =
  'T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAAh1hgGgEQT3B1c1RhZ3MAAAAAAAAA' +
  'AE9nZ1MABIC7AAAAAAAAAQAAAAIAAADpVDPGMgMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD+P/++P/++P/++P/+' +
  '+P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/+' +
  '+P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/++P/+'

const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 43>>stream
BT /F1 18 Tf 20 40 Td (Example file) Tj ET
endstream
endobj
trailer<</Root 1 0 R>>
`

/** None for video: there is no small one that plays. */
export function fixtureFor(kind: MediaType): Fixture | null {
  if (kind === 'image') return { bytes: Buffer.from(PNG, 'base64'), mimeType: 'image/png' }
  if (kind === 'sticker') return { bytes: Buffer.from(WEBP, 'base64'), mimeType: 'image/webp' }
  if (kind === 'audio') return { bytes: Buffer.from(OGG, 'base64'), mimeType: 'audio/ogg; codecs=opus' }
  if (kind === 'document') return { bytes: Buffer.from(PDF), mimeType: 'application/pdf', filename: 'example.pdf' }
  return null
}
