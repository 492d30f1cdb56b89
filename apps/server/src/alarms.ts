/** Every alarm: what has happened, and what to do. docs/operating.md shows them, and a test holds them against what is raised. */
export const ALARMS: Readonly<Record<string, { meaning: string; action: string }>> = {
  // Numbers and sending.
  'number-halted': {
    meaning: 'The provider stopped a number or its token; nothing is sent from it and everything waits.',
    action: 'Solve it with the provider, then `POST /api/v1/numbers/{id}/release`.',
  },
  'account-notice': {
    meaning: 'The provider says something about a number, template or business account; its words are in `detail`.',
    action: 'Read it, and act in the provider’s console if it asks for something.',
  },
  'number-not-configured': {
    meaning: 'A message was to leave from a number that is not in the configuration in force; it failed.',
    action: 'Add the number to `config/numbers.yaml` and publish, or end what still sends from it.',
  },
  'send-unconfirmed': {
    meaning: 'A message may or may not have been sent: no answer came and no status since. It is not repeated.',
    action: 'Look at the thread at the provider, or ask the customer; send again by hand if it did not arrive.',
  },
  'provider-code-unknown': {
    meaning: 'The provider refused a message with a code that its documentation did not name; once a day for each code.',
    action: 'Look the code up at the provider, and report it: how such messages are treated may have to change.',
  },
  'send-refused': {
    meaning: 'A message of a journey, bot or system did not pass the gate; `code` says why.',
    action: 'Look the code up in errors.md. Many of one code point to a journey or template that needs changing.',
  },
  'message-held-too-long': {
    meaning: 'A marketing message waited for the end of a service session longer than `marketingHeldAtMost`; it failed.',
    action: 'Nothing, or let service end sessions sooner, or raise the limit.',
  },
  'journey-paused-too-long': {
    meaning:
      'A run waited at a paused journey for longer than `pause.maxAge` and ended; what the customer wrote meanwhile was decided again.',
    action: 'Resume the journey (`status: active`) sooner, or retire it; read the conversation.',
  },
  'journey-held-too-long': {
    meaning: 'A journey start waited for the end of a service session longer than `marketingHeldAtMost`; it was dropped.',
    action: 'Start it again if it still matters.',
  },
  // Customers whom nobody has.
  'unrouted-message': {
    meaning: 'A customer wrote to a number that has no app connected; the message waits in the unrouted inbox.',
    action: 'Name an app under `apps` of the number; answer what waits (`GET /api/v1/unrouted`).',
  },
  'unmatched-message': {
    meaning: 'Marketing is the default, no journey took the message, and `incoming.unmatched` is `ignore`.',
    action: 'Look at what customers write; add a keyword, or let such messages go to service.',
  },
  'service-error-unowned': {
    meaning: 'A service session failed and there was no fallback: nobody has the customer.',
    action: 'Take the conversation over by hand, and give the bot or hand-off a fallback.',
  },
  'hand-off-without-service': {
    meaning: 'Marketing wanted to hand a customer over, and the number has no service app.',
    action: 'Name one under `apps.service`, or take the hand-off out of the journey.',
  },
  'queue-starving': {
    meaning: 'Customers wait in a queue and nobody has taken the oldest for longer than its `starvationAfter`.',
    action: 'Bring agents online, or add members to the queue who have the skills its work asks for.',
  },
  'engine-silent': {
    meaning:
      'The routing engine of a queue has sent no heartbeat for longer than its `silence`: Baton gives out the work itself, by `otherwise`.',
    action: 'Look after the engine; with its next heartbeat the queue is its own again.',
  },
  'service-level-at-risk': {
    meaning: 'A customer has waited for the share `warnAt` of the time within which their queue is to serve them (`objective`).',
    action: 'Take the customer, bring agents online, or let the queue overflow (`maxWait`).',
  },
  'service-level-missed': {
    meaning: 'A customer had no agent, or no answer of one (`objective`), within the `serviceLevel` of their queue.',
    action: 'Serve the customer. Many of one queue: see `GET /api/v1/measures?by=hour&queue=…` for when it lacks agents.',
  },
  'callback-overdue': {
    meaning: 'A customer who was promised to be called back still waits, long after their queue opened.',
    action: 'Look at `GET /api/v1/callbacks`; bring agents online, or transfer the session to somebody.',
  },
  'ended-unanswered': {
    meaning: 'A service session ended by itself while its customer still waited in a queue.',
    action: 'Write to the customer. Let the queue promise a callback, or raise `serviceSessions.autoEndAfter`.',
  },
  // Service.
  'service-session-error': {
    meaning: 'A service session ended with an error; the customer went to the fallback if there is one.',
    action: 'Read the decision of that moment (`baton explain <conversation>`).',
  },
  'bot-failed': {
    meaning: 'A bot gave no usable answer; `reason` is a code of errors.md. The fallback has the customer.',
    action: 'Repair the bot.',
  },
  'target-unknown': {
    meaning: 'A hand-off named a queue, bot or agent that is not configured; the next target was taken.',
    action: 'Correct the name where the hand-off comes from, or configure the target.',
  },
  'bots-in-circle': {
    meaning:
      'Bots wanted to hand a customer who wrote nothing meanwhile on to one another for the sixth time; `target`, a bot, was left out, and the next target that is no bot taken.',
    action: 'Look at why they do: each seems to think that it is the other who knows. One of them should hand off to a queue.',
  },
  // Journeys.
  'journey-failed': {
    meaning: 'A journey run failed; `reason` says how.',
    action: 'Look at the alarm of the same moment, and at the journey.',
  },
  'journey-not-started': {
    meaning: 'A journey that a message, or the end of a service session, was to start refused; `code` says why.',
    action: 'Look the code up in errors.md; answer by hand if a customer waits.',
  },
  'journey-loop': { meaning: 'A run made more than 50 steps on one input; it was stopped.', action: 'Put a wait or an ask into the loop.' },
  'journey-variable-unbound': {
    meaning: 'A text needed a variable without a value; it was not sent and the run was stopped.',
    action: 'Give the variable, or a `default` filter.',
  },
  'journey-condition-failed': {
    meaning: 'A condition of a branch could not be evaluated and counted as not met.',
    action: 'Guard it with `has(…)`.',
  },
  'journey-version-missing': {
    meaning: 'A run stands in a version of its journey that is no longer known; it was stopped.',
    action: 'Start the journey again for the customer if it still matters.',
  },
  'journey-step-missing': {
    meaning: 'A run stands at a step its version does not have; it was stopped.',
    action: 'Report it: versions are immutable, so this is a bug or a damaged database.',
  },
  'journey-prompt-undelivered': {
    meaning: 'A question did not reach the customer and its step has no `deliveryFailed` branch; the run was stopped.',
    action: 'Add the branch, and look at why the message failed.',
  },
  'journey-wait-unreadable': {
    meaning: 'The date or time zone of a wait step could not be read; the run was stopped.',
    action: 'Correct where the value comes from.',
  },
  'journey-no-service': {
    meaning: 'A run wanted to hand over, and the number has no service app; it was stopped.',
    action: 'Name one under `apps.service`.',
  },
  'attributes-refused': {
    meaning:
      'What was to be kept of a contact was not kept: what a journey (`by`: `marketing`) or bot (`service`) wrote down, or what another conversation of the contact knew when the two became one (`merge`). `reason`: a name by which contacts are known (`reserved`), or more than 100 attributes (`too-many`) or 8,000 characters of them (`too-large`). `names`: the first 20.',
    action:
      'Name it otherwise in the journey, or keep less: a `set` step or bot that sets what nobody reads any more to null removes it. What a merge left out is still shown by the conversation that ended (`from`).',
  },
  'bot-attributes-ignored': {
    meaning: 'A bot wanted to keep attributes of a contact (`names`) that it is not configured to learn; the rest of its answer counted.',
    action: 'Add them to `learns` of the bot in `config/bots.yaml`, if it is meant to; else look at what customers say to it.',
  },
  'call-not-made': {
    meaning:
      'An HTTP step of a journey did not make its call: `reason` says why; its run took the error branch, and so does every further one.',
    action:
      'Set the secret that `detail` names where the sender runs, or allow the host, its network, or the secret for that host in `config/outgoing.yaml`.',
  },
  'call-unmakeable': {
    meaning: 'Variables made an address, a header or a size that an HTTP step does not send; its run took the error branch.',
    action: 'Look at the variables of the step, and at what they accept.',
  },
  'journey-choices-invalid': {
    meaning: 'A question came out without distinct choices after its variables were filled in; it was not sent.',
    action: 'Look at the variables in its options.',
  },
  // Inside Baton.
  'event-set-aside': {
    meaning: 'An event failed again and again and is in the quarantine; its conversation goes on without it.',
    action: 'Read the reason there and report it: this is a bug.',
  },
  'delivery-stuck': {
    meaning: 'A call or command inside Baton failed several times; it is tried on.',
    action: 'Look for what fails in the log.',
  },
}
