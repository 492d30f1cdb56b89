// Pure. Secrets that somebody wrote into a call instead of a reference: a definition is stored for good, and read by many.
import { checkTemplate, variablesOf } from '../templates.ts'
import type { Path } from '../steps/step.ts'

/** What carries a secret in nearly every API. */
const HEADERS = /^((proxy-)?authorization|cookie|(x-)?api-?key|(x-)?(auth|access)-token)$/i
const SCHEMES = /^\s*(bearer|basic)\s/i
const PARAMETERS = /^(key|(api|access|auth|subscription)[_.-]?key|(.*[_.-])?token|(api|auth|access)token|(client[_.-]?)?secret|password)$/i

/** Where a secret seems to be written out; it is never repeated. What comes from a variable, such as the token of an earlier answer, is none. */
export function writtenSecrets({
  url,
  headers,
}: {
  url: string
  headers: Readonly<Record<string, string>>
}): { path: Path; code: 'call-secret-written' | 'call-secret-in-address'; fix: string }[] {
  const inHeaders = Object.entries(headers)
    .filter(([name, value]) => (HEADERS.test(name) || SCHEMES.test(value)) && isLiteral(value))
    .map(([name]) => ({
      path: ['headers', name],
      code: 'call-secret-written' as const,
      fix:
        name.toLowerCase() === 'authorization'
          ? 'put it into the environment, and write bearer: env:NAME, or the whole header as authorization: env:NAME'
          : `put it into the environment, and write ${name}: env:NAME`,
    }))
  const inAddress = [...url.matchAll(/[?&]([\w.-]+)=([^&#]+)/g)].some(
    ([, name = '', value = '']) => PARAMETERS.test(name) && isLiteral(value),
  )
  if (!inAddress) return inHeaders
  const fix = 'put it into the environment, and send it as a header where the server takes it so: headers: { x-api-key: env:NAME }'
  return [{ path: ['url'], code: 'call-secret-in-address', fix }, ...inHeaders]
}

/** A part of a text that is cut off within a variable is no text by itself. */
function isLiteral(value: string): boolean {
  return !/^(env|file):/.test(value) && checkTemplate(value) === null && variablesOf(value).length === 0
}
