// Pure.
import { normaliseText } from '@baton/router'

/** The form in which keywords and the titles of options are compared: as the router compares words, and without accents, which
 * telephones make hard to type. In scripts where marks are letters of their own (Arabic, Hindi, Thai) they stay. */
export function wordForm(text: string): string {
  return normaliseText(text)
    .normalize('NFD')
    .replace(/(?<=[\p{sc=Latin}\p{sc=Greek}])\p{Mn}+/gu, '')
    .normalize('NFC')
}
