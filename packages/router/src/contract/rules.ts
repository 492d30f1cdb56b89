/** Every rule that can decide an event, in the order of decision for an inbound customer message. The decision record
 * stores the name, the console and `baton explain` show it. The first twelve are the routing table; the rest name what
 * else may change owner or refuse to. */
export const RULES = [
  'consent',
  'blocked',
  'upstream-owner',
  'open-service-session',
  'journey-reply',
  'support-request',
  'keyword-over-journey',
  'invalid-reply',
  'reserved-keyword',
  'default-app',
  'unmatched',
  'unrouted',
  'survey-answer', // to what was asked after a service session: noted, and nobody acts
  'observed', // reactions, edits, deletions, receipts: stored, nothing changes
  'upstream-released',
  'merged', // two conversations of one contact became one
  'journey-paused', // a reply to a paused journey: kept until it goes on
  'journey-started', // by something other than a customer message
  'journey-held', // the same, while service is open
  'journey-went-on', // by itself: a timer, an event, a message that was not delivered
  'message-capped', // a journey's message would have been one too many
  'journey-changed', // a run was ended or moved by somebody
  'journey-ended',
  'journey-handed-off', // a hand-off step or a time-out branch, not a reply
  'service-changed', // a status change inside service
  'service-answered', // a bot answered, and nothing else changed
  'service-ended',
  'service-error',
  'service-level', // a queue is about to miss, or has missed, what it is to keep
  'queue-policy', // nobody can take the work: what the queue says is done
  'supervision', // a supervisor moved a session; of a routing group: acted for an agent, or drained a queue
  'service-requested', // an agent or the API opens a service session
  'timer',
  'send',
] as const
export type Rule = (typeof RULES)[number]

/** One sentence per rule, for people. */
export const RULE_MEANING: Record<Rule, string> = {
  consent: 'the whole message is an opt-out, opt-in or help word',
  blocked: 'the contact is blocked: the message is stored and nobody acts',
  'upstream-owner': 'the thread is held by the phone app or an upstream agent: Baton only observes',
  'open-service-session': 'a service session is open, and service keeps the conversation',
  'journey-reply': 'the message is a valid reply to the question a journey is waiting on',
  'support-request': 'the customer asked for support while marketing owned the conversation',
  'keyword-over-journey': "the message is another journey's keyword and the waiting step may be interrupted",
  'invalid-reply': 'the message is no valid reply to the question a journey is waiting on',
  'reserved-keyword': 'a reserved keyword, allowed for the number, and no service session is open',
  'default-app': "nothing more specific applied: the number's default app",
  unmatched: 'marketing is the default and no journey takes the message',
  unrouted: 'no app is connected: the message waits in the unrouted inbox',
  'survey-answer': 'the message answers the survey after a service session: it is noted, and nobody acts',
  observed: 'stored; it changes nothing',
  'upstream-released': 'the upstream owner gave the thread back',
  merged: 'this conversation and another of the same contact became one',
  'journey-paused': 'the message answers a paused journey: it is kept until the journey goes on, up to a maximum age',
  'journey-started': 'a journey was started by something other than a customer message',
  'journey-held': 'a journey start waits until the service session has ended',
  'journey-went-on': 'a journey run went on by itself: an event came, or a message was not delivered',
  'message-capped': 'the customer had as much marketing lately as the journey allows, so its message was not sent now',
  'journey-changed': 'somebody ended a journey run, or moved it to another step',
  'journey-ended': 'the journey run reached its end',
  'journey-handed-off': 'a journey step handed the conversation to service',
  'service-changed': 'the service session changed its status or participant',
  'service-answered': 'the participant who holds the service session answered',
  'service-ended': 'the service session was ended',
  'service-error': 'the service session failed',
  'queue-policy': 'the queue is drained, closed, full or has nobody online: it says what becomes of the work',
  supervision: 'a supervisor re-assigned the conversation or took it over; or changed an agent, or drained a queue',
  'service-level': 'the time within which the queue is to serve the customer is nearly over, or is over',
  'service-requested': 'an agent or the API opened a service session',
  timer: 'a timer was due',
  send: 'a message was requested',
}
