// A configuration as files: path inside the configuration directory → text, exactly as written.
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** `numbers.yaml`, `journeys/coupon.yaml`, … with forward slashes. */
export type ConfigFiles = Readonly<Record<string, string>>

/** Reads the YAML files of a directory and of its `journeys/`; journey tests and generated schemas are no configuration.
 * `absent` when there is no such directory or no YAML in it. */
export async function readConfigFiles(dir: string): Promise<{ kind: 'files'; files: ConfigFiles } | { kind: 'absent' }> {
  const names = [...(await yamlFiles(dir, '')), ...(await yamlFiles(dir, 'journeys/'))].toSorted()
  if (names.length === 0) return { kind: 'absent' }
  const texts = await Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')))
  return { kind: 'files', files: Object.fromEntries(names.map((name, index) => [name, texts[index] as string])) }
}

/** The test files beside the journeys. */
export async function readJourneyTests(dir: string): Promise<ConfigFiles> {
  const names = (await entries(path.join(dir, 'journeys'))).filter((name) => /\.test\.ya?ml$/.test(name)).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(path.join(dir, 'journeys', name), 'utf8')))
  return Object.fromEntries(names.map((name, index) => [`journeys/${name}`, texts[index] as string]))
}

async function yamlFiles(dir: string, prefix: string): Promise<string[]> {
  const names = await entries(path.join(dir, prefix))
  return names.filter((name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name)).map((name) => prefix + name)
}

async function entries(dir: string): Promise<string[]> {
  try {
    const found = await readdir(dir, { withFileTypes: true })
    return found.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}
