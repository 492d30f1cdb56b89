// The six invariants, held against random stories played by the real engines: whatever happens, in whatever order.
import fc from 'fast-check'
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import type { Customer, World, WorldOptions } from '../world/world.ts'
import { COUPON, REMINDER, SURVEY } from '../world/journeys.ts'

/** Comes back from service with a question, and goes to service again, on all ways there are. */
const DESK = {
  journey: 'desk',
  entry: { keywords: ['desk'] },
  start: 'first',
  steps: {
    first: { handOff: { to: ['bot:faq', 'queue:general'], onReturn: { goto: 'well' } } },
    well: {
      ask: { text: 'All well?', accept: 'number' },
      on: {
        valid: 'again',
        invalid: { handOff: ['queue:general'], onReturn: { goto: 'again' } },
        timeout: { after: '20h', handOff: ['queue:general'] },
        deliveryFailed: { handOff: ['queue:general'] },
      },
    },
    again: { handOff: { to: ['queue:general'] } },
  },
}
/** May run beside an open session, though its template has to wait. */
const APPOINTMENT = { ...REMINDER, journey: 'appointment', purpose: 'utility' }
const OTHERS = [SURVEY, REMINDER, DESK, APPOINTMENT]

type Deed =
  | { do: 'say'; text: string; late: number }
  | { do: 'send'; kind: 'sticker' | 'voice' | 'reaction' | 'caption' }
  | { do: 'press'; id: string }
  | {
      do: 'agent'
      id: 'ana' | 'ben'
      deed: 'online' | 'away' | 'offline' | 'accepts' | 'declines' | 'writes' | 'ends' | 'pauses' | 'rests' | 'transfers'
    }
  | { do: 'api'; send: 'text' | 'template'; purpose: 'service' | 'marketing' | 'utility' }
  | { do: 'journey'; id: string }
  | { do: 'exit' }
  | { do: 'upstream'; change: 'taken' | 'released' | 'echo' | 'standby' }
  | { do: 'block'; blocked: boolean }
  | { do: 'prefer'; marketing: 'in' | 'out' }
  | { do: 'fail' }
  | { do: 'publish'; coupon: 'active' | 'paused' | 'retired' | 'deleted'; wakes: boolean }
  | { do: 'merge'; past: 'stop' | 'service' | 'coupon' | 'held' | 'upstream' | 'blocked' }
  | { do: 'wait'; ms: number }

const KEYWORDS = ['coupon', 'survey', 'desk']
const WORDS = [...KEYWORDS, 'yes', 'no', '5', 'stop', 'start', 'help', 'agent', 'what is this?', 'confirm', 'hello']
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      text: fc.constantFrom(...WORDS),
      late: fc.constantFrom(0, 0, 0, 1000, 26 * HOUR),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      kind: fc.constantFrom('sticker' as const, 'voice' as const, 'reaction' as const, 'caption' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('press' as const), id: fc.constantFrom('yes', 'no', 'confirm', 'move') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('agent' as const),
      id: fc.constantFrom('ana' as const, 'ben' as const),
      deed: fc.constantFrom(
        'online' as const,
        'away' as const,
        'offline' as const,
        'accepts' as const,
        'accepts' as const,
        'declines' as const,
        'writes' as const,
        'ends' as const,
        'pauses' as const,
        'rests' as const,
        'transfers' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('api' as const),
      send: fc.constantFrom('text' as const, 'template' as const),
      purpose: fc.constantFrom('service' as const, 'marketing' as const, 'utility' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('journey' as const),
      id: fc.constantFrom('coupon', 'survey', 'reminder', 'desk', 'appointment', 'unknown'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'exit' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('upstream' as const),
      change: fc.constantFrom('taken' as const, 'released' as const, 'echo' as const, 'standby' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), blocked: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prefer' as const), marketing: fc.constantFrom('in' as const, 'out' as const) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'fail' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      coupon: fc.constantFrom('active' as const, 'paused' as const, 'retired' as const, 'deleted' as const),
      wakes: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('merge' as const),
      past: fc.constantFrom(
        'stop' as const,
        'service' as const,
        'coupon' as const,
        'held' as const,
        'upstream' as const,
        'blocked' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1000, 31_000, 10 * 60_000, HOUR, 23 * HOUR, 25 * HOUR, 31 * 24 * HOUR),
    }),
  },
)

const NUMBERS: NonNullable<WorldOptions['number']>[] = [
  { incoming: { supportPhrases: ['agent'] } },
  { incoming: { defaultApp: 'marketing', supportPhrases: ['agent'] } },
  { incoming: { keywordDuringBot: true }, serviceSessions: { entry: ['bot:faq', 'queue:general'] } },
  { incoming: { terminalStatuses: ['ended', 'error', 'inactive'] }, marketingDuringService: 'nonActive' },
  { apps: { marketing: 'journeys' } },
  { apps: { service: 'omni' } },
  { marketingDuringService: 'any', marketingSessions: { separate: false } },
]

function play(world: World, mary: Customer, step: Deed): void {
  switch (step.do) {
    case 'say':
      return mary.says(step.text, { at: world.now() - step.late })
    case 'send':
      if (step.kind === 'sticker') return mary.receive({ kind: 'sticker', media: { id: 'm' } })
      if (step.kind === 'voice') return mary.receive({ kind: 'audio', media: { id: 'm', voice: true } })
      if (step.kind === 'caption') return mary.receive({ kind: 'image', media: { id: 'm' }, caption: '4' })
      return mary.receive({ kind: 'reaction', messageId: 'wamid.1', emoji: '👍' })
    case 'press':
      return mary.presses(step.id)
    case 'agent': {
      const agent = world.agent(step.id)
      if (step.deed === 'writes') agent.writes(mary, 'Let me see')
      else if (step.deed === 'ends') agent.ends(mary)
      else if (step.deed === 'pauses') agent.pauses(mary)
      else if (step.deed === 'rests') agent.rests(mary)
      else if (step.deed === 'transfers') agent.transfers(mary, step.id === 'ana' ? 'agent:ben' : 'bot:faq')
      else agent[step.deed]()
      return
    }
    case 'api': {
      const content =
        step.send === 'text'
          ? ({ kind: 'text', text: 'from the API' } as const)
          : ({ kind: 'template', name: 'news', language: 'en' } as const)
      mary.event({
        type: 'send.requested',
        content,
        purpose: step.purpose,
        by: { kind: 'api', id: 'k' },
        opensMarketingSession: step.purpose === 'marketing',
      })
      return
    }
    case 'journey':
      mary.startsJourney(step.id)
      return
    case 'exit':
      mary.event({ type: 'run.changeRequested', run: mary.runs()[0]?.id ?? 'none', change: { kind: 'exit' }, by: { kind: 'api', id: 'k' } })
      return
    case 'upstream':
      if (step.change === 'standby') return mary.says('psst', { standby: true })
      if (step.change === 'taken') mary.event({ type: 'upstream.taken', by: 'responder' })
      else if (step.change === 'released') mary.event({ type: 'upstream.released', by: 'hand-over' })
      else
        mary.event({
          type: 'echo.received',
          message: { providerId: `e${world.now()}`, at: world.now(), content: { kind: 'text', text: 'Joe' } },
          to: {},
          source: 'phone-app',
        })
      return
    case 'block':
      mary.event({ type: step.blocked ? 'contact.blocked' : 'contact.unblocked' })
      return
    case 'prefer':
      mary.event({ type: 'preference.changed', marketing: step.marketing, at: world.now(), source: 'whatsapp' })
      return
    case 'fail': {
      const row = mary.messages().findLast((message) => message.direction === 'out' && message.providerId !== null)
      if (row !== undefined)
        mary.event({
          type: 'send.failed',
          messageId: row.id,
          author: row.author,
          ...(row.ref === undefined ? {} : { ref: row.ref }),
          code: '131026',
          reason: 'undeliverable',
        })
      return
    }
    case 'publish': {
      const coupon = step.coupon === 'deleted' ? [] : [{ ...COUPON, status: step.coupon }]
      return world.publish([...coupon, ...OTHERS], { wakes: step.wakes })
    }
    case 'merge':
      return mergeAnother(world, mary, step.past)
    case 'wait':
      return world.advance(step.ms)
  }
}

/** Another conversation turns out to be Mary's, and ends. */
function mergeAnother(world: World, mary: Customer, past: Extract<Deed, { do: 'merge' }>['past']): void {
  const other = world.customer(`${past} ${world.now()}`)
  if (other.actor.id === mary.actor.id || other.actor.state !== null) return
  if (past === 'stop') other.says('stop')
  else if (past === 'coupon') other.says('coupon')
  else if (past === 'upstream') other.event({ type: 'upstream.taken', by: 'responder' })
  else other.says('hello')
  if (past === 'blocked') other.event({ type: 'contact.blocked' })
  if (past === 'held') {
    play(world, other, { do: 'api', send: 'template', purpose: 'marketing' })
    other.startsJourney('survey')
  }
  const [before, isServed] = [mary.view(), other.view().owner === 'service']
  other.event({ type: 'conversation.merged', into: mary.actor.id })
  const left = other.view()
  if (left.owner !== 'none' || left.held > 0 || world.timers(other).length > 0)
    throw new Error(`4: what was merged still holds something: ${left.owner}, ${JSON.stringify(world.timers(other))}`)
  const after = mary.view()
  if ((past === 'stop' || before.consent.marketing === 'out') && after.consent.marketing !== 'out')
    throw new Error('2: an opt-out was lost in a merge')
  if (past === 'service' && isServed && before.owner === 'none' && !before.blocked && after.owner !== 'service')
    throw new Error(`6: a customer who was with service is with ${after.owner} after a merge`)
}

const OWNERS = ['none', 'marketing', 'service', 'external']

t.test('whatever happens, the invariants hold', async (t) => {
  let plays = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...NUMBERS),
      fc.array(deed, { minLength: 5, maxLength: 60, size: 'max' }),
      fc.constantFrom('replies', 'hands off', 'fails', 'is silent'),
      (number, deeds, botMood) => {
        const world = createWorld({
          journeys: [COUPON, ...OTHERS],
          number,
          templates: {
            'news/en': { status: 'APPROVED', category: 'MARKETING' },
            'appointment/en': { status: 'APPROVED', category: 'MARKETING' },
          },
        })
        world.bot('faq', () => {
          if (botMood === 'replies') return { name: 'bot.replied', data: { messages: [{ kind: 'text', text: 'Beep' }] } }
          if (botMood === 'hands off') return { name: 'bot.replied', data: { messages: [], handOff: {} } }
          return botMood === 'fails' ? { name: 'bot.failed', data: { reason: 'bot-timeout' } } : null
        })
        const mary = world.customer()
        // 2: looked at in the moment of sending, when the world shows it.
        world.onSend((row, view) => {
          if (row.content.kind !== 'template' && !view.replyWindow.open)
            throw new Error(`2: free-form outside the window: ${JSON.stringify(row)}`)
          if (row.purpose === 'marketing' && view.consent.marketing === 'out')
            throw new Error(`2: marketing after opt-out: ${JSON.stringify(row)}`)
          if (view.owner === 'external') throw new Error(`a send while upstream owns: ${JSON.stringify(row)}`)
        })
        let owner = mary.view().owner
        for (const step of deeds) {
          const keyword = step.do === 'say' && KEYWORDS.includes(step.text)
          const before = mary.view()
          const held = mary.participant()?.kind
          const decided = mary.decisions().length
          play(world, mary, step)
          plays += 1
          const after = mary.view()
          // 1
          if (!OWNERS.includes(after.owner)) throw new Error(`1: owner ${after.owner}`)
          for (const decision of mary.decisions().slice(decided)) {
            if (decision.ownerBefore !== owner)
              throw new Error(`1: an owner changed without a record: ${owner} → ${decision.ownerBefore} (${decision.rule})`)
            owner = decision.ownerAfter
          }
          if (after.owner !== owner) throw new Error(`1: an owner changed without a record: ${owner} → ${after.owner}`)
          // 3
          if (keyword && before.owner === 'service' && after.owner === 'marketing') {
            const incoming = world.number.incoming
            const allowed =
              (incoming.keywordDuringBot && held === 'bot') ||
              (incoming.terminalStatuses.includes('inactive') && before.serviceSession?.status === 'inactive')
            if (!allowed) throw new Error('3: a keyword took a conversation from an open service session')
          }
          // 4
          const timers = world.timers(mary)
          if (after.owner === 'service' && !timers.some((name) => name.startsWith('service:')))
            throw new Error(`4: service owns and nothing will ever end it: ${JSON.stringify(timers)}`)
          if (after.owner === 'marketing' && !timers.some((name) => name.startsWith('marketing:')))
            throw new Error(`4: marketing owns and waits for ever: ${JSON.stringify(timers)}`)
          if (after.owner === 'external' && !timers.includes('upstream-inactive')) throw new Error('4: upstream owns for ever')
          if (after.owner === 'none' && mary.runs().length > 0)
            throw new Error(`4: a run waits for somebody to give back what nobody has: ${JSON.stringify(mary.runs())}`)
          if (after.held > 0 && !timers.includes('held')) throw new Error('4: something is held for ever')
          if (after.held > 0 && (after.owner === 'none' || after.owner === 'marketing'))
            throw new Error(`4: something is held, and nobody has the conversation whom it would disturb: ${after.owner}`)
          // 6
          const inbound = mary.messages().filter((row) => row.direction === 'in')
          const recorded = new Set(mary.decisions().map((decision) => decision.event.messageId))
          if (!inbound.every((row) => recorded.has(row.id))) throw new Error('6: a message without a decision')
          const kept = (mary.actor.state as { heldReplies?: unknown[] } | null)?.heldReplies ?? []
          if (kept.length > 0 && !(after.owner === 'marketing' && timers.includes('marketing:paused')))
            throw new Error(`6: a reply is kept and nobody will ever bring it: ${after.owner}, ${JSON.stringify(timers)}`)
        }
        // 5
        world.replay()
      },
    ),
    { numRuns: Number(process.env['BATON_PROPERTY_RUNS'] ?? 150), endOnFailure: false },
  )
  t.ok(plays > 500, `${plays} deeds`)
})
