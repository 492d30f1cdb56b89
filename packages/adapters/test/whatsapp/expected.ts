// Words for the expectations on the sample payloads. An update is compared without `raw` and provider ids, which the test
// checks against the sample itself.
import { readPayload } from './samples.ts'

/** Expected updates by sample file; a text instead: the body is unreadable for this reason. */
export type Expected = Record<string, object[] | string>

/** 20 November 2026, 12:00:00 UTC: the time in most samples, epoch milliseconds. */
export const AT = 1_795_176_000_000
export const NUMBER = '301000000000001'
export const BUSINESS = '201000000000001'
export const ADA_UNNAMED = { userId: 'US.10000000000000000123', phone: '12025550123' }
export const ADA = { ...ADA_UNNAMED, name: 'Ada Example' }

/** A customer message to the usual number at the usual time, unless `more` says otherwise. */
export function message(from: object, content: object, more: { account?: string; at?: number; [member: string]: unknown } = {}): object {
  const { account = NUMBER, at = AT, ...rest } = more
  return { kind: 'message', account, from, message: { at, content, ...rest } }
}

export function status(name: string, rest: object): object {
  return { kind: 'status', account: NUMBER, status: { status: name, ...rest } }
}

export function kept(account: string | null, field: string, known: boolean): object {
  return { kind: 'kept', account, field, known }
}

export function text(body: string): object {
  return { kind: 'text', text: body }
}

/** Where the provider keeps a file for five minutes. */
export function link(id: string): string {
  return `https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=${id}&ext=1795176300&hash=EXAMPLE`
}

/** The text of a sample too long to repeat here, after making sure of its length in code points. */
export function longText(file: string, length: number): object {
  const body = /"body": (".*")/.exec(readPayload(file).toString('utf8'))?.[1] ?? '""'
  const long: unknown = JSON.parse(body)
  if (typeof long !== 'string' || Array.from(long).length !== length) throw new Error(`${file} is not ${length} characters long`)
  return text(long)
}
