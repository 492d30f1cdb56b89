// From a published version to what a process runs with: compiled, with every reference followed.
import type { WhatsAppAccount } from '@baton/adapters'
import type { BotSettings } from '@baton/omni'
import type { Settings, TemplateStatus } from '@baton/router'
import { compileFiles, type CompileOptions } from './compile.ts'
import { resolveAccount } from './numbers.ts'
import type { Outgoing } from './outgoing.ts'
import { keepsFromRunning, type Problem } from './problem.ts'
import { resolveReference, type ReferenceSources } from './references.ts'
import type { TemplateRow } from '../store/templates.ts'
import type { ConfigVersion } from '../store/config-versions.ts'
import { parseYaml } from './yaml-document.ts'

export interface ActiveConfiguration {
  version: number
  settings(templates: TemplatesByAccount): Settings
  numberOf(account: string): string | null
  accounts: ReadonlyMap<string, WhatsAppAccount>
  bots: ReadonlyMap<string, BotSettings>
  outgoing: Outgoing
  secret(reference: string): string | null
}

export type Activated =
  /** `borne`: for which it would not be published now. */
  { kind: 'active'; active: ActiveConfiguration; borne: Problem[] } | { kind: 'invalid'; problems: Problem[] }

export function activate(
  { version, files }: Pick<ConfigVersion, 'version' | 'files'>,
  { sources, ...options }: Pick<CompileOptions, 'read' | 'older'> & { sources: ReferenceSources },
): Activated {
  const { problems, result } = compileFiles(files, { dir: 'config', ...options })
  if (result === null) return { kind: 'invalid', problems: problems.filter(keepsFromRunning) }

  const accounts = new Map<string, WhatsAppAccount>()
  const missing: Problem[] = []
  const document = parseYaml('config/numbers.yaml', files['numbers.yaml'] ?? '')
  for (const [index, { settings, account }] of result.numbers.entries()) {
    const resolved = resolveAccount(account, sources)
    if (resolved.kind === 'resolved') accounts.set(settings.id, resolved.account)
    else
      missing.push(
        ...resolved.missing.map(({ path, message, fix }) => document.problem(['numbers', index, 'whatsapp', ...path], message, fix)),
      )
  }
  if (missing.length > 0) return { kind: 'invalid', problems: missing }

  const numbers = new Map(result.numbers.map(({ settings }) => [settings.id, settings]))
  const byAccount = new Map(result.numbers.map(({ settings, account }) => [account.phoneNumberId, settings.id]))
  return {
    kind: 'active',
    borne: problems.filter(({ onlyPublishing }) => onlyPublishing === true),
    active: {
      version,
      settings: (templates) => ({
        version,
        numbers,
        consent: result.consent,
        engines: result.engines,
        templates: new Map([...accounts].map(([id, { businessAccountId }]) => [id, templates.get(businessAccountId) ?? new Map()])),
      }),
      numberOf: (account) => byAccount.get(account) ?? null,
      accounts,
      bots: result.engines.omni.bots,
      outgoing: result.outgoing,
      secret(reference) {
        const found = resolveReference(reference, sources)
        return found.kind === 'value' ? found.value : null
      },
    },
  }
}

/** What the provider says of templates, by business account and then by `name/language`. */
export type TemplatesByAccount = ReadonlyMap<string, ReadonlyMap<string, TemplateStatus>>

export function templatesByAccount(rows: readonly TemplateRow[]): TemplatesByAccount {
  const accounts = new Map<string, Map<string, TemplateStatus>>()
  for (const { account, name, language, status, category } of rows) {
    const known = accounts.get(account) ?? new Map<string, TemplateStatus>()
    accounts.set(account, known.set(`${name}/${language}`, { status, category }))
  }
  return accounts
}

export function sameTemplates(a: TemplatesByAccount, b: TemplatesByAccount): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([account, templates]) => {
    const others = b.get(account)
    if (others?.size !== templates.size) return false
    return [...templates].every(([key, { status, category }]) => {
      const other = others.get(key)
      return other?.status === status && other.category === category
    })
  })
}
