/** Every code this package answers with: refusals, reasons of a failed session, alarms, findings in configuration. Codes are stable. */
export const ERRORS = {
  // Refusals: nothing changed.
  'no-session': 'no service session is open on this conversation; a customer message or an agent opens one',
  'session-over': 'the service session that was meant is not the open one; read the conversation again',
  'not-session-owner': 'only the agent who owns the service session, a supervisor or the API may do this',
  'wrong-status': 'the service session is in a status in which this cannot be done; read its status again',
  'unknown-target': 'the queue, bot or agent is not in the configuration; check the id, or publish it first',
  'window-closed': 'a bot cannot take over while the reply window is closed; choose a queue or an agent',
  'already-there': 'the service session is already with that queue, bot or agent',
  'malformed-event': 'the event lacks a member, or one has the wrong type; the message names it',
  'unknown-event': 'the service side knows no event of that name',
  'not-supported': 'the service side has nothing that can be started by name',
  'offer-gone': 'the offer was withdrawn, timed out, declined or accepted already; look at the open offers again',
  'offer-not-yours': 'the offer was made to another agent',
  'unknown-agent': 'the agent is not in config/queues.yaml',
  'turn-over':
    'the turn is answered, was given up, or is not of this bot or session: somebody else may have the customer, and the reply was not sent',
  // Why a service session failed.
  'no-target': 'no target of the hand-off, and no entry queue of the number, can take the conversation; check serviceSessions.entry',
  'bot-failed': 'the bot gave no usable answer; the alarm carries the reason',
  // Why a bot call came to nothing.
  'bot-unknown': 'the bot is not in config/bots.yaml',
  'bot-secret-missing': "the secret that the bot's configuration refers to is not set",
  'bot-timeout': 'the bot did not answer within its timeout',
  'bot-unreachable': 'no connection to the bot',
  'bot-address-refused':
    "the bot's name leads to an address that is not called, such as a link-local one; config/outgoing.yaml can allow its network",
  'bot-status': 'the bot answered with another HTTP status than 2xx; redirects are not followed',
  'bot-signature': "the bot's answer is not signed with its secret",
  'bot-circuit-open': 'the bot failed several times in a row and is not called for a while; see its circuit in the configuration',
  'bot-too-large': "the bot's answer is larger than allowed",
  'bot-malformed': "the bot's answer does not follow the documented shape",
  'bot-aborted': 'the call was aborted before the bot answered',
  'bot-no-answer': 'the answer to a bot call was lost; the session went to the fallback',
  'bot-send-failed': "a message of the bot was refused by the provider or by the gate, so the customer did not get the bot's answer",
  // Alarms.
  'target-unknown': 'a hand-off named a queue, bot or agent that is not configured; the next target was taken',
  'queue-starving': 'customers wait in the queue and nobody has taken one for longer than its starvationAfter',
  'callback-overdue': 'a customer who was promised to be called back still waits, long after the queue opened',
  'ended-unanswered': 'a service session ended by itself while the customer still waited for an answer; write to them',
  // Findings in configuration.
  'duplicate-id': 'two entries have the same id',
  'queue-without-members': 'nobody can serve the queue; list its members, or say in whenNobodyOnline where its work goes',
  'unknown-member': 'a member of the queue is not in the list of agents',
  'unknown-fallback': 'a fallback names a queue, bot or agent that is not configured',
  'fallback-closed': 'the queue that is to take over is closed at the same hours',
  'unknown-hours': 'the queue names hours that are not in config/queues.yaml',
  'skill-missing': 'nobody in the queue can do what it asks for',
  'too-heavy': 'one conversation takes more capacity than anybody in the queue has',
  'never-open': 'the hours have no opening within a year',
  'without-effect': 'what is written changes nothing',
  'fallback-circle': 'fallbacks lead back to where they started, so a failure would go round for ever',
  'agent-without-queue': 'the agent is a member of no queue and gets work only by transfer',
} as const
export type ErrorCode = keyof typeof ERRORS
