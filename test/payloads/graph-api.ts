// The provider's side: a small Graph API that accepts every send and tells what it was asked.
import { startProvider } from '@baton/router/testing'

export type Json = Record<string, unknown>
type ProviderRequest = Parameters<Parameters<typeof startProvider>[0]>[0]
type ProviderAnswer = ReturnType<Parameters<typeof startProvider>[0]>

export interface GraphApi {
  url: string
  /** Bodies of the sends, in order, read receipts left out. */
  sends(): Json[]
  /** The phone number ids that the sends left from, in the same order. */
  senders(): string[]
  /** How often the list of templates was asked for. */
  listings(): number
  /** The provider's ids of the next sends, in order; after them it makes its own. */
  nextIds: string[]
  /** What it lists as templates, of whatever business account; null: it may not be asked. */
  templates: Json[] | null
  close(): Promise<void>
}

export async function startGraphApi(templates: Json[] | null): Promise<GraphApi> {
  const nextIds: string[] = []
  let made = 0
  const provider = await startProvider((request) => answer(request))

  function answer(request: ProviderRequest): ProviderAnswer {
    if (request.path.includes('/message_templates'))
      return api.templates === null ? json({ error: { code: 200, message: 'no permission' } }, 403) : json({ data: api.templates })
    const body = bodyOf(request)
    if (body['status'] === 'read') return json({ success: true })
    return json({ messaging_product: 'whatsapp', messages: [{ id: nextIds.shift() ?? `wamid.MADE${(made += 1)}` }] })
  }

  function sends(): ProviderRequest[] {
    return provider.requests.filter((request) => request.method === 'POST' && bodyOf(request)['status'] !== 'read')
  }

  const api: GraphApi = {
    url: provider.url,
    nextIds,
    templates,
    sends: () => sends().map(bodyOf),
    senders: () => sends().map(({ path }) => path.split('/').at(-2) ?? ''),
    listings: () => provider.requests.filter(({ path }) => path.includes('/message_templates')).length,
    close: () => provider.close(),
  }
  return api
}

function bodyOf({ body }: ProviderRequest): Json {
  return JSON.parse(body.toString('utf8')) as Json
}

function json(body: Json, status = 200): ProviderAnswer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}
