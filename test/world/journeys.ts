// Journeys and settings that the stories share.

/** Offers ten per cent; no retries; an invalid reply goes to the bot, then the queue. */
export const COUPON = {
  journey: 'coupon',
  name: 'Coupon',
  entry: { keywords: ['coupon'] },
  start: 'offer',
  steps: {
    offer: {
      ask: {
        buttons: {
          body: '10 % off today. Want it?',
          options: [
            { id: 'yes', title: 'Yes' },
            { id: 'no', title: 'No thanks' },
          ],
        },
        retries: 0,
      },
      on: { yes: 'give', no: 'bye', invalid: { handOff: ['bot:faq', 'queue:general'] }, timeout: { after: '23h', goto: 'bye' } },
    },
    give: { send: { text: 'Your code: SAVE10' }, goto: 'done' },
    bye: { send: { text: 'Another time, then.' }, goto: 'done' },
    done: { end: 'completed' },
  },
}

/** Asks for a number, once more if need be, then hands off to the queue. */
export const SURVEY = {
  journey: 'survey',
  name: 'Survey',
  entry: { keywords: ['survey'] },
  start: 'stars',
  steps: {
    stars: {
      ask: { text: 'How many stars, 1 to 5?', accept: 'number', save: 'stars', retries: 1, again: 'A number from 1 to 5, please.' },
      on: { valid: 'thanks', invalid: { handOff: ['queue:general'] }, timeout: { after: '20h', goto: 'remind' } },
    },
    remind: { send: { text: 'Your opinion counts.' }, goto: 'done' },
    thanks: { send: { text: 'Thank you!' }, goto: 'done' },
    done: { end: 'completed' },
  },
}

/** Started by the API with a template that has two quick replies. */
export const REMINDER = {
  journey: 'reminder',
  name: 'Appointment reminder',
  start: 'remind',
  steps: {
    remind: {
      ask: {
        template: { name: 'appointment', language: 'en', variables: { name: "{{ contact.name | default: 'there' }}" } },
        options: [
          { id: 'confirm', title: 'Confirm' },
          { id: 'move', title: 'Move it' },
        ],
      },
      on: {
        confirm: 'thanks',
        move: 'desk',
        invalid: { handOff: ['bot:faq', 'queue:general'] },
        timeout: { after: '20h', goto: 'done' },
        deliveryFailed: 'done',
      },
    },
    thanks: { send: { text: 'See you then.' }, goto: 'done' },
    desk: { handOff: { to: ['queue:general'], note: 'wants another appointment' } },
    done: { end: 'completed' },
  },
}

export const DEFAULT_MARKETING = { incoming: { defaultApp: 'marketing' as const } }
export const ONLY_MARKETING = { apps: { marketing: 'journeys' }, incoming: { defaultApp: 'marketing' as const } }
