// From a published version to what a process runs with: compiled, with every reference followed.
import type { WhatsAppAccount } from '@baton/adapters'
import type { BotSettings } from '@baton/omni'
import type { Settings } from '@baton/router'
import { compileFiles } from './compile.ts'
import type { ConfigFiles } from './files.ts'
import { resolveAccount } from './numbers.ts'
import { hasErrors, type Problem } from './problem.ts'
import { resolveReference, type ReferenceSources } from './references.ts'
import type { ConfigVersion, TemplateRow } from './store.ts'
import { parseYaml } from './yaml-document.ts'

type TemplateMap = Settings['templates']

export interface ActiveConfiguration {
  version: number
  settings(templates: TemplateMap): Settings
  numberOf(account: string): string | null
  accounts: ReadonlyMap<string, WhatsAppAccount>
  appSecrets: string[]
  verifyTokens: string[]
  bots: ReadonlyMap<string, BotSettings>
  secret(reference: string): string | null
}

export function activate(
  { version, files }: Pick<ConfigVersion, 'version' | 'files'>,
  older: readonly ConfigFiles[],
  sources: ReferenceSources,
): { kind: 'active'; active: ActiveConfiguration } | { kind: 'invalid'; problems: Problem[] } {
  const { problems, result } = compileFiles(files, { dir: 'config', older })
  if (result === null) return { kind: 'invalid', problems }

  const accounts = new Map<string, WhatsAppAccount>()
  const document = parseYaml('config/numbers.yaml', files['numbers.yaml'] ?? '')
  for (const [index, { settings, account }] of result.numbers.entries()) {
    const resolved = resolveAccount(account, sources)
    if (resolved.kind === 'resolved') accounts.set(settings.id, resolved.account)
    else
      problems.push(
        ...resolved.missing.map(({ path, message, fix }) => document.problem(['numbers', index, 'whatsapp', ...path], message, fix)),
      )
  }
  if (hasErrors(problems)) return { kind: 'invalid', problems }

  const numbers = new Map(result.numbers.map(({ settings }) => [settings.id, settings]))
  const byAccount = new Map(result.numbers.map(({ settings, account }) => [account.phoneNumberId, settings.id]))
  const all = [...accounts.values()]
  return {
    kind: 'active',
    active: {
      version,
      settings: (templates) => ({ version, numbers, consent: result.consent, engines: result.engines, templates }),
      numberOf: (account) => byAccount.get(account) ?? null,
      accounts,
      appSecrets: [...new Set(all.flatMap((account) => account.appSecrets))],
      verifyTokens: [...new Set(all.flatMap((account) => account.verifyToken ?? []))],
      bots: result.engines.omni.bots,
      secret(reference) {
        const found = resolveReference(reference, sources)
        return found.kind === 'value' ? found.value : null
      },
    },
  }
}

/** By `name/language`. Where business accounts disagree about a template it is left out: then the provider judges. */
export function templateMap(rows: readonly TemplateRow[]): TemplateMap {
  const map = new Map<string, { status: string; category: string }>()
  const disputed = new Set<string>()
  for (const { name, language, status, category } of rows) {
    const key = `${name}/${language}`
    const before = map.get(key)
    if (before !== undefined && (before.status !== status || before.category !== category)) disputed.add(key)
    map.set(key, { status, category })
  }
  for (const key of disputed) map.delete(key)
  return map
}

export function sameTemplates(a: TemplateMap, b: TemplateMap): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([key, { status, category }]) => b.get(key)?.status === status && b.get(key)?.category === category)
}
