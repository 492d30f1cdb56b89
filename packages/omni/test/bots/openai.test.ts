// A chat model behind an OpenAI-compatible endpoint: what only it can say.
import { test } from 'tap'
import type { Answering } from './fake-bot.ts'
import { botOf, callerOf, startBot } from './fake-bot.ts'

const at = (url: string, more = {}) => botOf({ protocol: 'openai', url, model: 'gpt-x', prompt: 'Be kind.', learns: ['order'], ...more })
const remember = { id: '1', type: 'function', function: { name: 'set_attributes', arguments: '{"attributes":{"order":"7"}}' } }
const complete = (message: object) => JSON.stringify({ choices: [{ message }] })
type Request = { model: string; messages: Record<string, unknown>[]; tools: { function: { name: string; parameters: object } }[] }
const requestOf = ({ body }: { body: string }) => JSON.parse(body) as Request

/** Answers one after the other, the last again and again. */
function inTurn(...bodies: string[]): Answering {
  let count = 0
  return (response) => void response.end(bodies[Math.min(count++, bodies.length - 1)])
}

void test('the prompt, what is known, the transcript and the new message are the chat; tools are what a bot may do', async (t) => {
  const { url, seen } = await startBot(t, inTurn(complete({ content: ' Hi ' })))
  t.same((await callerOf(t, at(url, { handOffTo: ['queue:billing'] })).call()).data['messages'], [{ kind: 'text', text: 'Hi' }])
  const { model, messages, tools } = requestOf(seen[0] ?? { body: '{}' })
  t.equal(model, 'gpt-x')
  t.match(messages, [
    { role: 'system', content: 'Be kind.' },
    { role: 'system', content: /"name":"Mary","attributes":\{"vip":true\},"answers":\{"size":"L"\},"note":"n"/ },
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'hello' },
  ])
  t.equal(messages.length, 5)
  t.same(
    tools.map((tool) => tool.function.name),
    ['hand_off', 'end_conversation', 'set_attributes'],
  )
  t.match(tools[0], { function: { parameters: { properties: { target: { enum: ['queue:billing'] } } } } })
  const attributes = {
    type: 'object',
    properties: { order: { type: ['string', 'number', 'boolean', 'null'] } },
    additionalProperties: false,
  }
  t.same(tools[2]?.function.parameters, { type: 'object', properties: { attributes }, required: ['attributes'] })
  await callerOf(t, at(url, { learns: [] })).call()
  t.notMatch(seen[1]?.body, 'target', 'nowhere to choose from')
  t.notMatch(seen[1]?.body, 'set_attributes', 'nothing to learn')
})

void test('a model that only wrote something down is asked again for its words, within the time of the turn', async (t) => {
  const { url, seen } = await startBot(t, inTurn(complete({ content: null, tool_calls: [remember] }), complete({ content: 'Noted.' })))
  t.same((await callerOf(t, at(url)).call()).data, {
    callId: 'ca_1',
    messages: [{ kind: 'text', text: 'Noted.' }],
    attributes: { order: '7' },
  })
  t.match(requestOf(seen[1] ?? { body: '{}' }).messages.slice(-2), [
    { role: 'assistant', tool_calls: [remember] },
    { role: 'tool', tool_call_id: '1' },
  ])
})

void test('a model takes back what it wrote down', async (t) => {
  const nothing = { ...remember, function: { name: 'set_attributes', arguments: '{"attributes":{"order":null}}' } }
  const { url } = await startBot(t, inTurn(complete({ content: 'Forgotten.', tool_calls: [nothing] })))
  t.same((await callerOf(t, at(url)).call()).data['attributes'], { order: null })
})

void test('a model that writes down what it is not to learn is told that it was not kept', async (t) => {
  const phone = { ...remember, function: { name: 'set_attributes', arguments: '{"attributes":{"phone":"4915112345678"}}' } }
  const { url, seen } = await startBot(t, inTurn(complete({ content: null, tool_calls: [phone] }), complete({ content: 'I cannot.' })))
  t.match(await callerOf(t, at(url)).call(), { name: 'bot.replied', data: { messages: [{ text: 'I cannot.' }] } })
  t.match(requestOf(seen[1] ?? { body: '{}' }).messages.at(-1), { role: 'tool', content: '{"ok":true,"notKept":["phone"]}' })
  const unasked = await startBot(t, inTurn(complete({ content: 'Noted.', tool_calls: [phone] })))
  t.match(await callerOf(t, at(unasked.url, { learns: [] })).call(), { name: 'bot.failed', data: { reason: 'bot-malformed' } })
})

void test('a model that never comes to words is given up after three requests', async (t) => {
  const { url, seen } = await startBot(t, inTurn(complete({ content: '', tool_calls: [remember] })))
  t.match(await callerOf(t, at(url)).call(), { name: 'bot.failed', data: { reason: 'bot-malformed' } })
  t.equal(seen.length, 3)
})
