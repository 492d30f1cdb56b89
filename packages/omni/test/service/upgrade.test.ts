// States as earlier versions stored them go on working.
import { test } from 'tap'
import { groupWorld } from '../group/group-world.ts'
import { readGroup } from '../../src/group/state.ts'
import type { OmniState } from '@baton/omni'
import { API, sessionWorld } from './session-world.ts'

void test('a session of version 1 that waits in a queue goes on, and so does none', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  const { failed: _failed, ...session } = world.state.session as NonNullable<OmniState['session']>
  const work = { kind: 'queue', id: 'general', since: world.now, position: 2, unstaffed: true }
  world.state = { version: 1, session: { ...session, phase: { status: 'waiting', work } } } as unknown as OmniState
  t.same(world.participant(), { kind: 'queue', id: 'general', name: 'General' })
  world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
  t.match([world.status(), world.state.version], ['active', 2])
  world.state = { version: 1, session: null } as unknown as OmniState
  t.match(world.event('session.end', {}, API), { kind: 'refused', code: 'no-session' })
})

void test('a routing group of version 1 goes on', async (t) => {
  const world = groupWorld()
  world.request()
  const { version: _version, items, ...rest } = world.state()
  const old = items.map(({ untilOpen: _1, callback: _2, mayDivert: _3, ...item }) => item)
  t.same(readGroup({ version: 1, items: old, ...rest }), {
    version: 2,
    items: items.map((item) => ({ ...item, mayDivert: false })),
    ...rest,
  })
})
