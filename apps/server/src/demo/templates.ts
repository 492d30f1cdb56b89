// Pure. The templates that the shipped journeys send, as the emulated provider has approved them, in its own shape.
import type { EmulatorOptions } from '@baton/adapters/emulator'

export const DEMO_TEMPLATES: NonNullable<EmulatorOptions['templates']> = [
  {
    name: 'spring_offer',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [
      body('Hello {{first_name}}, our spring collection is here. Want 10 % off?', { first_name: 'Mary' }),
      quickReplies('Yes please', 'Not now'),
    ],
  },
  {
    name: 'appointment_reminder',
    language: 'en',
    category: 'UTILITY',
    parameter_format: 'NAMED',
    components: [
      { type: 'HEADER', format: 'VIDEO' },
      body('Hello {{first_name}}, your appointment is on {{day}} at {{time}}. Will you come?', {
        first_name: 'Mary',
        day: 'Monday',
        time: '10:30',
      }),
      quickReplies('I will come', 'Another day'),
    ],
  },
  {
    name: 'basket_reminder',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [
      body('Hello {{first_name}}, {{item}} is still in your basket. Any question about it?', { first_name: 'Mary', item: 'a lamp' }),
      quickReplies('I have a question', 'No thanks'),
    ],
  },
  {
    name: 'we_miss_you',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [
      body('Hello {{first_name}}, it has been a while. Shall we show you what is new?', { first_name: 'Mary' }),
      quickReplies('Show me', 'Not now'),
    ],
  },
  {
    name: 'we_miss_you_last',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [
      body('{{first_name}}, this is the last time we ask. Want 10 % off?', { first_name: 'Mary' }),
      quickReplies('Show me', 'Not now'),
    ],
  },
  {
    name: 'confirm_opt_in',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [body('Please confirm that we may send you offers.', {}), quickReplies('I confirm', 'Rather not')],
  },
]

function body(text: string, examples: Record<string, string>) {
  if (Object.keys(examples).length === 0) return { type: 'BODY', text }
  const named = Object.entries(examples).map(([param_name, example]) => ({ param_name, example }))
  return { type: 'BODY', text, example: { body_text_named_params: named } }
}

function quickReplies(...titles: string[]) {
  return { type: 'BUTTONS', buttons: titles.map((text) => ({ type: 'QUICK_REPLY', text })) }
}
