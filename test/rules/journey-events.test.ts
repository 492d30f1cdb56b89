// What happened elsewhere and journeys: an event starts one as the API would, under the same rules of ownership.
import t from 'tap'
import { createWorld } from '../world/world.ts'
import type { Customer } from '../world/world.ts'

const BASKET = {
  journey: 'basket',
  entry: { event: 'basket.left' },
  input: ['item'],
  exit: { events: ['order.paid'] },
  start: 'ask',
  steps: {
    ask: {
      ask: {
        template: { name: 'basket', language: 'en', variables: { item: '{{ input.item }}' } },
        options: [{ id: 'yes', title: 'Yes' }],
      },
      on: { yes: 'done', timeout: { after: '2d', goto: 'done' } },
    },
    done: { end: 'completed' },
  },
}
const CONFIRM = {
  journey: 'confirm',
  entry: { event: 'consent.given' },
  start: 'window',
  steps: {
    window: { branch: [{ if: 'window.open', goto: 'ask' }, { else: 'done' }] },
    ask: { ask: { text: 'Really?' }, on: { valid: 'done', timeout: { after: '2h', goto: 'done' } } },
    done: { end: 'completed' },
  },
}
const world = () => createWorld({ journeys: [BASKET, CONFIRM], templates: { 'basket/en': { status: 'APPROVED', category: 'MARKETING' } } })
const report = (who: Customer, name: string, data = {}) => who.event({ type: 'engine.event', side: 'marketing', name, data })

t.test('an event starts the journey that names it: marketing owns, with a decision', async (t) => {
  const mary = world().customer()
  t.equal(report(mary, 'basket.left', { item: 'a lamp' }).kind, 'done')
  t.match([mary.view().owner, mary.heard()], ['marketing', ['template basket']])
  t.match(mary.decision(), { rule: 'journey-started', ownerBefore: 'none', ownerAfter: 'marketing' })
})

t.test('an event without the data the journey needs is refused, and nobody owns the conversation', async (t) => {
  const mary = world().customer()
  t.match(report(mary, 'basket.left'), { kind: 'refused', code: 'journey-input-missing' })
  t.equal(mary.view().owner, 'none')
})

t.test('while a service session is open the journey waits for its end', async (t) => {
  const mary = world().customer()
  mary.says('hello')
  report(mary, 'basket.left', { item: 'a lamp' })
  t.match([mary.decision().rule, mary.view().owner], ['journey-held', 'service'])
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.heard()], ['marketing', ['template basket']])
})

t.test('of an event that lets a run hand off and starts a journey, service has the conversation first and the journey waits', async (t) => {
  const asked = {
    journey: 'asked',
    start: 'wait',
    steps: {
      wait: { wait: { event: 'basket.left', atMost: '2d' }, goto: 'help' },
      help: { handOff: { to: ['queue:general'], note: 'left the basket' } },
    },
  }
  const mary = createWorld({
    journeys: [BASKET, asked],
    templates: { 'basket/en': { status: 'APPROVED', category: 'MARKETING' } },
  }).customer()
  mary.startsJourney('asked')
  report(mary, 'basket.left', { item: 'a lamp' })
  t.match([mary.view().owner, mary.heard()], ['service', []])
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.heard()], ['marketing', ['template basket']])
})

t.test('an event that ends the run gives the conversation back', async (t) => {
  const mary = world().customer()
  report(mary, 'basket.left', { item: 'a lamp' })
  report(mary, 'order.paid')
  t.match([mary.decision().rule, mary.view().owner], ['journey-ended', 'none'])
})

t.test('an opt-in starts its journey after the confirmation; a blocked contact starts nothing', async (t) => {
  const mary = world().customer()
  mary.says('start')
  t.same(mary.heard(), ['Welcome back.', 'Really?'])
  t.match([mary.decided().rule, mary.view().owner], ['consent', 'marketing'])
  const eve = world().customer('eve')
  eve.event({ type: 'contact.blocked' })
  report(eve, 'basket.left', { item: 'a lamp' })
  t.match([eve.view().owner, eve.heard()], ['none', []])
})

t.test('an event that ends the last run of a blocked contact, and would start another, leaves nobody', async (t) => {
  const next = { journey: 'next', entry: { event: 'order.paid' }, start: 'done', steps: { done: { end: 'completed' } } }
  const templates = { 'basket/en': { status: 'APPROVED', category: 'MARKETING' } }
  const mary = createWorld({ journeys: [BASKET, next], templates }).customer()
  report(mary, 'basket.left', { item: 'a lamp' })
  mary.event({ type: 'contact.blocked' })
  report(mary, 'order.paid')
  t.same([mary.decision().rule, mary.view().owner, mary.runs()], ['journey-ended', 'none', []])
})

t.test('a message to a journey that has become pointless meanwhile is decided without it', async (t) => {
  const offer = {
    journey: 'offer',
    exit: { if: 'contact.vip == true' },
    start: 'ask',
    steps: {
      ask: { ask: { text: 'Shall we?' }, on: { valid: 'done', timeout: { after: '2h', goto: 'done' } } },
      done: { end: 'completed' },
    },
  }
  const vip = {
    journey: 'vip',
    start: 'set',
    steps: { set: { set: { attributes: { vip: true } }, goto: 'done' }, done: { end: 'completed' } },
  }
  const mary = createWorld({ journeys: [offer, vip] }).customer()
  mary.says('hello')
  mary.session('session.end', {})
  mary.startsJourney('offer')
  mary.startsJourney('vip')
  t.equal(mary.view().owner, 'marketing')
  mary.says('yes, please')
  t.match(mary.decided(), { rule: 'default-app', ownerAfter: 'service', inputs: { outdated: ['offer: exit'] } })
})
