// Pure. A call to somebody's server: the run waits for the answer, and keeps what it wants of it.
import { z } from 'zod'
import { duration } from '@baton/router'
import { isJsonPath } from '../calls/json-path.ts'
import { METHODS } from '../calls/request.ts'
import type { CallRequest, Wanted } from '../calls/request.ts'
import { callFailed } from '../calls/result.ts'
import type { CallFailure } from '../calls/result.ts'
import { writtenSecrets } from '../calls/written-secrets.ts'
import { fieldName, stepName, text } from '../definition/fields.ts'
import { checkAddress, renderAddress, renderAll, renderJson, textsOf } from '../templates.ts'
import type { Rendered } from '../templates.ts'
import type { Exit, Move, Path, StepKind, StepView } from './step.ts'

const SECOND = 1_000
/** However long a server asks to be left alone. */
const LONGEST_PAUSE = 5 * 60 * SECOND
/** The answer of a call can be lost with a process: so long after its time-out it counts as failed. */
export const ANSWER_GRACE = 30 * SECOND
/** Of a call with its variables filled in, in characters. */
const MOST_SENT = 64_000

const reference = z.string().regex(/^(env|file):[^{}]+$/, 'a reference such as env:SHOP_TOKEN, never the secret itself')
/** Set by whoever makes the call. */
const OWN_HEADERS = ['host', 'connection', 'content-length', 'content-type', 'transfer-encoding', 'idempotency-key', 'user-agent']
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'the name of a header: letters, digits, dashes')
  .refine((name) => !OWN_HEADERS.includes(name.toLowerCase()), { error: ({ input }) => `${String(input)} is set by Baton` })

const NO_ADDRESS = 'an address whose host has no variables: https://api.shop.example/orders/{{ answers.order }}'

const place = z.string().refine(isJsonPath, 'a place in the answer, such as $.items[0].price')
const wanted = z.union([place.transform((path): Wanted => ({ path })), z.strictObject({ path: place, default: z.unknown().optional() })], {
  error: 'a place in the answer, such as $.items[0].price, or { path: …, default: … }',
})
const wants = z.record(fieldName, wanted).default({})

const body: z.ZodType = z.unknown().superRefine((value, context) => {
  for (const { path: at, text: written } of textsOf(value)) {
    const issue = text(10_000).safeParse(written).error?.issues[0]
    if (issue !== undefined && written !== '') context.addIssue({ code: 'custom', message: issue.message, path: at })
  }
})

const call = z
  .strictObject({
    /** Variables may stand after the host, and are escaped. */
    url: text(2_000).superRefine((written, context) => {
      const problem = checkAddress(written) ?? (isAddress(written) ? null : NO_ADDRESS)
      if (problem !== null) context.addIssue({ code: 'custom', message: problem })
    }),
    /** GET without a body, POST with one. */
    method: z.enum(METHODS).optional(),
    /** A text, with variables, or a reference to a secret: env:NAME or file:PATH. */
    headers: z.record(headerName, text(2_000)).default({}),
    /** A reference to the secret that is sent as a bearer token. */
    bearer: reference.optional(),
    /** Any JSON. A text that is a variable and nothing else keeps the kind of value it has. */
    body: body.optional(),
    /** Kept as answers of the run: name → place in the answer. */
    save: wants,
    /** Kept with the contact: name → place in the answer. */
    attributes: wants,
    /** Of one attempt. */
    timeout: duration.prefault('10s').refine((ms) => ms >= 100 && ms <= 60 * SECOND, 'between 100ms and 60s'),
    /** After a failure that may pass: no connection, no answer in time, 408, 425, 429 and 5xx. */
    retries: z.int().min(0).max(5).default(2),
    /** Before the first repetition; twice as long before each further one, at most five minutes. */
    backoff: duration.prefault('2s').refine((ms) => ms >= 100 && ms <= LONGEST_PAUSE, 'between 100ms and 5m'),
  })
  .superRefine((given, context) => {
    const complain = (message: string, at: string): void => context.addIssue({ code: 'custom', message, path: [at] })
    if (given.bearer !== undefined && Object.keys(given.headers).some((name) => name.toLowerCase() === 'authorization'))
      complain('the bearer token is the authorization header: give one of them', 'bearer')
    if (given.method === 'GET' && given.body !== undefined) complain('a GET has no body', 'body')
  })

const schema = z.strictObject({ http: call, goto: stepName, onError: stepName.optional(), onTimeout: stepName.optional() })
type Http = z.infer<typeof schema>
type Findings = ReturnType<NonNullable<StepKind['lint']>>

/** Calls a server and waits. */
export const http: StepKind<Http> = {
  kind: 'http',
  schema,
  enter(step, view) {
    const rendered = requestOf(step.http, view)
    if (rendered.kind === 'unbound') {
      const { path: at, reason } = rendered
      return { next: { kind: 'fail', code: 'journey-variable-unbound', detail: { path: ['http', ...at].join('.'), reason } } }
    }
    const problem = problemOf(rendered.value)
    if (problem === null) return { next: { kind: 'call', request: rendered.value } }
    return failed(step, callFailed('call-unmakeable', problem))
  },
  receive(step, view, signal) {
    if (signal.kind !== 'called') return { next: { kind: 'fail', code: 'journey-step-missing', detail: {} } }
    const { result, attempt } = signal
    if (result.kind === 'answered') {
      const contact = Object.keys(result.attributes).length === 0 ? {} : { contact: { attributes: result.attributes } }
      return { answers: result.answers, ...contact, next: { kind: 'goto', step: step.goto } }
    }
    if (result.again && attempt <= step.http.retries)
      return { next: { kind: 'callAgain', at: view.now + pauseBefore(step, attempt, result) } }
    return failed(step, result)
  },
  exits: exitsOf,
  texts: ({ http: { url, headers, body: sent } }) =>
    textsOf({ url, headers, body: sent }, ['http']).map((found) => ({ ...found, language: 'liquid' })),
  saves: ({ http: { save, attributes } }) => ({ answers: Object.keys(save), attributes: Object.keys(attributes) }),
  takesOver: (step, next) =>
    JSON.stringify([step.http.save, step.http.attributes]) === JSON.stringify([next.http.save, next.http.attributes]),
  lint: findingsIn,
  shows: ({ http: { method, body: sent, url } }) => `${method ?? methodFor(sent)} ${url}`,
  calls: ({ http: { url, headers, bearer } }) => ({
    url: addressOf(url),
    path: ['http', 'url'],
    secrets: [
      ...Object.entries(headers).flatMap(([name, value]) =>
        isSecret(value) ? [{ reference: value, path: ['http', 'headers', name] }] : [],
      ),
      ...(bearer === undefined ? [] : [{ reference: bearer, path: ['http', 'bearer'] }]),
    ],
  }),
}

function findingsIn(step: Http): Findings {
  const written = writtenSecrets(step.http).map(({ path, code, fix }) => ({
    path: ['http', ...path],
    code,
    message: 'a secret seems to be written here, where everybody reads it who reads the journey',
    fix,
  }))
  if (step.onError !== undefined) return written
  const message = 'a call may fail, and nothing says where to go then'
  return [{ path: ['http'], code: 'call-without-error-branch', message, fix: 'add onError: <step>' }, ...written]
}

function methodFor(sent: unknown): CallRequest['method'] {
  return sent === undefined ? 'GET' : 'POST'
}

/** Somebody has to change the configuration: every further call fails too. */
const MISCONFIGURED: ReadonlySet<string> = new Set([
  'call-host-refused',
  'call-secret-refused',
  'call-secret-missing',
  'call-address-refused',
])

/** Scheme, host and port, as they are written before the first variable. */
function addressOf(url: string): string {
  return /^https?:\/\/[^/?#{}\s\\]+/i.exec(url)?.[0] ?? ''
}

function isAddress(url: string): boolean {
  const address = addressOf(url)
  const rest = url.slice(address.length)
  if (address === '' || !/^([/?#]|$)/.test(rest) || !URL.canParse(address)) return false
  const { username, password } = new URL(address)
  return username === '' && password === ''
}

function isSecret(value: string): boolean {
  return reference.safeParse(value).success
}

function requestOf(step: Http['http'], view: StepView): Rendered<CallRequest> {
  const { scope } = view
  const url = renderAddress(step.url, scope)
  if (url.kind === 'unbound') return { ...url, path: ['url'] }
  const plain = Object.entries(step.headers).filter(([, value]) => !isSecret(value))
  const headers = renderAll(Object.fromEntries(plain), scope)
  if (headers.kind === 'unbound') return { ...headers, path: ['headers', ...headers.path] }
  const sent = renderJson(step.body, scope)
  if (sent.kind === 'unbound') return { ...sent, path: ['body', ...sent.path] }
  const { method = methodFor(step.body), bearer, save, attributes, timeout } = step
  const secrets = Object.entries(step.headers).flatMap(([name, value]) =>
    isSecret(value) ? [[name, { reference: value, prefix: '' }]] : [],
  )
  return {
    kind: 'ok',
    value: {
      step: view.step,
      method,
      url: url.value,
      headers: headers.value,
      secrets: {
        ...Object.fromEntries(secrets),
        ...(bearer === undefined ? {} : { authorization: { reference: bearer, prefix: 'Bearer ' } }),
      },
      ...(sent.value === undefined ? {} : { body: sent.value }),
      timeoutMs: timeout,
      save,
      attributes,
    },
  }
}

/** What variables have made of it. */
function problemOf({ url, headers, body: sent }: CallRequest): string | null {
  const path = url.slice(addressOf(url).length).split(/[?#]/)[0] ?? ''
  if (!URL.canParse(url)) return 'the address cannot be read'
  if (path.split('/').some((part) => /^(\.|%2e){1,2}$/i.test(part))) return 'a variable leads out of the path'
  const odd = Object.entries(headers).find(([, value]) => /[^\t\x20-\x7e\xa0-\xff]/.test(value))
  if (odd !== undefined) return `the header ${odd[0]} has characters that no header may have`
  const size = url.length + JSON.stringify(headers).length + (JSON.stringify(sent) ?? '').length
  return size > MOST_SENT ? `it has ${size} characters, more than ${MOST_SENT}` : null
}

function failed(step: Http, { reason, detail }: CallFailure): Move {
  const alarms: NonNullable<Move['alarms']> = []
  if (reason === 'call-unmakeable') alarms.push({ code: 'call-unmakeable', detail: { reason: detail } })
  if (MISCONFIGURED.has(reason)) alarms.push({ code: 'call-not-made', detail: { reason, detail } })
  const to = reason === 'call-timeout' ? (step.onTimeout ?? step.onError) : step.onError
  // The lint refuses a journey that leaves the branch out.
  return { alarms, next: to === undefined ? { kind: 'end', outcome: 'call-failed' } : { kind: 'goto', step: to } }
}

function pauseBefore(step: Http, attempt: number, { afterMs = 0 }: CallFailure): number {
  return Math.min(LONGEST_PAUSE, Math.max(afterMs, step.http.backoff * 2 ** (attempt - 1)))
}

function exitsOf(step: Http): Exit[] {
  const { timeout, retries } = step.http
  // A server may ask for the longest pause each time.
  const after = (retries + 1) * (timeout + ANSWER_GRACE) + retries * LONGEST_PAUSE
  const exit = (label: string, to: string | undefined, at: Path): Exit[] =>
    to === undefined ? [] : [{ label, to, path: at, after, atOnce: true }]
  return [
    ...exit('answered', step.goto, ['goto']),
    ...exit('failed', step.onError, ['onError']),
    ...exit('no answer in time', step.onTimeout, ['onTimeout']),
  ]
}
