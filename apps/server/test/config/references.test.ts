import t from 'tap'
import { resolveReference } from '../../src/config/references.ts'
import { resolveAccount } from '../../src/config/numbers.ts'
import { compileFiles } from '../../src/config/compile.ts'
import { SECRETS, VALID } from './fixtures/valid.ts'

const sources = {
  env: { TOKEN: 'from-env', EMPTY: '' },
  readFile(path: string) {
    if (path === '/run/secrets/token') return 'from-file\n'
    if (path === '/run/secrets/empty') return '\n'
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
  },
}

await t.test('env:NAME and file:PATH lead to their values', async (t) => {
  t.same(resolveReference('env:TOKEN', sources), { kind: 'value', value: 'from-env' })
  t.same(resolveReference('file:/run/secrets/token', sources), { kind: 'value', value: 'from-file' }, 'without the line end of the file')
})

await t.test('what is unset, empty or unreadable is missing, and the fix says what to do', async (t) => {
  for (const reference of ['env:NOTHING', 'env:EMPTY', 'file:/run/secrets/empty', 'file:/nowhere', 'plain-text']) {
    const found = resolveReference(reference, sources)
    t.equal(found.kind, 'missing', reference)
    t.ok(found.kind === 'missing' && found.fix.length > 0)
  }
})

await t.test('what a reference leads to must be usable, and is not repeated when it is not', async (t) => {
  const account = compileFiles(VALID, { dir: 'config' }).result?.numbers[1]?.account
  if (account === undefined) throw new Error('the valid configuration has two numbers')
  const env = { ...SECRETS, WHATSAPP_BASE_URL: 'not-a-url-but-maybe-a-secret' }
  const resolved = resolveAccount(account, { env, readFile: () => '' })
  t.match(resolved, { kind: 'missing', missing: [{ path: ['baseUrl'] }] })
  t.notOk(JSON.stringify(resolved).includes('maybe-a-secret'))
})
