// States as earlier versions stored them go on working.
import { test } from 'tap'
import { groupWorld } from '../group/group-world.ts'
import { readState } from '../../src/group/state.ts'
import type { OmniState } from '@baton/omni'
import { API, sessionWorld } from './session-world.ts'

void test('a session of version 1 that waits in a queue goes on, and so does none', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  const {
    failed: _failed,
    skills: _skills,
    noteFor: _noteFor,
    tally: _tally,
    positions: _positions,
    ...session
  } = world.state.session as NonNullable<OmniState['session']>
  const work = { kind: 'queue', id: 'general', since: world.now, position: 2, unstaffed: true }
  world.state = { version: 1, session: { ...session, phase: { status: 'waiting', work } } } as unknown as OmniState
  t.same(world.participant(), { kind: 'queue', id: 'general', name: 'General' })
  world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
  t.match([world.status(), world.state.version], ['active', 4])
  const {
    skills: _none,
    noteFor: _nobody,
    tally: _other,
    positions: _more,
    ...second
  } = world.state.session as NonNullable<OmniState['session']>
  world.state = { version: 2, session: second } as unknown as OmniState
  t.equal(world.event('session.pause', {}, API).kind, 'status')
  const { noteFor, tally: _measures, positions: _places, ...third } = world.state.session as NonNullable<OmniState['session']>
  t.equal(noteFor, 'anybody')
  world.state = { version: 3, session: third } as unknown as OmniState
  t.equal(world.event('session.resume', {}, API).kind, 'status')
  world.state = { version: 99, session: null } as unknown as OmniState
  t.throws(() => world.says('hi'), { code: 'newer-release' }, 'what a newer release stored is left to it')
  world.state = { version: 1, session: null } as unknown as OmniState
  t.match(world.event('session.end', {}, API), { kind: 'refused', code: 'no-session' })
})

void test('a routing group of versions 1 to 6 goes on', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'away')
  world.request()
  const { version: _version, items: versioned, agents, wrapUps: _wrapUps, drains, engines: _engines, ...rest } = world.state()
  const newest = { ...world.state(), items: versioned.map((item) => ({ ...item, version: 0 })) }
  const items = versioned.map(({ version: _1, ...item }) => item)
  t.same(readState({ ...rest, version: 6, items, agents, drains }), newest)
  const presences = agents.map(({ status: _1, statusSince: _2, ...agent }) => agent)
  const fifth = { ...rest, version: 5, items, agents: presences }
  t.same(readState(fifth), newest)
  const noReturn = items.map(({ reservedUntil: _1, ...item }) => item)
  t.same(readState({ ...fifth, version: 4, items: noReturn }), newest)
  const lapsed = { presence: 'away', at: 7 }
  const vanished = readState({ ...fifth, agents: presences.map((agent) => ({ ...agent, lapsed })) })
  t.match(vanished.agents, [{ lapsed: { status: 'away', at: 7 } }])
  const noLeases = presences.map(({ leaseUntil: _1, lapsed: _2, ...agent }) => agent)
  const third = { ...rest, version: 3, items: noReturn, agents: noLeases }
  const second = {
    ...third,
    version: 2,
    items: noReturn.map(({ waitingFrom: _1, skills: _2, language: _3, overdue: _4, ...item }) => item),
  }
  const first = {
    ...second,
    version: 1,
    items: second.items.map(({ untilOpen: _1, callback: _2, mayDivert: _3, ...item }) => item),
  }
  t.same(readState(third), newest)
  t.same(readState(second), newest)
  t.same(readState(first), { ...newest, items: newest.items.map((item) => ({ ...item, mayDivert: false })) })
})
