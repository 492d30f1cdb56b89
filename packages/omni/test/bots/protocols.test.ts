// One suite for all the ways bots are spoken to.
import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { botContract } from './bot-suite.ts'
import type { Speech } from './bot-suite.ts'
import { botOf, json, NOW, SECRET } from './fake-bot.ts'

const signatureOf = (body: string, secret = SECRET, at = NOW) =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
const isBearer: Speech['isOurs'] = ({ headers }) => headers['authorization'] === `Bearer ${SECRET}`

const baton: Speech = {
  settings: (url, more = {}) => botOf({ url, secret: 'env:FAQ', ...more }),
  say: ({ texts = [], ...actions }) => JSON.stringify({ messages: texts, ...actions }),
  malformed: {
    'another shape': '["Hi"]',
    'a misspelt member': '{"messages":[],"handoff":{}}',
    'a message of unknown kind': '{"messages":[{"kind":"poll"}]}',
    'an empty message': '{"messages":[""]}',
    'a link that is none': '{"messages":[{"kind":"image","media":{"url":"file:///etc/passwd"}}]}',
    'a target that is none': '{"handOff":{"targets":["general"]}}',
    'too many messages': JSON.stringify({ messages: Array.from({ length: 11 }, () => 'x') }),
  },
  dishonest: {
    'a signature of another key': {
      answer: (response) =>
        void response.writeHead(200, { 'x-baton-signature': signatureOf('{"messages":["x"]}', 'guessed') }).end('{"messages":["x"]}'),
      reason: 'bot-signature',
    },
    'a signature over other words': {
      answer: (response) => void response.writeHead(200, { 'x-baton-signature': signatureOf('{}') }).end('{"messages":["x"]}'),
      reason: 'bot-signature',
    },
    'a signature from yesterday': {
      answer: (response) => void response.writeHead(200, { 'x-baton-signature': signatureOf('{}', SECRET, NOW - 86_400_000) }).end('{}'),
      reason: 'bot-signature',
    },
    'none where one was agreed': { answer: json({ messages: ['x'] }), settings: { signedAnswers: true }, reason: 'bot-signature' },
    'a later reply where none was agreed': { answer: (response) => void response.writeHead(202).end(), reason: 'bot-status' },
  },
  isOurs: ({ headers, body }) => headers['x-baton-signature'] === signatureOf(body) && headers['idempotency-key'] === 'ca_1',
}

const toRasa = (more: object) => ({ recipient_id: 'se_1', ...more })
const rasa: Speech = {
  settings: (url, more = {}) => botOf({ protocol: 'rasa', url, secret: 'env:FAQ', ...more }),
  say({ texts = [], handOff, end, attributes }) {
    const custom = { handOff, end, attributes }
    const actions = Object.values(custom).some((value) => value !== undefined) ? [toRasa({ custom })] : []
    return JSON.stringify([...texts.map((text) => toRasa({ text })), ...actions])
  },
  malformed: {
    'another shape': '{"text":"Hi"}',
    'nobody it is for': '[{"text":"Hi"}]',
    'buttons without a text': JSON.stringify([toRasa({ buttons: [{ title: 'Yes', payload: '/yes' }] })]),
    'more buttons than a list holds': JSON.stringify([
      toRasa({ text: 'x', buttons: Array.from({ length: 11 }, (_, n) => ({ title: `${n}`, payload: `/${n}` })) }),
    ]),
    'an order nobody knows': JSON.stringify([toRasa({ custom: { handoff: true } })]),
    'a link that is none': JSON.stringify([toRasa({ image: 'file:///etc/passwd' })]),
    'a target that is none': JSON.stringify([toRasa({ custom: { handOff: { targets: ['general'] } } })]),
    'too many messages': JSON.stringify(Array.from({ length: 11 }, () => toRasa({ text: 'x' }))),
  },
  dishonest: {
    'an answer for somebody else': { answer: json([{ recipient_id: 'se_2', text: 'your balance is 7' }]), reason: 'bot-malformed' },
  },
  isOurs: isBearer,
}

const complete = (message: object) => JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] })
const call = (name: string, given: unknown) => ({
  id: `call_${name}`,
  type: 'function',
  function: { name, arguments: JSON.stringify(given) },
})
const openai: Speech = {
  settings: (url, more = {}) =>
    botOf({
      protocol: 'openai',
      url,
      secret: 'env:FAQ',
      model: 'm',
      prompt: 'Be kind.',
      handOffTo: ['queue:billing'],
      learns: ['order'],
      ...more,
    }),
  say({ texts = [], handOff, end, attributes }) {
    const { targets, ...rest } = handOff ?? {}
    const calls = [
      ...(handOff === undefined ? [] : [call('hand_off', { ...rest, ...(targets === undefined ? {} : { target: targets[0] }) })]),
      ...(end === true ? [call('end_conversation', {})] : []),
      ...(attributes === undefined ? [] : [call('set_attributes', { attributes })]),
    ]
    return complete({ content: texts.length === 0 ? null : texts.join('\n'), ...(calls.length === 0 ? {} : { tool_calls: calls }) })
  },
  malformed: {
    'another shape': '{"text":"Hi"}',
    'no choice': '{"choices":[]}',
    'no words': complete({ content: '  ' }),
    'arguments that are no JSON': complete({
      content: 'x',
      tool_calls: [{ id: '1', function: { name: 'hand_off', arguments: '{"summary' } }],
    }),
    'a hand-off without its summary': complete({ content: null, tool_calls: [call('hand_off', {})] }),
    'an argument nobody knows': complete({ content: null, tool_calls: [call('hand_off', { summary: 'x', queue: 'billing' })] }),
    'attributes that are none': complete({ content: 'x', tool_calls: [call('set_attributes', { attributes: 'vip' })] }),
  },
  dishonest: {
    'a tool it was not given': {
      answer: (response) => void response.end(complete({ content: 'x', tool_calls: [call('refund', { amount: 7 })] })),
      reason: 'bot-malformed',
    },
    'a queue it was not offered': {
      answer: (response) =>
        void response.end(complete({ content: null, tool_calls: [call('hand_off', { summary: 'x', target: 'queue:board' })] })),
      reason: 'bot-malformed',
    },
  },
  isOurs: isBearer,
}

for (const [protocol, speech] of Object.entries({ baton, rasa, openai }))
  void test(`a bot that speaks ${protocol}`, async (t) => {
    botContract(t, speech)
  })
