/** Codes of refusals, alarms and lint findings of the journeys engine: what it means and what to do. */
export const ERRORS = {
  // refusals: the input cannot apply and nothing changed
  'journey-unknown': 'no published journey has this id; check the id, or publish the journey',
  'journey-not-on-number': 'the journey does not run on this number; add the number to its `numbers`',
  'journey-input-missing': 'the journey declares inputs that the start did not give; give every one of them',
  'journey-re-entry': 'the entry rule of the journey does not let this contact in again yet',
  'journey-capped': 'the contact was brought into as many marketing journeys lately as the entry allows; wait, or raise `entry.cap`',
  'journey-too-many-runs': 'the contact is in twenty journey runs already; wait until some have ended',
  'journey-opted-out': 'the contact has opted out of marketing; only utility journeys may start',
  'journey-paused': 'the journey is paused, so nobody enters it; set its status to active, or wait until somebody does',
  'journey-retired': 'the journey is retired: whoever is in it finishes, and nobody enters any more',
  'journey-event-unknown': 'no published journey starts, waits or exits by this event; check its name',
  'journey-run-unknown': 'the conversation has no journey run of this id; list its runs',
  'journey-run-over': 'the journey run is over, so it cannot be moved; start the journey again',
  'journey-run-elsewhere': 'the journey run is not at the step it was to be moved from; look where it is',
  'journey-run-handed-off':
    'the journey run gave the conversation to service, and comes back by its own version; it is migrated when it has come back',
  'journey-run-step-unknown': 'the version of the journey that the run is pinned to has no such step; check its name',
  'journey-not-waiting': 'no journey run waits for a reply, so the message belongs to nobody here',
  'journey-input-unsupported': 'the marketing engine has no use for this input; it is a service input or a later release knows it',
  // alarms: a run failed and somebody should look
  'journey-loop':
    'a run made more than 50 steps on one input, or asked ten times in a row what could not be delivered, and was stopped; put a wait into the loop',
  'journey-variable-unbound': 'a message needs a variable that has no value; it was not sent. Give the variable, or a `default` filter',
  'journey-condition-failed': 'a branch condition could not be evaluated and counted as not met; guard it with has(…)',
  'journey-version-missing': 'a run is pinned to a version of its journey that is no longer published; the run was stopped',
  'journey-step-missing': 'a run stands at a step its version does not have; the run was stopped',
  'journey-prompt-undelivered': 'a question could not be delivered and its step has no deliveryFailed branch; the run was stopped',
  'journey-wait-unreadable': 'the date or time zone of a wait step could not be read; the run was stopped',
  'journey-no-service': 'a run wanted to hand off, but no service app is connected to the number; the run was stopped',
  'journey-choices-invalid': 'a question came out without distinct choices after its variables were filled in; it was not sent',
  'journey-not-startable': 'a step wanted to start another journey, which may not start now; the run went on without it',
  'journey-handed-off': 'the journey was not started, as another one has just handed the conversation to service',
  'journey-paused-too-long':
    'a run waited longer than `pause.maxAge` for its paused journey and was stopped; what the customer wrote was decided again',
  'call-not-made':
    'an HTTP step did not make its call: its host, or its secret there, is not allowed, or the secret is not set; the run took its error branch',
  'call-unmakeable': 'the variables of an HTTP step made an address, header or size that is not sent; the run took its error branch',
  // calls: why an HTTP step took its error branch, as its history and the results of the journey say
  'call-timeout': 'the server did not answer within the timeout of the step',
  'call-unreachable': 'no connection to the server',
  'call-status': 'the server answered with another status than 2xx; results count it by that status. Redirects are not followed',
  'call-not-json': 'the answer is not JSON, and the step wants values of it',
  'call-value-missing': 'a value that the step wants is not in the answer, and has no default',
  'call-too-large': 'the answer is larger than 256 KB, or the values to keep of it are larger than 8,000 characters',
  'call-address-refused':
    'the name of the server leads to an address that is not of the public internet; config/outgoing.yaml can allow its network',
  'call-host-refused': 'the server is not among the hosts of config/outgoing.yaml, where it may have been earlier',
  'call-secret-refused':
    'the secret may not be sent to the server: config/outgoing.yaml does not list it with the host, or the address is plain http; list it under `secrets` of the host, or call by https',
  'call-secret-missing': 'the secret that the step refers to is not set in the process that makes the call',
  'call-aborted': 'the process stopped before the server answered',
  'call-lost': 'nobody made the call or answered for it',
  // lint findings
  'call-without-error-branch': 'an HTTP step does not say where to go when its call fails; add onError',
  'call-secret-written': 'an HTTP step has a secret written out in a header; put it into the environment and write a reference, env:NAME',
  'call-secret-in-address':
    'an HTTP step seems to have a secret written out in its address, where references are not read; send it as a header if the server takes it so',
  'step-unknown': 'a branch leads to a step that does not exist',
  'step-unreachable': 'no path from the start leads to the step',
  'no-end': 'no end or hand-off can be reached from the step: a run could never finish',
  'loop-without-pause':
    'a loop, of steps or of journeys that start each other, has no ask and no wait: it would go on without end. A wait until a date is none, as the date may be past',
  'option-without-branch': 'an option of the question has no branch under `on` and there is no `valid` branch',
  'branch-without-option': 'a branch under `on` names no option of the question',
  'options-alike':
    'the titles of two options of a question differ only by capitals or spaces, so that a typed answer is either; name one otherwise',
  'variable-unknown': 'an expression names a variable that the journey never sets',
  'attribute-reserved':
    'a step keeps an attribute under a name by which contacts are known (id, name, username, phone, userId, parentUserId, tags); name it otherwise',
  'variable-may-be-missing': 'a text uses a contact attribute without a default; the send is refused for contacts without it',
  'keyword-empty': 'a keyword has nothing but white space, which no message is compared with; write a word',
  'keyword-collision': 'two journeys of one number are started by the same keyword; give one of them a priority',
  'keyword-language-tie': 'two journeys share a keyword in different languages; for contacts of unknown language the first by id wins',
  'option-is-keyword': 'an answer of a question that may always be interrupted is the keyword of another journey, which always wins',
  'journey-not-there': 'a step starts a journey that does not exist or is retired',
  'start-without-input': 'a step starts a journey without giving it the inputs that it declares',
  'entry-collision': 'two journeys of one number take every message, or every advertisement; keep one, or give one a priority',
  'cap-of-utility': 'a cap counts and limits marketing journeys, and this is none; remove the cap, or set the purpose',
  'entry-impossible': 'the journey has inputs, so a customer message cannot start it; remove the entry or the inputs',
  'pause-outlives-window': 'a reply may wait longer for the paused journey than its reply window is open; shorten `pause.maxAge`',
  'journey-duplicate': 'two files define the same journey id',
  'outside-reply-window':
    'a free-form message may be due when the reply window is closed; send a template, wait less, or branch on `window.open` before it',
} as const

export type ErrorCode = keyof typeof ERRORS
