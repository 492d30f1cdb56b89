import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { turn, turnOf } from '../../src/bots/turn.ts'
import { sessionWorld } from '../service/session-world.ts'
import { BOT_OPENAPI, botOpenapi } from './bot-openapi.ts'
import { row } from './fake-bot.ts'

void test('the OpenAPI file says what the schemas say', async (t) => {
  t.equal(readFileSync(BOT_OPENAPI, 'utf8'), botOpenapi(), 'node packages/omni/test/bots/bot-openapi.ts writes it')
})

void test('every reference in it leads somewhere', async (t) => {
  const text = botOpenapi()
  const { schemas } = (JSON.parse(text) as { components: { schemas: object } }).components
  const named = [...text.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '')
  t.ok(named.length > 5)
  t.same(
    named.filter((name) => !(name in schemas)),
    [],
  )
  const empty = Object.entries(schemas).filter(([name, schema]) => (schema as { $ref?: string }).$ref === `#/components/schemas/${name}`)
  t.same(empty, [], 'and to something')
})

void test('the turns that the engine orders have the documented shape, and nothing else', async (t) => {
  const history = [row('1', 'in', 'hi'), row('2', 'out', 'hello')]
  const orders: [string, Parameters<ReturnType<typeof sessionWorld>['take']>[1]][] = [
    ['a customer wrote', {}],
    ['a journey handed over', { note: 'n', answers: { size: 'L' }, journey: { id: 'coupon', runId: 'ru_1' } }],
  ]
  for (const [title, handOff] of orders) {
    for (const withMessage of [true, false]) {
      const world = sessionWorld()
      world.take(['bot:faq'], handOff, withMessage)
      const [call] = world.calls()
      if (call === undefined) throw new Error('no call')
      const posted = turnOf({ ...call, conversationId: 'cv_1', history }, { history: 50, notes: true })
      t.same(JSON.parse(JSON.stringify(turn.parse(posted))), JSON.parse(JSON.stringify(posted)), title)
    }
  }
})
