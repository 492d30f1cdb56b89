// What holds for every bot, whatever protocol it speaks: what it says reaches the engine, and whatever is wrong with it is a failure with a
// reason that costs its session a fallback and nothing else.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { BotSettings } from '@baton/omni'
import type { Answering, Seen } from './fake-bot.ts'
import { callerOf, raw, SECRET, startBot } from './fake-bot.ts'

/** What a bot wants said and done. */
export interface Intent {
  texts?: string[]
  handOff?: { targets?: string[]; skills?: string[]; summary: string }
  end?: boolean
  attributes?: Record<string, unknown>
}

/** A protocol, from the bot's side. */
export interface Speech {
  /** The bot at this address; its secret is `env:FAQ`. */
  settings(url: string, more?: object): BotSettings
  /** The body of an answer. */
  say(intent: Intent): string
  /** Answers of another shape. */
  malformed: Record<string, string>
  /** Answers of somebody who is not, or does not do, what was agreed, and how they are found out. */
  dishonest: Record<string, { answer: Answering; settings?: object; reason: string }>
  /** How the bot knows that the turn comes from Baton. */
  isOurs(seen: Seen): boolean
}

export function botContract(t: Test, speech: Speech): void {
  const said = async (test: Test, intent: Intent) => {
    const { url } = await startBot(test, raw(speech.say(intent)))
    return callerOf(test, speech.settings(url)).call()
  }
  const failedBy = async (test: Test, answer: Answering, options: { settings?: object; maxAnswerBytes?: number } = {}) => {
    const { url } = await startBot(test, answer)
    return callerOf(test, speech.settings(url, options.settings), options).call()
  }
  const failure = (reason: string) => ({ name: 'bot.failed', data: { callId: 'ca_1', reason }, by: { kind: 'bot', id: 'faq' } })

  void t.test('what it says is what the engine is told', async (tt) => {
    tt.same(await said(tt, { texts: ['Hi'], attributes: { order: '7' } }), {
      name: 'bot.replied',
      data: { callId: 'ca_1', messages: [{ kind: 'text', text: 'Hi' }], attributes: { order: '7' } },
      by: { kind: 'bot', id: 'faq' },
    })
    tt.match(await said(tt, { texts: ['Bye'], end: true }), { name: 'bot.replied', data: { messages: [{ text: 'Bye' }], end: true } })
    const handOff = { targets: ['queue:billing'], skills: ['refunds'], summary: 'order 7 is late' }
    tt.same((await said(tt, { handOff })).data, { callId: 'ca_1', messages: [], handOff })
    tt.same((await said(tt, { handOff: { summary: 'angry' } })).data['handOff'], { summary: 'angry' })
  })

  void t.test('it gets what the customer wrote, knows that it comes from Baton, and learns no secret by it', async (tt) => {
    const { url, seen } = await startBot(tt, raw(speech.say({ texts: ['Hi'] })))
    await callerOf(tt, speech.settings(`${url}/turn?key=1`)).call()
    const [first] = seen as [Seen]
    tt.equal(first.url, '/turn?key=1')
    tt.equal(first.headers['content-type'], 'application/json')
    tt.ok(speech.isOurs(first))
    tt.match(first.body, 'hello')
    tt.notMatch(first.body, 'secret note')
    tt.notMatch(first.body, 'payload')
    tt.notMatch(first.body, SECRET)
  })

  void t.test('an answer of another shape is a failure', async (tt) => {
    const bodies = { 'no JSON': '<html>', 'broken off': '{"a":', 'a number that is none': '[{"x":1e400}]', ...speech.malformed }
    for (const [title, body] of Object.entries(bodies)) tt.match(await failedBy(tt, raw(body)), failure('bot-malformed'), title)
  })

  void t.test('a bot that is not there, refuses or breaks off is a failure', async (tt) => {
    const answers: [Answering, string][] = [
      [(response) => void response.writeHead(500).end(speech.say({ texts: ['x'] })), 'bot-status'],
      [(response) => void response.writeHead(404).end(), 'bot-status'],
      [(response) => void response.destroy(), 'bot-unreachable'],
      [
        (response) => {
          response.writeHead(200, { 'content-length': '100' })
          response.write('{"messages":', () => response.destroy())
        },
        'bot-unreachable',
      ],
    ]
    for (const [answer, reason] of answers) tt.match(await failedBy(tt, answer), failure(reason))
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    tt.match(await callerOf(tt, speech.settings(`http://127.0.0.1:${port}`)).call(), failure('bot-unreachable'))
  })

  void t.test('redirects are not followed: a bot cannot send a turn elsewhere', async (tt) => {
    const elsewhere = await startBot(tt, raw(speech.say({ texts: ['caught'] })))
    for (const status of [301, 302, 303, 307, 308]) {
      const answer: Answering = (response) => void response.writeHead(status, { location: elsewhere.url }).end()
      tt.match(await failedBy(tt, answer), failure('bot-status'))
    }
    tt.same(elsewhere.seen, [])
  })

  void t.test('an answer over the limit is not read to its end, whatever length it announces', async (tt) => {
    const endless: Answering = (response) => {
      const chunk = 'x'.repeat(1000)
      const more = () => {
        while (!response.destroyed && response.write(chunk)) continue
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    tt.match(await failedBy(tt, endless, { maxAnswerBytes: 10_000 }), failure('bot-too-large'))
  })

  void t.test('a slow bot is given up, by the shorter of the two limits; a call can be aborted from outside', async (tt) => {
    const { url, seen } = await startBot(tt, () => undefined)
    tt.match(await callerOf(tt, speech.settings(url)).call({ timeoutMs: 30 }), failure('bot-timeout'))
    tt.match(await callerOf(tt, speech.settings(url, { timeout: '100ms' })).call(), failure('bot-timeout'))
    for (const [reason, expected] of [
      [new DOMException('time-out', 'TimeoutError'), 'bot-timeout'],
      [undefined, 'bot-aborted'],
    ] as const) {
      seen.length = 0
      const abort = new AbortController()
      const answer = callerOf(tt, speech.settings(url)).call({}, abort.signal)
      while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
      abort.abort(reason)
      tt.match(await answer, failure(expected))
    }
  })

  void t.test('a dishonest bot is found out', async (tt) => {
    for (const [title, { answer, settings = {}, reason }] of Object.entries(speech.dishonest))
      tt.match(await failedBy(tt, answer, { settings }), failure(reason), title)
  })

  void t.test('a bot that is not configured, or has no secret where it needs one, fails without a call', async (tt) => {
    const { url, seen } = await startBot(tt, raw(speech.say({ texts: ['Hi'] })))
    tt.match(await callerOf(tt, speech.settings(url)).call({ target: 'gone' }), { name: 'bot.failed', data: { reason: 'bot-unknown' } })
    for (const secret of [undefined, ''])
      tt.match(await callerOf(tt, speech.settings(url), { secret }).call(), { data: { reason: 'bot-secret-missing', detail: 'env:FAQ' } })
    tt.same(seen, [])
  })

  void t.test('a bot that fails again and again is not called for a while, then once to see whether it is back', async (tt) => {
    let isBroken = true
    const { url, seen } = await startBot(tt, (response) => {
      if (isBroken) response.writeHead(503).end()
      else response.end(speech.say({ texts: ['Hi'] }))
    })
    const { call, circuits, pass } = callerOf(tt, speech.settings(url, { circuit: { failures: 2, openFor: '10s' } }))
    tt.same(
      [(await call()).data['reason'], (await call()).data['reason'], (await call()).data['reason']],
      ['bot-status', 'bot-status', 'bot-circuit-open'],
    )
    tt.match(circuits(), [{ bot: 'faq', state: 'open', failures: 2 }])
    pass(10_000)
    tt.match(circuits(), [{ state: 'half-open' }])
    const both = await Promise.all([call(), call()])
    tt.same(
      both.map(({ data }) => data['reason']),
      ['bot-status', 'bot-circuit-open'],
      'one tries, the others do not wait for it',
    )
    isBroken = false
    tt.equal((await call()).data['reason'], 'bot-circuit-open', 'open for as long again')
    pass(10_000)
    tt.equal((await call()).name, 'bot.replied')
    tt.match(circuits(), [{ bot: 'faq', state: 'closed', failures: 0, openUntil: null }])
    tt.equal(seen.length, 4)
  })
}
