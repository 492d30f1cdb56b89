import { test } from 'tap'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'

const read = (queues: unknown, bots: unknown = {}) => compileOmni(queuesConfig.parse(queues), botsConfig.parse(bots))
const bot = (id: string, fallback: string[] = []) => ({ id, url: 'http://127.0.0.1:9000/turn', secret: 'env:S', fallback })
const queue = (more: object) => ({ queues: [{ id: 'q', ...more }] })
const OFFICE = { id: 'office', zone: 'Europe/Berlin', weekly: { mon: ['09:00-17:00'] } }
const LUNCH = { id: 'lunch', base: 'away' }
const statuses = (...list: object[]) => ({ ...queue({ members: ['agent:ana'] }), agents: [ANA], presence: { statuses: list } })
const ANA = { id: 'ana', name: 'Ana', capacity: 3 }

void test('what is written is what is looked up, in milliseconds, with defaults', async (t) => {
  const queues = {
    queues: [{ id: 'general', name: 'General', routing: 'round-robin', offerTimeout: '45s', members: ['agent:ana'], awayLimit: '2m' }],
    agents: [ANA],
  }
  const bots = { bots: [{ ...bot('faq', ['queue:general']), name: 'FAQ bot', timeout: '3s' }] }
  const { config, findings } = read(queues, bots)
  t.same(findings, [])
  t.same(config.queues.get('general'), {
    id: 'general',
    name: 'General',
    routing: 'round-robin',
    engine: null,
    offerTimeoutMs: 45_000,
    autoAccept: false,
    members: ['ana'],
    priority: 100,
    skills: [],
    language: null,
    weight: 1,
    returnToAgent: null,
    maxWaiting: null,
    maxWait: null,
    hours: null,
    whenClosed: { kind: 'wait' },
    whenNobodyOnline: { kind: 'wait' },
    closedMessage: null,
    waitingMessage: null,
    callbackTemplate: null,
    awayLimitMs: 120_000,
    whenOffline: 'keep',
    positionMessage: null,
    survey: null,
    serviceLevel: null,
    starvationAfterMs: 300_000,
    inactiveAfterMs: null,
    wrapUp: null,
  })
  t.same(config.agents.get('ana'), { id: 'ana', name: 'Ana', capacity: 3, skills: [], languages: [], supervisor: false, statuses: null })
  t.match(config.bots.get('faq'), { name: 'FAQ bot', timeoutMs: 3000, fallback: ['queue:general'], secret: 'env:S' })
})

void test('what must not be published is found, with the path to it', async (t) => {
  const cases: [string, unknown, unknown, object][] = [
    ['duplicate-id', { queues: [], agents: [ANA, ANA] }, {}, { severity: 'error', file: 'queues.yaml', path: ['agents', 1, 'id'] }],
    ['duplicate-id', {}, { bots: [bot('a'), bot('a')] }, { severity: 'error', file: 'bots.yaml', path: ['bots', 1, 'id'] }],
    ['queue-without-members', { queues: [{ id: 'q' }] }, {}, { severity: 'error', path: ['queues', 0, 'members'] }],
    [
      'queue-without-members',
      { queues: [{ id: 'q', whenNobodyOnline: { to: 'bot:a' } }] },
      { bots: [bot('a')] },
      { severity: 'warning', path: ['queues', 0, 'members'] },
    ],
    [
      'unknown-member',
      { queues: [{ id: 'q', members: ['agent:ana', 'agent:zoe'] }], agents: [ANA] },
      {},
      { severity: 'warning', path: ['queues', 0, 'members', 1] },
    ],
    [
      'unknown-fallback',
      { queues: [{ id: 'q', members: ['agent:ana'], whenNobodyOnline: { to: 'queue:x' } }], agents: [ANA] },
      {},
      { severity: 'error', path: ['queues', 0, 'whenNobodyOnline', 'to'] },
    ],
    ['unknown-fallback', {}, { bots: [bot('a', ['queue:x'])] }, { severity: 'error', path: ['bots', 0, 'fallback', 0] }],
    ['fallback-circle', {}, { bots: [bot('a', ['bot:b']), bot('b', ['bot:a'])] }, { severity: 'error', path: ['bots', 0, 'fallback'] }],
    [
      'fallback-circle',
      {
        queues: [
          { id: 'p', members: ['agent:ana'], whenNobodyOnline: { to: 'queue:q' } },
          { id: 'q', members: ['agent:ana'], whenNobodyOnline: { to: 'queue:p' } },
        ],
        agents: [ANA],
      },
      {},
      { severity: 'error', path: ['queues', 0, 'whenNobodyOnline', 'to'] },
    ],
    [
      'fallback-circle',
      {
        hours: [OFFICE],
        queues: [
          { id: 'p', hours: 'office', members: ['agent:ana'], whenClosed: { to: 'queue:q' } },
          { id: 'q', members: ['agent:ana'], whenNobodyOnline: { to: 'queue:p' } },
        ],
      },
      {},
      { severity: 'error', path: ['queues', 0, 'whenClosed', 'to'] },
    ],
    [
      'fallback-closed',
      {
        hours: [OFFICE],
        queues: [
          { id: 'p', hours: 'office', members: ['agent:ana'], whenClosed: { to: 'queue:q' } },
          { id: 'q', hours: 'office', members: ['agent:ana'] },
        ],
      },
      {},
      { severity: 'warning', path: ['queues', 0, 'whenClosed', 'to'] },
    ],
    ['unknown-hours', { queues: [{ id: 'q', hours: 'night', members: [] }] }, {}, { severity: 'error', path: ['queues', 0, 'hours'] }],
    [
      'never-open',
      { hours: [{ id: 'x', zone: 'UTC', weekly: {} }], queues: [{ id: 'q', hours: 'x' }] },
      {},
      { severity: 'error', path: ['hours', 0, 'weekly'] },
    ],
    ['without-effect', { hours: [OFFICE] }, {}, { severity: 'warning', path: ['hours', 0, 'id'] }],
    ['without-effect', queue({ whenClosed: 'callback' }), {}, { severity: 'warning', path: ['queues', 0, 'whenClosed'] }],
    ['without-effect', queue({ closedMessage: 'Closed.' }), {}, { severity: 'warning', path: ['queues', 0, 'closedMessage'] }],
    [
      'skill-missing',
      { queues: [{ id: 'q', members: ['agent:ana'], skills: ['billing'] }], agents: [ANA] },
      {},
      { severity: 'error', path: ['queues', 0, 'skills'] },
    ],
    [
      'skill-missing',
      { queues: [{ id: 'q', members: ['agent:ana'], language: 'required' }], agents: [ANA] },
      {},
      { severity: 'warning', path: ['queues', 0, 'language'] },
    ],
    [
      'too-heavy',
      { queues: [{ id: 'q', members: ['agent:ana'], weight: 4 }], agents: [ANA] },
      {},
      { severity: 'error', path: ['queues', 0, 'weight'] },
    ],
    [
      'unknown-fallback',
      { queues: [{ id: 'q', members: ['agent:ana'], maxWait: { after: '1m', otherwise: { to: 'bot:x' } } }], agents: [ANA] },
      {},
      { severity: 'error', path: ['queues', 0, 'maxWait', 'otherwise', 'to'] },
    ],
    [
      'fallback-circle',
      { queues: [{ id: 'q', members: ['agent:ana'], maxWaiting: { size: 1, otherwise: { to: 'queue:q' } } }], agents: [ANA] },
      {},
      { severity: 'error', path: ['queues', 0, 'maxWaiting', 'otherwise', 'to'] },
    ],
    ['duplicate-id', { hours: [OFFICE, OFFICE] }, {}, { severity: 'error', path: ['hours', 1, 'id'] }],
    ['duplicate-id', statuses(LUNCH, LUNCH), {}, { severity: 'error', path: ['presence', 'statuses', 1, 'id'] }],
    ['status-base-fixed', statuses({ id: 'away', base: 'busy' }), {}, { severity: 'error', path: ['presence', 'statuses', 0, 'base'] }],
    [
      'unknown-queue',
      statuses({ id: 'desk', base: 'online', queues: ['q', 'r'] }),
      {},
      { severity: 'error', path: ['presence', 'statuses', 0, 'queues', 1] },
    ],
    ['without-effect', statuses({ ...LUNCH, queues: ['q'] }), {}, { severity: 'warning', path: ['presence', 'statuses', 0, 'queues'] }],
    ['without-effect', statuses({ ...LUNCH, numbers: ['n'] }), {}, { severity: 'warning', path: ['presence', 'statuses', 0, 'numbers'] }],
    [
      'unknown-status',
      { ...statuses(LUNCH), agents: [{ ...ANA, statuses: ['online', 'lunhc'] }] },
      {},
      { severity: 'error', path: ['agents', 0, 'statuses', 1] },
    ],
    [
      'never-online',
      { ...statuses(LUNCH), agents: [{ ...ANA, statuses: ['lunch'] }] },
      {},
      { severity: 'error', path: ['agents', 0, 'statuses'] },
    ],
    ['queue-without-members', queue({ whenNobodyOnline: 'callback' }), {}, { severity: 'error', path: ['queues', 0, 'members'] }],
    ['agent-without-queue', { agents: [ANA] }, {}, { severity: 'warning', path: ['agents', 0] }],
  ]
  for (const [code, queues, bots, expected] of cases) {
    const { findings } = read(queues, bots)
    t.match(
      findings.find((finding) => finding.code === code),
      { code, ...expected },
      JSON.stringify(expected),
    )
    t.ok(findings.every(({ message, fix }) => message !== '' && fix !== ''))
  }
})

void test('what cannot be meant is refused by the schema', async (t) => {
  for (const wrong of [
    queue({ routing: 'random' }),
    queue({ members: ['ana'] }),
    queue({ offerTimeout: 30 }),
    queue({ offertimeout: '30s' }),
    queue({ whenNobodyOnline: { to: 'agent:ana' } }),
    queue({ whenClosed: 'close' }),
    queue({ callbackTemplate: { name: 'hello' } }),
    { queues: [{ id: 'Not An Id' }] },
    { agents: [{ id: 'ana', capacity: 0 }] },
  ]) {
    t.notOk(queuesConfig.safeParse(wrong).success, JSON.stringify(wrong))
  }
  for (const wrong of [
    { secret: 'hunter2' },
    { url: 'file:///etc/passwd' },
    { url: 'http://user:password@127.0.0.1/' },
    { timeout: '10m' },
    { fallback: ['somebody'] },
    { learns: ['given name'] },
    { learns: ['phone'] },
    { learns: ['constructor', 'userId'] },
  ]) {
    t.notOk(botsConfig.safeParse({ bots: [{ ...bot('a'), ...wrong }] }).success, JSON.stringify(wrong))
  }
})

void test('names that every object has are ordinary ids', async (t) => {
  const { config, findings } = read({ queues: [{ id: 'constructor', members: ['agent:constructor'] }], agents: [{ id: 'constructor' }] })
  t.same(findings, [])
  t.equal(config.bots.has('constructor'), false)
  t.match(config.queues.get('constructor'), { members: ['constructor'] })
})
