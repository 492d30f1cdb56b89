// Three conversations and the routing group, with commands between them that arrive in order per sender but at any time.
import type { Author, Outcome } from '@baton/router'
import type { SessionWorld } from '../service/session-world.ts'
import { BOSS, demoConfig, MINUTE, sessionWorld } from '../service/session-world.ts'
import { groupWorld } from '../group/group-world.ts'

export const CUSTOMERS = [0, 1, 2]

type Targets = Parameters<SessionWorld['take']>[0]
/** Something that happens. `deliver`: the oldest command to the group (-1), or to a conversation. */
export type Operation =
  | { do: 'deliver'; to: number }
  | { do: 'says'; who: number }
  | { do: 'answer'; agent: string; accept: boolean; offerId?: string }
  | { do: 'presence'; agent: string; status: string }
  | { do: 'console'; agent: string }
  | { do: 'wrapUp'; agent: string; extend: boolean }
  | { do: 'take'; who: number; targets: Targets; byAgent: boolean }
  | { do: 'act'; who: number; name: string; by: Author }
  | { do: 'transfer'; who: number; to: string; by: Author }
  | { do: 'reassign'; who: number; to: string }
  | { do: 'takeOver'; who: number }
  /** `to` null: undrained. */
  | { do: 'drain'; queue: string; to: string | null; move: boolean }
  | { do: 'bot'; who: number; how: string }
  | { do: 'upstream'; who: number; taken: boolean }
  | { do: 'window'; who: number; open: boolean }
  | { do: 'wait'; minutes: number; stopped: boolean }

interface Mail {
  name: string
  data: Record<string, unknown>
}

/** Commands between them wait until they are delivered, in order per sender. `outcomes`: of the answers to offers. */
export function simulation() {
  const group = groupWorld()
  group.config = demoConfig()
  const sessions = CUSTOMERS.map(() => sessionWorld({ config: group.config }))
  const timers = sessions.map(() => new Map<string, number>())
  const outcomes: Outcome[] = []
  const toGroup: Mail[][] = sessions.map(() => [])
  const toSession: Mail[][] = sessions.map(() => [])

  function afterSession(index: number, verdict: { kind: string; next?: unknown }): void {
    const world = sessions[index] as SessionWorld
    for (const { name, data } of world.commands()) {
      toGroup[index]?.push({ name, data: { ...data, sessionId: `${index}/${String(data['sessionId'])}` } })
    }
    for (const effect of world.effects) {
      if (effect.type === 'timer.set') timers[index]?.set(effect.name, effect.at)
      if (effect.type === 'timer.cancel') timers[index]?.delete(effect.name)
    }
    const next = verdict.next as { targets: Parameters<SessionWorld['take']>[0] } | null | undefined
    if (verdict.kind === 'error' && next != null) afterSession(index, world.take(next.targets))
  }
  function afterGroup(): void {
    for (const { session, name, data } of group.told()) {
      const [index, sessionId] = String(session).split('/') as [string, string]
      toSession[Number(index)]?.push({ name, data: { ...data, sessionId } })
    }
  }
  function deliver(to: number): void {
    if (to >= 0) {
      const mail = toSession[to]?.shift()
      if (mail !== undefined) afterSession(to, (sessions[to] as SessionWorld).event(mail.name, mail.data))
      return
    }
    // Whichever conversation has waited longest to be heard.
    const mail = toGroup.find((box) => box.length > 0)?.shift()
    if (mail === undefined) return
    group.event(mail.name, mail.data)
    afterGroup()
  }
  function settle(): void {
    for (let left = 1000; toGroup.some((box) => box.length > 0) || toSession.some((box) => box.length > 0); left -= 1) {
      if (left === 0) throw new Error('the two keep answering each other')
      for (const index of [-1, ...CUSTOMERS]) deliver(index)
    }
  }
  function wait(ms: number, stopped: boolean): void {
    const until = group.now + ms
    if (stopped) setClock(until)
    for (;;) {
      const due = [...group.timers].map(([name, at]) => ({ index: -1, name, at }))
      timers.forEach((set, index) => due.push(...[...set].map(([name, at]) => ({ index, name, at }))))
      const next = due.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      setClock(Math.max(group.now, next.at))
      if (next.index === -1) {
        group.timers.delete(next.name)
        group.give({ type: 'timer.fired', name: next.name, due: next.at })
        afterGroup()
      } else {
        timers[next.index]?.delete(next.name)
        afterSession(next.index, (sessions[next.index] as SessionWorld).timer(next.name))
      }
    }
    setClock(until)
  }
  function setClock(now: number): void {
    group.now = now
    for (const world of sessions) world.now = now
  }
  function run(step: Operation): void {
    const index = 'who' in step ? step.who : 0
    const world = sessions[index] as SessionWorld
    switch (step.do) {
      case 'deliver':
        return deliver(step.to)
      case 'says': {
        const verdict = world.says('hi')
        return afterSession(index, verdict.kind === 'refused' ? world.take([]) : verdict)
      }
      case 'answer': {
        const answer = step.accept ? group.accept : group.decline
        outcomes.push(answer(step.agent, step.offerId))
        return afterGroup()
      }
      case 'presence':
        group.presence(step.agent, step.status)
        return afterGroup()
      case 'console':
        group.event('presence.renewed', { agentIds: [step.agent] })
        return afterGroup()
      case 'wrapUp': {
        const { agent: agentId, extend } = step
        const { sessionId } = group.state().wrapUps.find((entry) => entry.agentId === agentId) ?? { sessionId: 'none' }
        group.event(extend ? 'wrapUp.extended' : 'wrapUp.ended', { agentId, sessionId, ...(extend ? { seconds: 60 } : {}) })
        return afterGroup()
      }
      case 'take':
        if (step.byAgent) return afterSession(index, world.take(['agent:ana'], { reason: 'agent-initiated' }))
        return afterSession(index, world.take(step.targets))
      case 'act':
        return afterSession(index, world.event(step.name, {}, step.by))
      case 'transfer':
        return afterSession(index, world.event('session.transfer', { to: step.to }, step.by))
      case 'reassign':
        return afterSession(index, world.event('session.reassign', { to: step.to }, BOSS))
      case 'takeOver':
        return afterSession(index, world.event('session.takeOver', {}, BOSS))
      case 'drain': {
        const { queue: queueId, to, move } = step
        if (to === null) group.event('queue.undrained', { queueId })
        else group.event('queue.drained', { queueId, to, waiting: move ? 'move' : 'keep' })
        return afterGroup()
      }
      case 'bot': {
        const callId = step.how === 'late' ? 'ca_0' : world.callId()
        if (step.how === 'fail') return afterSession(index, world.event('bot.failed', { callId, reason: 'bot-timeout' }))
        const more = step.how === 'handOff' ? { handOff: {} } : step.how === 'end' ? { end: true } : {}
        return afterSession(index, world.event('bot.replied', { callId, messages: [{ kind: 'text', text: 'x' }], ...more }))
      }
      case 'upstream':
        return afterSession(index, world.give(step.taken ? { kind: 'yield', reason: 'upstream' } : { kind: 'resume', after: 'upstream' }))
      case 'window':
        world.windowOpen = step.open
        return
      case 'wait':
        return wait(step.minutes * MINUTE, step.stopped)
    }
  }
  return { group, sessions, timers, outcomes, run, settle }
}

export type Simulation = ReturnType<typeof simulation>

/** What a session holds in the routing group by its own account: nothing, a place, or an agent. */
export function held(world: SessionWorld): string {
  const session = world.state.session
  if (session === null) return 'nothing'
  const { phase } = session
  if (phase.status === 'waiting') return `waits ${session.request}`
  const isInactive = phase.status === 'inactive' || (phase.status === 'paused' && phase.by === 'upstream' && phase.was === 'inactive')
  return phase.work.kind === 'agent' && !isInactive ? `${phase.work.id} ${session.request}` : 'nothing'
}

/** The same by the group's account. */
export function counted({ group }: Simulation, index: number): string {
  const items = group.state().items.filter((item) => item.sessionId.startsWith(`${index}/`))
  const [item] = items
  if (item === undefined) return 'nothing'
  if (items.length > 1) return 'too much'
  return item.state.kind === 'assigned' ? `${item.state.agentId} ${item.request}` : `waits ${item.request}`
}
