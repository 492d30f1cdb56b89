// Pure. One machine per conversation: who holds the baton, and the small clocks beside it. It holds no data, only control
// state; what happened is in the event, what is to be done comes back as named actions, which are never executed here.
//
// The order of rules is the order of the transitions on `message.received` in each state: read `decidedAfresh`, `UNOWNED`,
// `MARKETING`, `SERVICE_OPEN` and `EXTERNAL` from top to bottom and you have read the routing rules.
import { setup } from 'xstate'
import type { Rule } from '../contract/rules.ts'
import type { OpenServiceStatus, Side } from '../contract/owner.ts'
import type { MessageFacts } from './facts.ts'
import { GUARDS } from './guards.ts'

export type MachineEvent =
  | { type: 'message.received'; facts: MessageFacts }
  | { type: 'marketing.requested'; held: boolean }
  | { type: 'marketing.handedOff' | 'marketing.ended' | 'marketing.continued' | 'marketing.sent' }
  | { type: 'service.requested' | 'service.queued' | 'service.accepted' | 'service.paused' | 'service.inactivated' }
  | { type: 'service.ended' | 'service.failed' }
  | { type: 'upstream.taken' | 'upstream.released' }
  | { type: 'window.closed' }
  | { type: 'marketingSession.expired' }
  | { type: 'consent.given' | 'consent.withdrawn' }
  | { type: 'contact.blocked' | 'contact.unblocked' }

export type YieldReason = 'support-request' | 'service-took' | 'upstream' | 'superseded'

/** What the step has to do, and with what. */
export interface ActionParams {
  decide: { rule: Rule }
  tell: { side: Side; what: 'message' | 'notice' | 'resume' | 'withdraw' }
  tellToYield: { side: Side; reason: YieldReason }
  startJourney: { supersede: boolean }
  openServiceSession: { reason: string }
  closeServiceSession: { status: 'ended' | 'error'; by?: string }
  setServiceStatus: { status: OpenServiceStatus }
  openMarketingSession: undefined
  closeMarketingSession: { by: 'click' | 'expiry' }
  confirmConsent: undefined
  noteConsent: undefined
  reportOptIn: undefined
  autoReply: undefined
  raiseAlarm: { code: string }
  holdUpstream: undefined
  releaseHeld: undefined
  holdJourney: undefined
  holdReply: undefined
}
export type ActionName = keyof ActionParams
export type MachineAction = { [K in ActionName]: { type: K; params: ActionParams[K] } }[ActionName]

type Stub<K extends ActionName> = (args: unknown, params: ActionParams[K]) => void
const never = () => {}
const STUBS: { [K in ActionName]: Stub<K> } = {
  decide: never,
  tell: never,
  tellToYield: never,
  startJourney: never,
  openServiceSession: never,
  closeServiceSession: never,
  setServiceStatus: never,
  openMarketingSession: never,
  closeMarketingSession: never,
  confirmConsent: never,
  noteConsent: never,
  reportOptIn: never,
  autoReply: never,
  raiseAlarm: never,
  holdUpstream: never,
  releaseHeld: never,
  holdJourney: never,
  holdReply: never,
}

const decide = (rule: Rule) => ({ type: 'decide' as const, params: { rule } })
const tell = (side: Side, what: ActionParams['tell']['what']) => ({ type: 'tell' as const, params: { side, what } })
const toYield = (side: Side, reason: YieldReason) => ({ type: 'tellToYield' as const, params: { side, reason } })
const alarm = (code: string) => ({ type: 'raiseAlarm' as const, params: { code } })
const start = (supersede: boolean) => ({ type: 'startJourney' as const, params: { supersede } })
const openService = (reason: string) => ({ type: 'openServiceSession' as const, params: { reason } })
const closeService = (params: ActionParams['closeServiceSession']) => ({ type: 'closeServiceSession' as const, params })
const setStatus = (status: OpenServiceStatus) => ({ type: 'setServiceStatus' as const, params: { status } })

const NONE = '#conversation.ownership.none' as const
const OWNED_BY_MARKETING = '#conversation.ownership.marketing' as const
const SERVICE_NEW = '#conversation.ownership.service.open.new' as const
const SERVICE_PAUSED = '#conversation.ownership.service.open.paused' as const
const SERVICE_ENDED = '#conversation.ownership.service.ended' as const
const SERVICE_ERROR = '#conversation.ownership.service.error' as const
const OVER_NOTHING = '#conversation.ownership.external.overNothing' as const
const OVER_MARKETING = '#conversation.ownership.external.overMarketing' as const
const OVER_SERVICE = '#conversation.ownership.external.overService' as const

const HOLD_UPSTREAM = [decide('upstream-owner'), { type: 'holdUpstream' as const }]
const OBSERVED = { guard: 'observedOnly' as const, actions: [decide('observed')] }
const CONSENT = { guard: 'consentWord' as const, actions: [decide('consent'), { type: 'confirmConsent' as const }] }
/** For whoever has the open service session. */
const NOTE_CONSENT = { type: 'noteConsent' as const }
const BLOCKED = { guard: 'blocked' as const, actions: [decide('blocked')] }

/** What was asked after a service session is answered: noted, whoever owns the conversation goes on as before. */
const SURVEYED = { guard: 'surveyAnswer' as const, actions: [decide('survey-answer'), tell('service', 'notice')] }

/** Rules 6 to 9. `leaving` is what the side that owned until now is told when service takes over. */
const decidedAfresh = (leaving: ReturnType<typeof toYield>[]) => [
  { guard: 'reservedKeyword' as const, target: OWNED_BY_MARKETING, actions: [decide('reserved-keyword'), start(false)] },
  { guard: 'defaultService' as const, target: SERVICE_NEW, actions: [decide('default-app'), ...leaving, openService('default-app')] },
  { guard: 'defaultMarketing' as const, target: OWNED_BY_MARKETING, actions: [decide('default-app'), start(false)] },
  { guard: 'unmatchedToService' as const, target: SERVICE_NEW, actions: [decide('unmatched'), ...leaving, openService('unmatched')] },
  { guard: 'unmatchedIgnored' as const, actions: [decide('unmatched'), alarm('unmatched-message')] },
  { guard: 'unmatched' as const, actions: [decide('unmatched'), { type: 'autoReply' as const }] },
  { actions: [decide('unrouted'), alarm('unrouted-message')] },
]

/** A run gives the conversation to service: at one of its steps, or where it goes on when service or upstream gave it back. */
const HANDED_OFF = { target: SERVICE_NEW, actions: [decide('journey-handed-off'), openService('handed-off')] }

/** Nobody owns the conversation: none ever did, or the last service session is over. */
const UNOWNED = {
  'message.received': [
    OBSERVED,
    CONSENT,
    BLOCKED,
    { guard: 'standby' as const, target: OVER_NOTHING, actions: HOLD_UPSTREAM },
    SURVEYED,
    ...decidedAfresh([]),
  ],
  'marketing.requested': { target: OWNED_BY_MARKETING, actions: [decide('journey-started'), start(false)] },
  'marketing.continued': { target: OWNED_BY_MARKETING },
  'marketing.handedOff': HANDED_OFF,
  'service.requested': { target: SERVICE_NEW, actions: [decide('service-requested'), openService('requested')] },
  'upstream.taken': { target: OVER_NOTHING, actions: HOLD_UPSTREAM },
}

/** A paused journey: what only it would act on is kept for it. A person, consent and other journeys are not kept waiting. */
const KEPT = [decide('journey-paused'), { type: 'holdReply' as const }]
const MARKETING_TO_UPSTREAM = { target: OVER_MARKETING, actions: [...HOLD_UPSTREAM, toYield('marketing', 'upstream')] }
const MARKETING = {
  'message.received': [
    OBSERVED,
    CONSENT,
    BLOCKED,
    { guard: 'standby' as const, ...MARKETING_TO_UPSTREAM },
    SURVEYED,
    { guard: 'pausedReply' as const, actions: KEPT },
    { guard: 'validReply' as const, actions: [decide('journey-reply'), tell('marketing', 'message')] },
    {
      guard: 'supportRequest' as const,
      target: SERVICE_NEW,
      actions: [decide('support-request'), toYield('marketing', 'support-request'), openService('support-request')],
    },
    { guard: 'keywordInterrupts' as const, actions: [decide('keyword-over-journey'), start(true)] },
    { guard: 'pausedInvalidReply' as const, actions: KEPT },
    { guard: 'invalidReply' as const, actions: [decide('invalid-reply'), tell('marketing', 'message')] },
    ...decidedAfresh([toYield('marketing', 'service-took')]),
  ],
  'marketing.requested': { actions: [decide('journey-started'), start(false)] },
  'marketing.handedOff': HANDED_OFF,
  'marketing.ended': { target: NONE, actions: [decide('journey-ended')] },
  'service.requested': {
    target: SERVICE_NEW,
    actions: [decide('service-requested'), toYield('marketing', 'service-took'), openService('requested')],
  },
  'upstream.taken': MARKETING_TO_UPSTREAM,
}

/** Runs beside an open session, where the number or their purpose allows them, wait with it. */
const SERVICE_TO_UPSTREAM = {
  target: OVER_SERVICE,
  actions: [...HOLD_UPSTREAM, toYield('service', 'upstream'), toYield('marketing', 'upstream')],
}
const KEYWORD_ENDS_SERVICE = {
  target: OWNED_BY_MARKETING,
  actions: [
    decide('reserved-keyword'),
    closeService({ status: 'ended', by: 'keyword' }),
    tell('marketing', 'resume'),
    start(false),
    { type: 'releaseHeld' as const },
  ],
}
const BEFORE_SERVICE_KEEPS = [
  OBSERVED,
  { ...CONSENT, actions: [...CONSENT.actions, NOTE_CONSENT] },
  BLOCKED,
  { guard: 'standby' as const, ...SERVICE_TO_UPSTREAM },
  { guard: 'keywordEndsBot' as const, ...KEYWORD_ENDS_SERVICE },
]
const SERVICE_KEEPS = { actions: [decide('open-service-session'), tell('service', 'message'), tell('marketing', 'notice')] }

/** A service session is open: rule 4, and the ways out. */
const SERVICE_OPEN = {
  'message.received': [...BEFORE_SERVICE_KEEPS, SERVICE_KEEPS],
  'marketing.requested': [
    { guard: 'mustBeHeld' as const, actions: [decide('journey-held'), { type: 'holdJourney' as const }] },
    { actions: [decide('journey-started'), start(false)] },
  ],
  'service.ended': {
    target: SERVICE_ENDED,
    actions: [decide('service-ended'), closeService({ status: 'ended' }), tell('marketing', 'resume'), { type: 'releaseHeld' as const }],
  },
  'service.failed': {
    target: SERVICE_ERROR,
    actions: [decide('service-error'), closeService({ status: 'error' }), alarm('service-session-error')],
  },
  'upstream.taken': SERVICE_TO_UPSTREAM,
}
const TO = {
  'service.queued': {
    target: '#conversation.ownership.service.open.waiting' as const,
    actions: [decide('service-changed'), setStatus('waiting')],
  },
  'service.accepted': {
    target: '#conversation.ownership.service.open.active' as const,
    actions: [decide('service-changed'), setStatus('active')],
  },
  'service.paused': { target: SERVICE_PAUSED, actions: [decide('service-changed'), setStatus('paused')] },
  'service.inactivated': {
    target: '#conversation.ownership.service.open.inactive' as const,
    actions: [decide('service-changed'), setStatus('inactive')],
  },
}

/** `told` is who hears of a consent word beside marketing. */
const onlyObserved = (told: (typeof NOTE_CONSENT)[]) => [
  OBSERVED,
  { guard: 'consentWord' as const, actions: [decide('consent'), ...told] },
  BLOCKED,
  { actions: HOLD_UPSTREAM },
]

/** The thread is held by the phone app or an upstream agent. Under it lies what it was taken from, and comes back to. */
const EXTERNAL = {
  'message.received': onlyObserved([]),
  'marketing.requested': { actions: [decide('journey-held'), { type: 'holdJourney' as const }] },
  'upstream.taken': { actions: [{ type: 'holdUpstream' as const }] },
}

export const conversationMachine = setup({
  types: { events: {} as MachineEvent },
  guards: {
    ...GUARDS,
    mustBeHeld: ({ event }) => event.type === 'marketing.requested' && event.held,
  },
  actions: STUBS,
}).createMachine({
  id: 'conversation',
  type: 'parallel',
  states: {
    ownership: {
      initial: 'none',
      states: {
        none: { on: UNOWNED },
        marketing: { on: MARKETING },
        service: {
          initial: 'open',
          states: {
            open: {
              initial: 'new',
              on: { ...SERVICE_OPEN, ...TO },
              states: {
                new: {},
                waiting: {},
                active: {},
                paused: {},
                inactive: {
                  on: {
                    'message.received': [...BEFORE_SERVICE_KEEPS, { guard: 'keywordEndsInactive', ...KEYWORD_ENDS_SERVICE }, SERVICE_KEEPS],
                  },
                },
              },
            },
            ended: { on: UNOWNED },
            error: { on: UNOWNED },
          },
        },
        external: {
          initial: 'overNothing',
          on: EXTERNAL,
          states: {
            overNothing: {
              on: {
                'upstream.released': {
                  target: NONE,
                  // A service session that ended meanwhile may have left runs behind.
                  actions: [decide('upstream-released'), tell('marketing', 'resume'), { type: 'releaseHeld' }],
                },
              },
            },
            overMarketing: {
              on: {
                'upstream.released': {
                  target: OWNED_BY_MARKETING,
                  actions: [decide('upstream-released'), tell('marketing', 'resume'), { type: 'releaseHeld' }],
                },
                'marketing.ended': { target: OVER_NOTHING, actions: [decide('journey-ended')] },
              },
            },
            overService: {
              on: {
                'message.received': onlyObserved([NOTE_CONSENT]),
                'upstream.released': {
                  target: SERVICE_PAUSED,
                  actions: [decide('upstream-released'), setStatus('paused'), tell('service', 'resume'), { type: 'releaseHeld' }],
                },
                'service.ended': { target: OVER_NOTHING, actions: [decide('service-ended'), closeService({ status: 'ended' })] },
                'service.failed': {
                  target: OVER_NOTHING,
                  actions: [decide('service-error'), closeService({ status: 'error' }), alarm('service-session-error')],
                },
                'service.paused': { actions: [setStatus('paused')] },
              },
            },
          },
        },
      },
    },
    replyWindow: {
      initial: 'closed',
      states: {
        closed: { on: { 'message.received': { guard: 'opensWindow', target: 'open' } } },
        open: { on: { 'window.closed': { target: 'closed' } } },
      },
    },
    marketingSession: {
      initial: 'none',
      states: {
        none: { on: { 'marketing.sent': { target: 'open', actions: [{ type: 'openMarketingSession' }] } } },
        open: {
          on: {
            'message.received': {
              guard: 'templatePress',
              target: 'closed',
              actions: [{ type: 'closeMarketingSession', params: { by: 'click' } }],
            },
            'marketingSession.expired': { target: 'closed', actions: [{ type: 'closeMarketingSession', params: { by: 'expiry' } }] },
          },
        },
        closed: { on: { 'marketing.sent': { target: 'open', actions: [{ type: 'openMarketingSession' }] } } },
      },
    },
    consent: {
      initial: 'unknown',
      states: {
        unknown: {
          on: { 'message.received': [optedOut(), optedIn()], 'consent.withdrawn': withdrawn(), 'consent.given': given() },
        },
        in: { on: { 'message.received': optedOut(), 'consent.withdrawn': withdrawn() } },
        out: { on: { 'message.received': optedIn(), 'consent.given': given() } },
      },
    },
    contact: {
      initial: 'reachable',
      states: {
        reachable: { on: { 'contact.blocked': { target: 'blocked' } } },
        blocked: { on: { 'contact.unblocked': { target: 'reachable' } } },
      },
    },
  },
})

function optedOut() {
  return { guard: 'optOut' as const, target: 'out' as const, actions: [tell('marketing', 'withdraw')] }
}
function optedIn() {
  return { guard: 'optIn' as const, target: 'in' as const, actions: [{ type: 'reportOptIn' as const }] }
}
function given() {
  return { target: 'in' as const, actions: [{ type: 'reportOptIn' as const }] }
}
function withdrawn() {
  return { target: 'out' as const, actions: [tell('marketing', 'withdraw')] }
}
