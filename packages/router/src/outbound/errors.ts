/** Why a message came to nothing after it had left the gate, and what the sender raises alarms for. */
export const OUTBOUND_ERRORS = {
  'send-expired':
    'The reply window closed while the message waited (a halted number, tries that failed), so it was not sent. Send a template instead.',
  'customer-opted-out':
    'The customer told the provider to stop marketing messages. Their preference is recorded; do not send them marketing.',
  'template-unusable':
    'The provider paused or disabled the template. It is not sent again until the provider lists it as approved; mend it there.',
  'provider-refused': 'The provider refused the message for good. Its own code and words are in the reason.',
  'provider-code-unknown':
    'The provider refused a message with a code that its documentation did not name. Look it up there; such messages are not tried again.',
  'tries-exhausted':
    'The provider kept failing until the tries were used up. Its last words are in the reason; look at its status page and send again.',
  'number-not-configured':
    'The message is for a number that is not in the published configuration. Add the number, or end what still sends from it.',
  'number-halted':
    'The provider stopped the number or its token (access, payment, policy). Nothing is sent from it and everything waits. Solve it with the provider, then release the number.',
  'send-unconfirmed':
    'The message may or may not have been sent: no answer and no status came, and it is not repeated. Ask the customer or look at the thread.',
  'delivery-stuck': 'A call or command inside Baton could not be delivered several times. It is tried on; look for what fails in the log.',
} as const
