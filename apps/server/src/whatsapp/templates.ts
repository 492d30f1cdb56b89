// Owns the template catalogue: what the provider lists of each configured business account, kept in table template.
// R1 a list that cannot be read is told once and changes nothing; sends go on with what is known. R2 one look at an account at
// a time, and however many webhooks ask for one, no more than one a pause: the provider allows 200 calls an hour. R3 only a whole
// list is stored.
import type { TemplateListing, WhatsAppAccount } from '@baton/adapters'
import type { Clock, CommittedTurn, ConversationEvent, Logger, Tables } from '@baton/router'
import type { Kysely } from 'kysely'
import { repeat } from '../repeat.ts'
import type { Repeated } from '../repeat.ts'
import { pauseTemplateOf, storeListing } from '../store/templates.ts'

export interface TemplateCatalogue {
  /** Looks at every account now, and every hour. */
  start(): void
  /** Webhooks have said something of templates, and it is stored. `at`: when it happened, epoch milliseconds. */
  told(updates: readonly { account: string; status?: string; at?: number }[]): void
  /** Something changed, and nobody said what: looks at the business account soon. Unknown ones are ignored. */
  fetchAgain(businessAccountId: string): void
  /** A template whose message failed because it is paused or disabled is not sent until the provider lists it as approved. */
  hear(turns: readonly CommittedTurn[]): void
  /** Resolves when no look is under way. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface TemplateCatalogueOptions {
  db: Kysely<Tables>
  clock: Clock
  log: Logger
  accounts: () => WhatsAppAccount[]
  /** The business account of a number, or null when the number is not configured. */
  businessAccountOf: (numberId: string) => string | null
  list: (account: WhatsAppAccount, signal: AbortSignal) => Promise<TemplateListing>
  /** Called after rows have changed. */
  onChange: () => Promise<void>
  /** Milliseconds between two looks that webhooks ask for. */
  pauseMs?: number
}

const PAUSE_MS = 30_000
const EVERY_MS = 3_600_000
const LATE_MS = 60_000

export function createTemplateCatalogue(options: TemplateCatalogueOptions): TemplateCatalogue {
  const { db, clock, log, pauseMs = PAUSE_MS } = options
  const ending = new AbortController()
  const failing = new Map<string, string>()
  const underWay = new Map<string, Promise<void>>()
  const marking = new Set<Promise<void>>()
  const pauses = new Map<string, { timer: NodeJS.Timeout; asked: boolean }>()
  let hourly: Repeated | null = null

  /** R2: whoever comes during a look waits for it and looks again. */
  async function look(businessAccountId: string): Promise<void> {
    const before = underWay.get(businessAccountId)
    const mine = (before ?? Promise.resolve()).then(() => fetchAndStore(businessAccountId))
    underWay.set(businessAccountId, mine)
    await mine
    if (underWay.get(businessAccountId) === mine) underWay.delete(businessAccountId)
  }

  async function fetchAndStore(businessAccountId: string): Promise<void> {
    if (ending.signal.aborted) return
    const problem = await attempt(businessAccountId).catch((error: unknown) => String(error))
    const before = failing.get(businessAccountId)
    if (problem === null) failing.delete(businessAccountId)
    else failing.set(businessAccountId, problem)
    if (ending.signal.aborted || problem === (before ?? null)) return
    if (problem === null) log.info({ account: businessAccountId }, 'the list of templates can be read again')
    else
      log.warn({ account: businessAccountId, reason: problem }, 'the list of templates could not be read; sends go on with what is known') // R1
  }

  /** Null when it is stored, else why not. Numbers of one business account may have tokens with different rights. */
  async function attempt(businessAccountId: string): Promise<string | null> {
    let problem: string | null = null
    for (const account of options.accounts().filter((each) => each.businessAccountId === businessAccountId)) {
      const askedAt = clock.now()
      const listing = await options.list(account, ending.signal)
      if (listing.kind === 'listed') {
        const changed = await storeListing(db, businessAccountId, listing.templates, { askedAt, now: clock.now() }) // R3
        if (changed > 0) await options.onChange()
        return null
      }
      problem = listing.kind === 'failed' ? `${listing.error.code} ${listing.error.title}` : listing.reason
    }
    return problem
  }

  function isConfigured(businessAccountId: string): boolean {
    return options.accounts().some((account) => account.businessAccountId === businessAccountId)
  }

  function fetchAgain(businessAccountId: string): void {
    if (ending.signal.aborted || !isConfigured(businessAccountId)) return
    const pause = pauses.get(businessAccountId)
    if (pause !== undefined) {
      pause.asked = true
      return
    }
    const timer = setTimeout(() => {
      const { asked } = pauses.get(businessAccountId) ?? { asked: false }
      pauses.delete(businessAccountId)
      if (asked) fetchAgain(businessAccountId)
    }, pauseMs)
    pauses.set(businessAccountId, { timer, asked: false })
    void look(businessAccountId)
  }

  function told(updates: readonly { account: string; status?: string; at?: number }[]): void {
    options.onChange().catch((error: unknown) => log.warn({ err: error }, 'changed templates are taken in later'))
    // What came late may not have counted, or have overtaken something: the list knows.
    const isLate = (at: number | undefined) => at !== undefined && clock.now() - at > LATE_MS
    for (const { account, status, at } of updates) if (status === undefined || isLate(at)) fetchAgain(account)
  }

  function hear(turns: readonly CommittedTurn[]): void {
    for (const { actor, event: inboxEvent } of turns) {
      if (actor.kind !== 'conversation' || actor.numberId === null) continue
      const event = inboxEvent.event as ConversationEvent
      const account = options.businessAccountOf(actor.numberId)
      if (event.type !== 'send.failed' || event.code !== 'template-unusable' || account === null) continue
      const pausing = pauseTemplate(account, { id: event.messageId, reason: event.reason })
      marking.add(pausing)
      void pausing.finally(() => marking.delete(pausing))
    }
  }

  /** What the provider lists counts; until it is known, and where it cannot be listed, the failure does. */
  async function pauseTemplate(account: string, message: { id: string; reason: string }): Promise<void> {
    try {
      await pauseTemplateOf(db, account, message, clock.now())
      await options.onChange()
    } catch (error) {
      log.warn({ err: error, account }, 'a template that cannot be sent could not be marked; its next failure marks it')
    }
    fetchAgain(account)
  }

  async function idle(): Promise<void> {
    while (underWay.size + marking.size > 0) await Promise.all([...marking, ...underWay.values()])
  }

  async function lookAtAll(): Promise<void> {
    const ids = new Set(options.accounts().map(({ businessAccountId }) => businessAccountId))
    await Promise.all([...ids].map(look))
  }

  return {
    start() {
      if (!ending.signal.aborted) hourly ??= repeat(lookAtAll, EVERY_MS)
    },
    told,
    fetchAgain,
    hear,
    idle,
    async close() {
      ending.abort()
      await hourly?.stop()
      for (const { timer } of pauses.values()) clearTimeout(timer)
      await idle()
    },
  }
}
