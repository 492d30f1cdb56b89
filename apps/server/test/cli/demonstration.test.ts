import t from 'tap'
import { planDemonstration } from '../../src/cli/demonstration.ts'
import { DEMO_SECRETS } from '../../src/whatsapp/emulation.ts'

const files = { 'numbers.yaml': 'baseUrl: env:WHATSAPP_BASE_URL' }
const local = { emulator: null, host: '127.0.0.1' }

await t.test('the demonstration is on when the configuration wants a base URL that is not set', async (t) => {
  const plan = planDemonstration(local, { FAQ_BOT_SECRET: 'mine' }, files)
  t.equal(plan.kind, 'on')
  const variables = plan.kind === 'on' ? plan.variables('http://127.0.0.1:8080/emulated') : {}
  t.equal(variables['WHATSAPP_BASE_URL'], 'http://127.0.0.1:8080/emulated')
  t.notOk('FAQ_BOT_SECRET' in variables, 'what is set stays')
  t.match(variables, DEMO_SECRETS)
})

await t.test('it is off when the base URL is set, not asked for, or the emulator is switched off', async (t) => {
  t.equal(planDemonstration(local, { WHATSAPP_BASE_URL: 'https://graph.facebook.com' }, files).kind, 'off')
  t.equal(planDemonstration(local, {}, { 'numbers.yaml': 'baseUrl: https://graph.facebook.com' }).kind, 'off')
  t.equal(planDemonstration({ ...local, emulator: false }, {}, files).kind, 'off')
})

await t.test('numbers at a base URL of their own get no secrets that everybody knows, also beside the emulator', async (t) => {
  const plan = planDemonstration({ ...local, emulator: true }, { WHATSAPP_BASE_URL: 'https://graph.facebook.com' }, files)
  t.strictSame(plan.kind === 'on' && plan.variables('http://127.0.0.1:8080/emulated'), {})
})

await t.test('public secrets are not served to the network unless somebody says so', async (t) => {
  t.match(planDemonstration({ ...local, host: '0.0.0.0' }, {}, files), { kind: 'refused', message: /BATON_EMULATOR=on/ })
  t.equal(planDemonstration({ emulator: true, host: '0.0.0.0' }, {}, files).kind, 'on')
})

await t.test('real secrets without the base URL are half an environment, and never the emulator’s, whoever asks for it', async (t) => {
  for (const emulator of [null, true]) {
    for (const name of Object.keys(DEMO_SECRETS)) {
      const plan = planDemonstration({ ...local, emulator }, { [name]: 'real' }, files)
      t.match(plan, { kind: 'refused', message: new RegExp(`^WHATSAPP_BASE_URL is not set, but ${name} is, .* set WHATSAPP_BASE_URL`) })
    }
    const env = { WHATSAPP_APP_SECRET: 'real', WHATSAPP_VERIFY_TOKEN: 'real', WHATSAPP_ACCESS_TOKEN: '' }
    t.match(planDemonstration({ ...local, emulator }, env, files), { message: /WHATSAPP_APP_SECRET and WHATSAPP_VERIFY_TOKEN are/ })
  }
})
