// The stories: each shows what a rule is for. Who says what, what must follow.
import type { Story } from './story.ts'

const HOUR = 3_600_000

const mary: Story = {
  title: 'Mary: marketing, a question, the bot, an agent who sees it all, and a coupon at the end',
  async play({ stage, meet, agent, check }) {
    const person = meet('main', 'Mary')
    const ana = agent('ana')
    await ana.goes('online')
    await stage.api('POST', '/journeys/spring-offer/runs', { number: 'main', to: person.phone, input: { first_name: 'Mary' } })
    await person.hears('our spring collection is here')
    const opened = await person.isAt({ owner: 'marketing', participant: 'journey:spring-offer' })
    check('a marketing session is open', opened.marketingSession?.status === 'open')
    person.says('Does it fit my kitchen?')
    await person.isAt({ rule: 'invalid-reply', owner: 'service', participant: 'bot:faq', status: 'active' })
    await person.hears('FAQ bot:')
    stage.botAnswers({ messages: ['FAQ bot: let me get a person for you.'], handOff: { targets: ['queue:general'] } })
    person.says('I would rather ask somebody')
    await person.hears('let me get a person')
    await ana.accepts(person)
    await person.isAt({ owner: 'service', status: 'active', participant: 'agent:ana' })
    const seen = await person.messages()
    check(
      'the agent sees the template that marketing sent',
      seen.some((message) => message.kind === 'template'),
    )
    check('and what the bot said', seen.filter((message) => message.author.kind === 'bot').length === 2)
    await ana.writes(person, 'Ana here. It fits every kitchen.')
    await person.hears('It fits every kitchen')
    await ana.ends(person)
    await person.isAt({ owner: 'none', status: 'ended' })
    person.says('coupon')
    await person.hears('10 % off today')
    await person.isAt({ rule: 'reserved-keyword', owner: 'marketing' })
    person.presses('yes')
    await person.hears('SAVE10')
    await person.isAt({ rule: 'journey-reply', owner: 'none' })
  },
}

const blocked: Story = {
  title: 'a keyword while a service session is open stays with service, and the record says what would have changed it',
  async play({ meet, check }) {
    const person = meet('main', 'Omar')
    person.says('My order did not arrive')
    const before = await person.isAt({ rule: 'default-app', owner: 'service' })
    person.says('coupon')
    await person.isAt({ rule: 'open-service-session', owner: 'service' })
    const decision = (await person.decisions()).findLast(({ rule }) => rule === 'open-service-session')
    const wanted = `would have gone to marketing (reserved-keyword) had service session ${before.serviceSession?.id} been ended`
    check(`the counterfactual: ${wanted}`, decision?.counterfactual?.text === wanted, decision?.counterfactual)
    check('no coupon was offered', !person.heard().some((text) => text.includes('10 %')))
  },
}

const failed: Story = {
  title: 'a bot that fails leaves a session in error; then the keyword goes to marketing',
  async play({ stage, meet, check }) {
    const person = meet('fragile', 'Lena')
    person.says('Is anybody there?')
    await person.isAt({ status: 'error', owner: 'none' })
    const { body } = await stage.api('GET', '/alarms?limit=100')
    check('an alarm says that nobody owns the conversation', JSON.stringify(body).includes('service-error-unowned'))
    person.says('coupon')
    await person.isAt({ rule: 'reserved-keyword', owner: 'marketing' })
    await person.hears('10 % off today')
  },
}

const promo: Story = {
  title: 'a number whose default is marketing: journeys answer, unless a service session is open',
  async play({ meet, agent }) {
    const person = meet('promo', 'Noor')
    person.says('hello')
    await person.hears('What can we do for you?')
    await person.isAt({ rule: 'reserved-keyword', owner: 'none' })
    person.says('coupon')
    await person.isAt({ owner: 'marketing' })
    person.says('support')
    await person.isAt({ rule: 'support-request', owner: 'service' })
    person.says('coupon')
    await person.isAt({ rule: 'open-service-session', owner: 'service' })
    const ana = agent('ana')
    await ana.goes('online')
    await ana.accepts(person)
    await ana.ends(person)
    await person.isAt({ status: 'ended' })
    person.says('coupon')
    await person.isAt({ rule: 'reserved-keyword', owner: 'marketing' })
  },
}

const only: Story = {
  title: 'only one app connected: it takes everything',
  async play({ meet, check }) {
    const marketing = meet('only-marketing', 'Ines')
    marketing.says('what is this')
    await marketing.isAt({ rule: 'unmatched', owner: 'none' })
    await marketing.hears('We will answer as soon as we can')
    marketing.says('hours')
    await marketing.isAt({ rule: 'reserved-keyword', owner: 'marketing' })
    marketing.presses('south')
    await marketing.hears('from 10 to 6')
    await marketing.isAt({ rule: 'journey-reply', owner: 'none' })
    const service = meet('only-service', 'Tom')
    service.says('coupon')
    await service.isAt({ rule: 'default-app', owner: 'service' })
    check('nobody offered Tom a coupon', !service.heard().some((text) => text.includes('10 %')))
  },
}

const stop: Story = {
  title: 'STOP during service: consent is recorded, service goes on, marketing ends',
  async play({ stage, meet, agent, check }) {
    const person = meet('main', 'Rosa')
    const ana = agent('ana')
    await ana.goes('online')
    person.says('I was charged twice')
    await ana.accepts(person)
    person.says('STOP')
    await person.hears('You will get no more offers')
    const found = await person.isAt({ rule: 'consent', owner: 'service', status: 'active', participant: 'agent:ana' })
    check('consent for marketing is withdrawn', found.consent.marketing === 'out')
    const refused = await stage.api('POST', '/messages', {
      number: 'main',
      to: person.phone,
      content: { kind: 'template', name: 'spring_offer', language: 'en', variables: { first_name: 'Rosa' } },
      marketing: true,
    })
    check('a campaign to Rosa is refused: opted-out', refused.body.code === 'opted-out', refused)
    check('Ana may still write', (await ana.writes(person, 'I see it. You get the money back.')) === null)
    await person.hears('You get the money back')
    await ana.ends(person)
  },
}

const silence: Story = {
  title: 'a question nobody answers: the journey takes its time-out branch',
  async play({ stage, meet }) {
    const person = meet('main', 'Kofi')
    person.says('coupon')
    await person.hears('10 % off today')
    await person.isAt({ owner: 'marketing' })
    await stage.advance(23 * HOUR + 60_000)
    await person.hears('Another time, then')
    await person.isAt({ owner: 'none' })
  },
}

const quick: Story = {
  title: 'two quick messages: the second is decided against what the first left behind',
  async play({ meet, check }) {
    const person = meet('main', 'Yuki')
    person.says('coupon')
    person.says('yes')
    await person.hears('SAVE10')
    await person.isAt({ rule: 'journey-reply', owner: 'none' })
    const rules = (await person.decisions()).filter(({ event }) => event.type === 'message.received').map(({ rule }) => rule)
    check('rules in order: reserved-keyword, journey-reply', rules.join() === 'reserved-keyword,journey-reply', rules)
    check('the offer came before the code', person.heard()[0]?.includes('10 %') === true)
  },
}

const twice: Story = {
  title: 'the provider delivers a webhook three times: one message, one answer',
  async play({ stage, meet, check }) {
    const person = meet('main', 'Sven')
    stage.emulator.addFault({ kind: 'duplicate-webhook', copies: 3, match: { customer: person.phone }, times: 1 })
    person.says('coupon')
    await person.hears('10 % off today')
    await stage.emulator.settled()
    const delivery = stage.emulator.webhooks().find(({ body }) => body.includes('"body":"coupon"') && body.includes(person.phone))
    const posts = delivery?.attempts.filter(({ status }) => status === 200).length
    check('the message was delivered three times', posts === 3, delivery)
    const messages = await person.messages()
    check('one message in the transcript', messages.filter(({ direction }) => direction === 'in').length === 1)
    check('one answer', person.heard().length === 1)
    await person.isAt({ owner: 'marketing' })
  },
}

const closing: Story = {
  title: 'the 24-hour window closes: free text is refused, a template goes, the next message opens it again',
  async play({ stage, meet, agent, check }) {
    const person = meet('main', 'Aida')
    const ana = agent('ana')
    await ana.goes('online')
    person.says('Is the shop open tomorrow?')
    await ana.accepts(person)
    await stage.advance(23 * HOUR)
    check('after 23 hours Ana may write', (await ana.writes(person, 'It is.')) === null)
    await person.hears('It is.')
    await stage.advance(HOUR)
    check('after 24 hours she may not: window-closed', (await ana.writes(person, 'From nine.')) === 'window-closed')
    check('the window is shown closed', (await person.conversation())?.replyWindow.open === false)
    const sent = await stage.api('POST', '/messages', {
      number: 'main',
      to: person.phone,
      content: {
        kind: 'template',
        name: 'appointment_reminder',
        language: 'en',
        variables: { first_name: 'Aida', day: 'tomorrow', time: '9' },
        header: { video: { url: 'https://media.example.com/shop.mp4' } },
      },
      purpose: 'utility',
    })
    check('a template is taken', sent.status === 202, sent)
    await person.hears('your appointment is on tomorrow')
    person.says('Thanks!')
    await stage.until(
      'an open window',
      async () => (await person.conversation())?.replyWindow.open,
      (open) => open === true,
    )
    check('and Ana may write again', (await ana.writes(person, 'You are welcome.')) === null)
    await ana.ends(person)
  },
}

export const STORIES: readonly Story[] = [mary, blocked, failed, promo, only, stop, silence, quick, twice, closing]
