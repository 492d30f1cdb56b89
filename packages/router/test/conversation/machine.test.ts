import t from 'tap'
import { transition } from 'xstate'
import { advance, initialMachineValue, machineValueAt, openServiceStatus, ownerOf, ownershipPath } from '../../src/conversation/advance.ts'
import type { MachineValue } from '../../src/conversation/advance.ts'
import { expandFacts } from '../../src/conversation/facts.ts'
import type { MessageFacts } from '../../src/conversation/facts.ts'
import { conversationMachine } from '../../src/conversation/machine.ts'
import type { MachineAction, MachineEvent } from '../../src/conversation/machine.ts'
import { isReservedKeyword } from '../../src/conversation/guards.ts'

/** Facts of messages, varied where the rules look: apps × keyword × reply × phrase × one special circumstance. */
function allFacts(): MessageFacts[] {
  const apps: Partial<MessageFacts>[] = [
    { serviceConnected: true, marketingConnected: true, defaultApp: 'service' },
    { serviceConnected: true, marketingConnected: true, defaultApp: 'marketing', unmatched: 'service' },
    { serviceConnected: true, marketingConnected: true, defaultApp: 'marketing', unmatched: 'ignore' },
    { serviceConnected: true, defaultApp: 'service' },
    { marketingConnected: true, defaultApp: 'marketing', unmatched: 'autoReply' },
    {},
  ]
  const entries: Partial<MessageFacts>[] = [
    { entry: null },
    { entry: { id: 'coupon', by: 'keyword', keyword: 'coupon' }, keywordsAllowed: true },
    { entry: { id: 'coupon', by: 'keyword', keyword: 'coupon' } },
    { entry: { id: 'welcome', by: 'any' }, keywordsAllowed: true },
  ]
  const replies: MessageFacts['reply'][] = [
    { match: 'none' },
    { match: 'valid', interruptible: 'ifNotValidReply' },
    { match: 'valid', interruptible: 'always' },
    { match: 'invalid', interruptible: 'ifNotValidReply' },
    { match: 'invalid', interruptible: 'never' },
    { match: 'valid', interruptible: 'always', paused: { journey: 'coupon', until: 1, ref: 'ru_1/a/1' } },
    { match: 'invalid', interruptible: 'ifNotValidReply', paused: { journey: 'coupon', until: 1, ref: 'ru_1/a/1' } },
  ]
  const circumstances: Partial<MessageFacts>[] = [
    {},
    { consentWord: 'optOut' },
    { consentWord: 'optIn' },
    { consentWord: 'help' },
    { blocked: true },
    { standby: true },
    { counts: false },
    { late: true },
    { templatePress: true },
    { supportPhrase: true },
    { botHolds: true },
    { botHolds: true, keywordDuringBot: true },
    { inactiveIsTerminal: true },
  ]
  return apps.flatMap((app) =>
    entries.flatMap((entry) =>
      replies.flatMap((reply) =>
        circumstances.map((circumstance) => expandFacts({ counts: true, ...app, ...entry, reply, ...circumstance })),
      ),
    ),
  )
}

const OTHER_EVENTS: MachineEvent[] = [
  { type: 'marketing.requested', held: false },
  { type: 'marketing.requested', held: true },
  ...(
    [
      'marketing.handedOff',
      'marketing.ended',
      'marketing.continued',
      'marketing.sent',
      'service.requested',
      'service.queued',
      'service.accepted',
      'service.paused',
      'service.inactivated',
      'service.ended',
      'service.failed',
      'upstream.taken',
      'upstream.released',
      'window.closed',
      'marketingSession.expired',
      'consent.given',
      'consent.withdrawn',
      'contact.blocked',
      'contact.unblocked',
    ] as const
  ).map((type) => ({ type })),
]

interface Edge {
  from: MachineValue
  event: MachineEvent
  to: MachineValue
  actions: MachineAction[]
}

interface Node {
  states?: Record<string, Node>
}
const idsOf = (node: Node, id: string): string[] => [
  id,
  ...Object.entries(node.states ?? {}).flatMap(([key, child]) => idsOf(child, `${id}.${key}`)),
]

/** Breadth first over everything that can be reached. `project` says which states count as the same. */
function explore(events: MachineEvent[], project: (value: MachineValue) => string): { states: Set<string>; edges: Edge[] } {
  const start = initialMachineValue()
  const states = new Set([project(start)])
  const edges: Edge[] = []
  const queue = [start]
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    for (const event of events) {
      const { value: to, actions } = advance(from, event)
      edges.push({ from, event, to, actions })
      if (states.has(project(to))) continue
      states.add(project(to))
      queue.push(to)
    }
  }
  return { states, edges }
}

const messages: MachineEvent[] = allFacts().map((facts) => ({ type: 'message.received', facts }))
const ownership = explore([...messages, ...OTHER_EVENTS], ownershipPath)
/** Every region against every other, under a few messages that move them. */
const regions = explore(
  [
    { type: 'message.received', facts: expandFacts({ counts: true, serviceConnected: true, defaultApp: 'service' }) },
    { type: 'message.received', facts: expandFacts({ counts: true, serviceConnected: true, defaultApp: 'service', consentWord: 'optIn' }) },
    {
      type: 'message.received',
      facts: expandFacts({ counts: true, serviceConnected: true, defaultApp: 'service', consentWord: 'optOut' }),
    },
    { type: 'message.received', facts: expandFacts({ counts: true, templatePress: true, late: true }) },
    ...OTHER_EVENTS,
  ],
  (value) => JSON.stringify(value),
)
const changed = ({ from, to }: Edge) => ownerOf(from) !== ownerOf(to)
const decides = (edge: Edge) => edge.actions.some((action) => action.type === 'decide')

t.test('every state of the machine is reachable', async (t) => {
  const reached = new Set<string>()
  for (const { to } of regions.edges) {
    const walk = (path: string, value: unknown): void => {
      reached.add(path)
      if (typeof value === 'string') reached.add(`${path}.${value}`)
      else for (const [key, inner] of Object.entries(value as object)) walk(`${path}.${key}`, inner)
    }
    walk('conversation', to)
  }
  const declared = idsOf(conversationMachine.config as Node, 'conversation')
  t.ok(declared.length > 20, `${declared.length} states`)
  t.same(
    declared.filter((id) => !reached.has(id)),
    [],
  )
})

t.test('every change of owner leaves a decision', async (t) => {
  const silent = ownership.edges.filter((edge) => changed(edge) && !decides(edge) && edge.event.type !== 'marketing.continued')
  t.same(silent, [])
  t.ok(ownership.edges.filter(changed).length > 1000, 'owners do change')
})

t.test('marketing goes on without a decision of its own only after service has ended, which is one', async (t) => {
  for (const { from } of ownership.edges.filter((edge) => edge.event.type === 'marketing.continued' && changed(edge)))
    t.equal(ownerOf(from), 'none')
})

t.test('every message is decided by exactly one rule', async (t) => {
  const wrong = ownership.edges.filter(
    (edge) => edge.event.type === 'message.received' && edge.actions.filter((a) => a.type === 'decide').length !== 1,
  )
  t.same(wrong, [])
})

t.test('a reserved keyword never takes a conversation from an open service session, unless the number says so', async (t) => {
  let tried = 0
  for (const { from, event, to } of ownership.edges) {
    if (event.type !== 'message.received' || openServiceStatus(from) === null || !isReservedKeyword(event.facts)) continue
    const allowed =
      (event.facts.keywordDuringBot && event.facts.botHolds) || (event.facts.inactiveIsTerminal && openServiceStatus(from) === 'inactive')
    if (allowed) continue
    tried += 1
    if (ownerOf(to) === 'marketing') t.fail(`${ownershipPath(from)} → ${ownershipPath(to)}`, { facts: event.facts })
  }
  t.ok(tried > 500, `${tried} keywords tried`)
})

t.test('a message that counts is answered, handed on, observed for its owner, or raises an alarm: never dropped', async (t) => {
  const cares = ['tell', 'startJourney', 'openServiceSession', 'confirmConsent', 'autoReply', 'raiseAlarm', 'holdUpstream', 'holdReply']
  const dropped = ownership.edges.filter(
    ({ event, actions, from }) =>
      event.type === 'message.received' &&
      event.facts.counts &&
      !event.facts.blocked &&
      !(ownerOf(from) === 'external' && event.facts.consentWord !== null) &&
      !actions.some((action) => cares.includes(action.type)),
  )
  t.same(dropped, [])
})

t.test('an event that means nothing in a state changes nothing', async (t) => {
  const { value, actions } = advance(initialMachineValue(), { type: 'service.paused' })
  t.same(value, initialMachineValue())
  t.same(actions, [])
})

t.test('the table gives what transition() gives, in every reachable state and for every event', async (t) => {
  let compared = 0
  for (const { from, event, to, actions } of [...ownership.edges, ...regions.edges]) {
    const snapshot = conversationMachine.resolveState({ value: from as never, context: {} })
    const [next, orders] = transition(conversationMachine, snapshot, event)
    const expected = JSON.stringify([next.value, orders.map(({ type, params }) => ({ type, params }))])
    compared += 1
    if (JSON.stringify([to, actions]) !== expected)
      t.fail(`${JSON.stringify(from)} + ${event.type}`, { expected, found: JSON.stringify([to, actions]) })
  }
  t.ok(compared > 25_000, `${compared} compared`)
})

t.test('a stored state that the machine does not have is an error, and not a conversation that hears nothing', async (t) => {
  t.throws(
    () => advance({ ...initialMachineValue(), ownership: 'nowhere' }, { type: 'service.requested' }),
    /ownership has no state nowhere/,
  )
})

t.test('the same event in the same state gives the same result', async (t) => {
  for (const { from, event, to, actions } of ownership.edges.filter((_, index) => index % 97 === 0)) {
    const again = advance(from, event)
    t.same(again, { value: to, actions })
  }
})

t.test('legal and refused changes of the service session', async (t) => {
  const open = ['new', 'waiting', 'active', 'paused', 'inactive']
  const to: Record<string, string> = {
    'service.queued': 'waiting',
    'service.accepted': 'active',
    'service.paused': 'paused',
    'service.inactivated': 'inactive',
    'service.ended': 'ended',
    'service.failed': 'error',
  }
  for (const status of [...open, 'ended', 'error']) {
    for (const [type, target] of Object.entries(to)) {
      const from = machineValueAt(open.includes(status) ? `service.open.${status}` : `service.${status}`)
      const { value } = advance(from, { type } as MachineEvent)
      t.equal(
        ownershipPath(value),
        open.includes(status)
          ? ['ended', 'error'].includes(target)
            ? `service.${target}`
            : `service.open.${target}`
          : `service.${status}`,
        `${status} + ${type}`,
      )
    }
  }
})
