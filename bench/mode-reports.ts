// Pure. What campaigns, timers and starts came to, each beside what the same run measured without them.
import type { CampaignFigures } from './campaign.ts'
import { CAMPAIGN } from './campaign.ts'
import type { ColdStartFigures, Start } from './cold-start.ts'
import type { Crowd, CrowdFigures } from './crowd.ts'
import { number, table } from './figures.ts'
import type { LiveEditFigures } from './live-edit.ts'
import type { Outcome } from './outcome.ts'
import { RUN_HEAD, RUN_NOTE, runRow } from './report.ts'
import type { Due, TimersFigures } from './timers.ts'

export function campaignReport({ quiet, meanwhile, taken, left, perSecond, lost, doubled }: CampaignFigures): string {
  return [
    runs([
      ['no campaign', quiet],
      ['a campaign', meanwhile],
    ]),
    `reply p99 with a campaign ÷ without: ${ratio(meanwhile.reply.p99, quiet.reply.p99)}`,
    `events taken: ${number(taken.perSecond)} a second, ${number(taken.refused)} refused`,
    ...(left.max > meanwhile.seconds * 1_000
      ? ['the campaign took longer than customers wrote: this machine is too slow for these figures']
      : []),
    `messages of the campaign left after p50 ${seconds(left.p50)}, the last after ${seconds(left.max)}; ${number(lost)} lost, ${number(doubled)} doubled`,
    `the number sent ${number(perSecond, 1)} a second of ${CAMPAIGN.perSecond}`,
  ].join('\n')
}

export function timersReport({ none, waiting, steady, atOnce, storing }: TimersFigures): string {
  const due = (name: string, { count, lag, lost, doubled }: Due) => [
    name,
    ...[count, lost, doubled, lag.p50, lag.p99, lag.max].map((value) => number(value)),
  ]
  const all = [waiting, steady.outcome, atOnce.outcome]
  return [
    runs([
      ['none waits', none],
      ['all wait', waiting],
      ['some come due', steady.outcome],
      ['at one moment', atOnce.outcome],
    ]),
    table([['', 'due', 'lost', 'doubled', 'lag p50', 'p99', 'max'], due('some come due', steady), due('at one moment', atOnce)]),
    `lag: from the moment a timer was due to its message at the provider, ms; stored in ${number(storing)} s`,
    `reply p99 ÷ that without any waiting: ${all.map(({ reply }) => ratio(reply.p99, none.reply.p99)).join(', ')}`,
  ].join('\n')
}

export function liveEditReport({ runs: count, steps, jumped, strayed, completed, took }: LiveEditFigures): string {
  const { starting, publishing, dryRun, migrating, answering } = took
  return [
    table([
      ['step', 'to', 'how', 'waiting', 'dry run', 'migrated'],
      ...steps.map(({ from, to, how, ...counts }) => [from, to, how, ...Object.values(counts).map((value) => number(value))]),
    ]),
    `of ${number(count)} runs ${number(jumped)} jumped when it was published, ${number(strayed)} were elsewhere than the dry run said, ${number(count - completed)} broke`,
    `seconds: starting ${number(starting, 1)}, publishing ${number(publishing, 1)}, dry run ${number(dryRun, 2)}, migrating ${number(migrating, 1)}, answering ${number(answering, 1)}`,
  ].join('\n')
}

export function coldStartReport({ bare, empty, full, warm }: ColdStartFigures): string {
  const row = (name: string, { ready, cpu, reply }: Start) => [
    name,
    ...[ready, cpu, reply].map((value) => number(value)),
    ...[ready / bare, reply / warm].map((value) => number(value, 1)),
  ]
  return [
    table([['database', 'ready', 'CPU', 'first reply', 'ready ÷ bare Node', 'first reply ÷ warm'], row('empty', empty), row('full', full)]),
    `milliseconds, medians; a bare Node starts and ends in ${number(bare)}, a warm reply takes ${number(warm)}`,
  ].join('\n')
}

function runs(all: readonly [name: string, Outcome][]): string {
  return `${table([['', ...RUN_HEAD], ...all.map(([name, outcome]) => [name, ...runRow(outcome)])])}\n${RUN_NOTE}`
}

function ratio(value: number, base: number): string {
  return number(value / base, 1)
}

function seconds(ms: number): string {
  return `${number(ms / 1_000, 1)} s`
}

export function crowdReport({ agents }: Crowd, { items, lost, doubled, overloaded, both, one, next }: CrowdFigures): string {
  return [
    `${number(agents)} agents, ${number(items)} who wait: ${lost} lost, ${doubled} doubled, ${overloaded} beyond a capacity`,
    `assignments a second: ${number(both)} by two processes, ${number(one)} after one was killed`,
    `from an agent's last word to their next customer, ms: p50 ${number(next.p50)}, p99 ${number(next.p99)}, at most ${number(next.max)}`,
  ].join('\n')
}
