// Pure. Whether a message answers a question, and with what.
import { RE2JS } from 're2js'
import { z } from 'zod'
import { normaliseText } from '@baton/router'
import type { IncomingContent, Option } from '@baton/router'
import { wordForm } from './words.ts'

/** What a question accepts beside its options. */
export const accept = z.union([z.enum(['number', 'email', 'date', 'text']), z.strictObject({ regex: z.string().min(1).max(500) })], {
  error: 'number, email, date, text, or { regex: … }',
})
export type Accept = z.infer<typeof accept>

export type ReplyMatch = { kind: 'option'; option: string } | { kind: 'value'; value: string | number } | { kind: 'invalid' }

/** What a message answers to a question. */
export function matchReply(question: { options: Option[]; accept: Accept | null }, content: IncomingContent): ReplyMatch {
  if (content.kind === 'reply') {
    // Providers give the label where a template's quick reply has no payload.
    const pressed = question.options.find((option) => option.id === content.id) ?? titled(question.options, content.id)
    return pressed !== undefined ? { kind: 'option', option: pressed.id } : { kind: 'invalid' }
  }
  const typed = content.kind === 'text' ? content.text : 'caption' in content ? content.caption : undefined
  if (typed === undefined || typed.trim() === '') return { kind: 'invalid' }
  const option = titled(question.options, typed)
  if (option !== undefined) return { kind: 'option', option: option.id }
  const value = question.accept === null ? null : valueOf(question.accept, typed.normalize('NFKC').trim())
  return value === null ? { kind: 'invalid' } : { kind: 'value', value }
}

// As it is written first: titles that differ only by a sign at their edge (`< 100 €`, `> 100 €`) or by an accent are told apart by it.
// Otherwise it may be left out, but what fits two of them is asked again rather than guessed.
function titled(choices: Option[], typed: string): Option | undefined {
  for (const form of [literalForm, normaliseText, wordForm]) {
    const wanted = form(typed)
    const [found, ...others] = choices.filter((option) => form(option.title) === wanted)
    if (found !== undefined && others.length === 0) return found
  }
  return undefined
}

/** A title as it is written, but for its case and the width of its characters and spaces. Titles of one question that are the same in
 * it could not be told apart when they are typed. */
export function literalForm(title: string): string {
  return title.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

function valueOf(accepts: Accept, typed: string): string | number | null {
  if (accepts === 'text') return typed
  if (accepts === 'number') return numberOf(typed)
  if (accepts === 'email') return emailOf(typed)
  if (accepts === 'date') return dateOf(typed)
  return RE2JS.compile(accepts.regex, RE2JS.CASE_INSENSITIVE).matches(typed) ? typed : null
}

/** The problem of a regular expression, or null. RE2: linear time, no look-around, no back-references. */
export function checkRegex(pattern: string): string | null {
  try {
    RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

// `1,200` and `1.200` are twelve hundred to some and one and a fifth to others: they are asked again rather than guessed. `0.125` and
// `1200,500` can only be read one way.
function numberOf(typed: string): number | null {
  const bare = typed.replace(/(?<=\d)[\s'’](?=\d{3}(\D|$))/gu, '')
  if (!/^[+-]?\d{1,15}([.,]\d{1,10})?$/.test(bare) || /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/.test(bare)) return null
  return Number(bare.replace(',', '.'))
}

function emailOf(typed: string): string | null {
  return typed.length <= 254 && /^[^\s@<>",;()]{1,64}@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$/u.test(typed) ? typed : null
}

// 2026-12-24, 24.12.2026, 24/12/2026. A slashed date that could be read both ways is asked again. Saved as 2026-12-24.
function dateOf(typed: string): string | null {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(typed)
  if (iso !== null) return calendarDate(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const dotted = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$/.exec(typed)
  if (dotted !== null) return calendarDate(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]))
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(typed)
  if (slashed === null) return null
  const [first, second, year] = [Number(slashed[1]), Number(slashed[2]), Number(slashed[3])]
  if (first !== second && first <= 12 && second <= 12) return null
  return first > 12 ? calendarDate(year, second, first) : calendarDate(year, first, second)
}

function calendarDate(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day))
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return real ? date.toISOString().slice(0, 10) : null
}
