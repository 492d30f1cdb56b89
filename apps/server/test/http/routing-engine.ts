// A whole routing engine, as somebody would write one: of the customers who wait the oldest first, each to the agent with the most room.
// It keeps nothing: whatever it needs to know is told anew when it connects.
import { setTimeout as pause } from 'node:timers/promises'

interface WorkItem {
  id: string
  version: string
  queueId: string
  offer: object | null
  closed: object | null
  needs: { name: string; until: string | null }[]
  passed: { agentId: string; until: string }[]
  weight: number
  since: string
}
interface Agent {
  id: string
  presence: string
  capacity: { free: number }
  queues: string[]
  skills: string[]
  languages: string[]
}

export interface RoutingEngineOptions {
  url: string
  key: string
  queueId: string
  heartbeatMs: number
  signal: AbortSignal
}

/** Runs until the signal. */
export async function runRoutingEngine({ url, key, queueId, heartbeatMs, signal }: RoutingEngineOptions): Promise<void> {
  const headers = { authorization: `Bearer ${key}` }
  const items = new Map<string, WorkItem>()
  const agents = new Map<string, Agent>()

  const post = (path: string, body: object = {}) =>
    fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })

  async function beat(): Promise<void> {
    for (;;) {
      await post(`/queues/${queueId}/engine-heartbeat`)
      await pause(heartbeatMs, undefined, { signal })
    }
  }

  function learn(event: string, data: { items: unknown[] } & Record<string, unknown>): void {
    if (event === 'work-items.current') items.clear()
    const news = event.endsWith('.current') ? data.items : [data]
    for (const one of news) {
      if (event.startsWith('agent')) agents.set((one as Agent).id, one as Agent)
      else if (event === 'work-item.closed') items.delete((one as WorkItem).id)
      else if (event.startsWith('work-item')) items.set((one as WorkItem).id, one as WorkItem)
    }
  }

  async function route(): Promise<void> {
    const waiting = [...items.values()].filter((item) => item.queueId === queueId && item.offer === null && item.closed === null)
    for (const item of waiting.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since))) {
      const best = [...agents.values()].filter((agent) => mayHave(agent, item)).toSorted((a, b) => b.capacity.free - a.capacity.free)[0]
      if (best === undefined) continue
      // A refusal means that things are not as they were seen: the stream tells how they are, and the item is looked at again then.
      const answer = await post(`/work-items/${item.id}/assignments`, { agentId: best.id, version: item.version })
      if (answer.status === 201) best.capacity.free -= item.weight
      await answer.body?.cancel()
    }
  }

  async function follow(): Promise<void> {
    const response = await fetch(`${url}/api/v1/work-items/events`, { headers: { ...headers, accept: 'text/event-stream' }, signal })
    let text = ''
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const [event, data] = ['event', 'data'].map((name) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1])
        if (event !== undefined && data !== undefined) learn(event, JSON.parse(data) as Parameters<typeof learn>[1])
      }
      await route()
    }
  }

  const ended = (error: unknown) => {
    if (!signal.aborted) throw error
  }
  await Promise.all([beat().catch(ended), follow().catch(ended)])
}

function mayHave(agent: Agent, { queueId, weight, needs, passed }: WorkItem): boolean {
  const abilities = new Set([...agent.skills, ...agent.languages.map((language) => `language:${language}`)])
  return (
    agent.presence === 'online' &&
    agent.queues.includes(queueId) &&
    agent.capacity.free >= weight &&
    needs.every(({ name, until }) => abilities.has(name) || (until !== null && Date.parse(until) <= Date.now())) &&
    !passed.some(({ agentId, until }) => agentId === agent.id && Date.parse(until) > Date.now())
  )
}
