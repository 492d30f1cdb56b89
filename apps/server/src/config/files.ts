// A configuration as files: path inside the configuration directory → text, exactly as written.
import { readdir, readFile, writeFile } from 'node:fs/promises'
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

/** What the tests of a journey said when somebody last looked at it; null when that was never kept. */
export async function readTranscript(dir: string, journey: string): Promise<string | null> {
  const names = await entries(path.join(dir, 'journeys'))
  const name = `${journey}.transcript.txt`
  return names.includes(name) ? readFile(path.join(dir, 'journeys', name), 'utf8') : null
}

export async function writeTranscript(dir: string, journey: string, text: string): Promise<void> {
  await writeFile(path.join(dir, 'journeys', `${journey}.transcript.txt`), text)
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
