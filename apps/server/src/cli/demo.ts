// `baton demo`: the stories, played over real HTTP on a Baton of their own; exit code 1 when one is not as it should be.
import { playStory } from '../demo/play.ts'
import { setStage } from '../demo/stage.ts'
import { STORIES } from '../demo/stories.ts'
import type { Environment } from './environment.ts'
import type { Report, Terminal } from './output.ts'

/** `only`: stories whose title contains it. Lines are printed as the stories end. */
export async function runDemo(environment: Environment, terminal: Terminal, json: boolean, only?: string): Promise<Report> {
  const stories = STORIES.filter(({ title }) => only === undefined || title.toLowerCase().includes(only.toLowerCase()))
  if (stories.length === 0) return { exit: 2, text: `no story has "${only}" in its title`, data: { problem: 'no-story' } }
  const stage = await setStage({ configDir: environment.configDir, databaseUrl: null })
  const results = []
  let phone = 12_025_550_200
  try {
    for (const story of stories) {
      const print = (line: string) => {
        if (!json) terminal.out(line)
      }
      // One after the other: they share the agents and the clock.
      // oxlint-disable-next-line no-await-in-loop
      results.push(await playStory(stage, story, () => String((phone += 1)), print))
    }
  } finally {
    await stage.close()
  }
  const failed = results.filter(({ passed }) => !passed)
  return {
    exit: failed.length === 0 ? 0 : 1,
    text: `\n${results.length - failed.length} of ${results.length} stories as they should be`,
    data: { stories: results },
  }
}
