// SIGTERM: a deployment. Each process is told to end and comes back before the next is told; the sender of webhooks sees nothing of it.
import type { Fault, Stage } from '../stage.ts'

async function oneAfterTheOther(stage: Stage): Promise<void> {
  await stage.share(0.1)
  for (const each of stage.processes) {
    const code = await each.end('SIGTERM')
    if (code !== 0) stage.note(`process ${each.name} ended with code ${code}, not 0`)
    await each.start()
  }
}

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  what: 'SIGTERM of one after the other under load',
  play: oneAfterTheOther,
  quietSender: true,
}
