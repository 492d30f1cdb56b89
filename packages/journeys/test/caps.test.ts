// How much marketing a contact gets: what happens to a message that would be one too many.
import t from 'tap'
import type { RunMark } from '@baton/router'
import { lintJourneys } from '../src/index.ts'
import { DAY, HOUR, journey, message, play, press, says, scene, start, timeOut } from './scene.ts'
import type { Played, Scene } from './scene.ts'

const drip = (does: string, more = ''): string => `
journey: drip
entry: { keywords: [drip] }
messageCap: { messages: 2, per: 7d, otherwise: ${does} }
${more}
start: one
steps:
  one: { send: { template: { name: one, language: en } }, goto: ask }
  ask:
    ask: { template: { name: more, language: en }, options: [{ id: yes, title: Yes }] }
    on: { yes: two, timeout: { after: 2d, goto: two } }
  two: { send: { template: { name: two, language: en } }, goto: done }
  done: { end: completed }
`
const marks = ({ trail }: Played): RunMark[] => trail.flatMap((each) => each.marks)
const sends = ({ effects }: Played): string[] =>
  effects.flatMap((effect) => (effect.type === 'message.send' && effect.content.kind === 'template' ? [effect.content.name] : []))
/** As the router counts. */
function began(at: Scene): Played {
  const played = start(at, 'drip')
  at.marketing.push(...sends(played).map(() => at.now))
  return played
}

await t.test('what is within the cap is sent, whatever the cap does', async (t) => {
  for (const does of ['skip', 'wait', 'end']) t.strictSame(sends(began(scene([drip(does)], { marketing: [] }))), ['one', 'more'])
})

await t.test('skip: a message is passed over, and a question goes on as if nobody had answered', async (t) => {
  const at = scene([drip('skip')])
  at.marketing = [at.now - DAY]
  const played = start(at, 'drip')
  t.strictSame(sends(played), ['one'], 'one of two was had')
  t.strictSame(marks(played).slice(2), [
    ['capped', 'ask', 'skip'],
    ['capped', 'two', 'skip'],
    ['entered', 'done'],
    ['ended', 'done', 'completed'],
  ])
})

await t.test('wait: it is sent when there is room, and the decision says until when', async (t) => {
  const at = scene([drip('wait')])
  at.marketing = [at.now - 6 * DAY, at.now - 3 * DAY]
  const played = start(at, 'drip')
  t.strictSame(sends(played), [])
  t.match(at.state.runs, [{ step: 'one', doing: { kind: 'waiting', due: at.now + DAY, enters: true } }])
  const { because } = played
  t.match(because, {
    rule: 'message-capped',
    inputs: { capped: { run: 'ru_1', step: 'one', messages: 2, per: 7 * DAY, does: 'wait', until: at.now + DAY } },
  })
  t.strictSame(sends(timeOut(at)), ['one'])
  t.match(at.state.runs, [{ step: 'ask', doing: { due: at.now + 3 * DAY } }], 'and the next one waits for the next')
})

await t.test('end: the run is over', async (t) => {
  const at = scene([drip('end')])
  at.marketing = [at.now - HOUR, at.now - HOUR]
  t.match(start(at, 'drip'), { verdict: { kind: 'ended', outcome: 'capped' }, effects: [] })
})

await t.test('a question that is one too many and hands off is asked when service is over, and not the one before it', async (t) => {
  const handing = drip('skip').replace(
    'timeout: { after: 2d, goto: two }',
    'timeout: { after: 2d, handOff: [queue:general], onReturn: resume }',
  )
  const before = `first:
    ask: { template: { name: first, language: en }, options: [{ id: go, title: Go }] }
    on: { go: ask, timeout: { after: 2d, goto: done } }`
  const at = scene([handing.replace('start: one', 'start: first').replace('  one:', `  ${before}\n  one:`)])
  t.strictSame(sends(start(at, 'drip')), ['first'])
  at.marketing = [at.now, at.now]
  t.match(says(at, press('go', 'Go')).verdict, { kind: 'handOff' })
  t.match(at.state.runs, [{ step: 'ask', doing: { kind: 'handed-off', prompt: null } }])
  at.now += 8 * DAY
  t.strictSame(sends(play(at, { kind: 'resume', after: 'service' })), ['more'])
})

await t.test('what is past does not count, nor does the cap hold back what belongs to a talk', async (t) => {
  const past = scene([drip('end')])
  past.marketing = [past.now - 7 * DAY, past.now - 8 * DAY]
  t.strictSame(sends(start(past, 'drip')), ['one', 'more'])
  const talking = scene([drip('end')], { talking: true })
  talking.marketing = [talking.now - HOUR, talking.now - HOUR]
  const live = {
    by: { kind: 'customer', id: 'c' },
    message: message('drip'),
    recognition: { reply: { match: 'none' }, entry: null },
  } as const
  t.strictSame(sends(start(talking, 'drip', live)), ['one', 'more'])
})

await t.test('a utility journey has no cap, and a cap that skips questions must not make a loop of them', async (t) => {
  const findings = (yaml: string): string[] => lintJourneys([journey(yaml)]).map(({ code, path }) => `${code} ${path.join('.')}`)
  t.strictSame(findings(drip('skip', 'purpose: utility')), ['cap-of-utility messageCap'])
  const loop = (does: string): string => drip(does).replace('timeout: { after: 2d, goto: two }', 'timeout: { after: 2d, goto: ask }')
  t.strictSame(findings(loop('skip')), ['loop-without-pause steps.ask'])
  t.strictSame(findings(loop('wait')), [])
})

await t.test('a free-form message that may have to wait for room is no longer safe within the reply window; an answer is', async (t) => {
  const say = (does: string, at = 'one'): string[] => {
    const written = drip(does).replace(`${at}: { send: { template: { name: ${at}, language: en } }`, `${at}: { send: { text: hi }`)
    return lintJourneys([journey(written.replace('timeout: { after: 2d, goto: two }', 'timeout: { after: 2d, goto: done }'))]).map(
      ({ code, path }) => `${code} ${path.join('.')}`,
    )
  }
  t.strictSame(say('wait', 'two'), [], 'it follows a reply at once')
  t.strictSame(say('skip'), [])
  const late = drip('wait').replace(
    'one: { send: { template: { name: one, language: en } }, goto: ask }',
    'one: { wait: { for: 1h }, goto: said }\n  said: { send: { text: hi }, goto: ask }',
  )
  t.match(lintJourneys([journey(late)]), [{ code: 'outside-reply-window', path: ['steps', 'said'] }])
  t.strictSame(lintJourneys([journey(late.replace('otherwise: wait', 'otherwise: skip'))]), [])
})

await t.test('messages that other journeys and campaigns sent count as well', async (t) => {
  const at = scene([drip('skip')])
  at.marketing = [at.now - HOUR, at.now - HOUR]
  t.strictSame(sends(play(at, { kind: 'start', entry: 'drip', by: { kind: 'campaign', id: 'c' } })), [])
})
