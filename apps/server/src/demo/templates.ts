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
]

function body(text: string, examples: Record<string, string>) {
  const named = Object.entries(examples).map(([param_name, example]) => ({ param_name, example }))
  return { type: 'BODY', text, example: { body_text_named_params: named } }
}

function quickReplies(...titles: string[]) {
  return { type: 'BUTTONS', buttons: titles.map((text) => ({ type: 'QUICK_REPLY', text })) }
}
