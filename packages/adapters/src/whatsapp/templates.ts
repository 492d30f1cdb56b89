// Owns nothing: reads the list of message templates page by page.
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { ProviderError } from '@baton/router'
import { credentials, endpoint } from './account.ts'
import type { WhatsAppAccount } from './account.ts'
import { exchange } from './http.ts'
import { answeredError, isSuccess, notSent } from './outcome.ts'

/** One template in one language. `components` as the provider has them, for showing and for counting parameters. */
export interface TemplateRecord {
  id: string
  name: string
  language: string
  status: string
  category: string
  quality?: string
  parameterFormat?: string
  components: unknown[]
}

/** `unknown`: the list could not be read to its end; what was read is not given, because a part looks like deletions. */
export type TemplateListing =
  | { kind: 'listed'; templates: TemplateRecord[] }
  | { kind: 'failed'; error: ProviderError }
  | { kind: 'unknown'; reason: string }

const page = z.object({
  data: z.array(
    z.object({
      id: z.union([z.string(), z.number()]).transform(String),
      name: z.string(),
      language: z.string(),
      status: z.string(),
      category: z.string(),
      quality_score: z.object({ score: z.string() }).optional().catch(undefined),
      parameter_format: z.string().optional(),
      components: z.array(z.unknown()).default([]),
    }),
  ),
  paging: z.object({ next: z.string().optional(), cursors: z.object({ after: z.string().optional() }).optional() }).optional(),
})
const FIELDS = 'id,name,language,status,category,quality_score,parameter_format,components'

/** Every template of the business account. Counts against 200 calls an hour (5,000 with a registered number): up to 250 a page. */
export async function listTemplates(
  agent: Dispatcher,
  account: WhatsAppAccount,
  options: { signal: AbortSignal; timeoutMs: number; pageSize?: number },
): Promise<TemplateListing> {
  const templates: TemplateRecord[] = []
  const seen = new Set<string>()
  let after: string | undefined
  do {
    const answer = await exchange(agent, {
      method: 'GET',
      url: pageUrl(account, options.pageSize ?? 250, after),
      headers: credentials(account),
      signal: options.signal,
      timeoutMs: options.timeoutMs,
      maxBytes: 20 * 1024 * 1024,
    })
    if (answer.kind === 'not-sent') return { kind: 'failed', error: notSent(answer.reason) }
    if (answer.kind === 'no-answer') return { kind: 'unknown', reason: answer.reason }
    const { data } = isSuccess(answer.status) ? page.safeParse(answer.body) : {}
    if (data === undefined) return unreadable(answer)
    templates.push(...data.data.map(record))
    after = data.paging?.next === undefined ? undefined : data.paging.cursors?.after
    if (after !== undefined && seen.has(after)) return { kind: 'unknown', reason: 'the provider gave the same page twice' }
    if (after !== undefined) seen.add(after)
  } while (after !== undefined)
  return { kind: 'listed', templates }
}

/** Only the cursor of `paging.next` is used: the link itself names a host and may carry the token. */
function pageUrl(account: WhatsAppAccount, limit: number, after: string | undefined): string {
  const query = new URLSearchParams({ fields: FIELDS, limit: String(limit), ...(after !== undefined && { after }) })
  return `${endpoint(account, account.templatesPath)}?${query.toString()}`
}

function unreadable(answer: { status: number; body: unknown }): TemplateListing {
  const error = answeredError(answer)
  return error === null ? { kind: 'unknown', reason: `HTTP ${answer.status} without a readable list` } : { kind: 'failed', error }
}

function record(one: z.infer<typeof page>['data'][number]): TemplateRecord {
  const { quality_score: quality, parameter_format: format, language, ...rest } = one
  return {
    ...rest,
    language: language.replace('-', '_'),
    ...(quality !== undefined && { quality: quality.score }),
    ...(format !== undefined && { parameterFormat: format }),
  }
}
