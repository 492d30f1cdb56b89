// Pure. The soak's samples as panels.
import type { Line, Panel } from './plot.ts'
import type { Sample } from './soak.ts'
import { bytesEachCustomer, bytesEachMessage } from './verdict.ts'

const MEGABYTE = 1_048_576

export function soakPanels(samples: readonly Sample[]): Panel[] {
  const line = (name: string, value: (sample: Sample, index: number) => number): Line => ({
    name,
    points: samples.map((sample, index) => ({ at: sample.at, value: value(sample, index) })),
  })
  return [
    {
      title: 'Latency, ms (logarithmic)',
      scale: 'log',
      lines: [
        line('ack p50', ({ ack }) => ack.p50),
        line('ack p99', ({ ack }) => ack.p99),
        line('reply p50', ({ reply }) => reply.p50),
        line('reply p99', ({ reply }) => reply.p99),
      ],
    },
    {
      title: 'Memory, MB',
      scale: 'linear',
      lines: [
        line('app', ({ memory }) => memory?.app ?? Number.NaN),
        line('its JavaScript heap', ({ memory }) => memory?.heap ?? Number.NaN),
        line('PostgreSQL', ({ memory }) => memory?.postgres ?? Number.NaN),
      ],
    },
    {
      title: 'Tables whose rows come and go, MB',
      scale: 'linear',
      lines: [line('inbox and outbox', ({ tables }) => tables.queues.bytes / MEGABYTE)],
    },
    {
      title: 'Tables that grow, kB each',
      scale: 'linear',
      lines: [
        line('a customer', (sample) => bytesEachCustomer(sample) / 1_024),
        line('a message', (_, index) => bytesEachMessage(samples.slice(0, index + 1)) / 1_024),
      ],
    },
  ]
}
