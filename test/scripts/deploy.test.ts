import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { SETTINGS } from '../../src/server/config/env.ts'
import { createMetrics } from '../../src/server/telemetry/metrics.ts'
import { temporaryFolder } from '../harness/folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** What is no setting of Riacho: `NODE_ENV` is for Fastify, and `POD_IP` becomes a part of `NODE_ADDRESS`. */
const OTHERS = ['NODE_ENV', 'POD_IP']
/** Replies get 30 s to end, titles one more, and the ends 5 to be stored. */
const DRAIN = 36

const read = (path: string) => readFileSync(join(ROOT, 'deploy', path), 'utf8')

interface Probe {
  httpGet: { path: string }
}

interface Container {
  env: { name: string }[]
  securityContext: object
  lifecycle: { preStop: { sleep: { seconds: number } } }
  livenessProbe: Probe
  startupProbe: Probe
  readinessProbe: Probe
}

interface Manifest {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  stringData?: Record<string, string>
  spec: {
    selector: { app?: string; matchLabels?: { app: string } }
    template: {
      metadata: { labels: { app: string } }
      spec: { terminationGracePeriodSeconds: number; securityContext: object; containers: Container[] }
    }
  }
}

const FILES: string[] = parse(read('kubernetes/kustomization.yaml')).resources
const MANIFESTS = FILES.flatMap(file =>
  parseAllDocuments(read(`kubernetes/${file}`)).map(document => document.toJS() as Manifest),
)
const manifest = (kind: string) =>
  MANIFESTS.find(found => found.kind === kind) ?? expect.unreachable(`no ${kind}`)

const compose: {
  services: Record<string, { environment: Record<string, string>; stop_grace_period?: string }>
} = parse(read('compose.yaml'), { merge: true })

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, words = '']) =>
    words.split(/\s+/).map(word => word.split('=')[0] ?? ''),
  )
}

test.each<[string, () => string[]]>([
  ['Dockerfile', () => namesIn(read('Dockerfile'), /^ENV (.*)$/gm)],
  ['riacho@.service', () => namesIn(read('riacho@.service'), /^Environment=(.*)$/gm)],
  [
    'compose.yaml',
    () =>
      Object.entries(compose.services).flatMap(([name, { environment }]) =>
        name.startsWith('riacho') ? Object.keys(environment) : [],
      ),
  ],
  [
    'kubernetes',
    () => [
      ...(manifest('Deployment').spec.template.spec.containers[0]?.env ?? []).map(({ name }) => name),
      ...Object.keys(manifest('ConfigMap').data ?? {}),
      ...Object.keys(manifest('Secret').stringData ?? {}),
    ],
  ],
])('every setting that %s names is one of Riacho', (_, names) => {
  const found = names()
  expect(found.length).toBeGreaterThan(0)
  const isOther = (name: string) => OTHERS.includes(name) || name.startsWith('AWS_')
  expect(found.filter(name => !SETTINGS.includes(name) && !isOther(name))).toEqual([])
})

test('every kind of deployment waits until replies have ended', () => {
  const { template } = manifest('Deployment').spec
  const [container] = template.spec.containers
  const before = container?.lifecycle.preStop.sleep.seconds ?? 0
  expect(template.spec.terminationGracePeriodSeconds - before).toBeGreaterThanOrEqual(DRAIN)
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(read('riacho@.service'))?.[1])).toBeGreaterThanOrEqual(DRAIN)
  for (const [name, { stop_grace_period }] of Object.entries(compose.services))
    if (name.startsWith('riacho'))
      expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThanOrEqual(DRAIN)
})

test('the manifests fit together', () => {
  expect(FILES.toSorted()).toEqual(
    globSync('*.yaml', { cwd: join(ROOT, 'deploy', 'kubernetes') })
      .filter(name => name !== 'kustomization.yaml')
      .toSorted(),
  )
  const { selector, template } = manifest('Deployment').spec
  const { app } = template.metadata.labels
  expect(selector.matchLabels?.app).toBe(app)
  expect(manifest('Service').spec.selector.app).toBe(app)
  expect(manifest('PodDisruptionBudget').spec.selector.matchLabels?.app).toBe(app)
  const [container] = template.spec.containers
  expect(container?.livenessProbe.httpGet.path).toBe('/api/health')
  expect(container?.startupProbe.httpGet.path).toBe('/api/health')
  expect(container?.readinessProbe.httpGet.path).toBe('/api/ready')
  const names = container?.env.map(({ name }) => name) ?? []
  expect(names.indexOf('POD_IP')).toBeLessThan(names.indexOf('NODE_ADDRESS'))
})

test('the image is made of files that are there and that the build may see', () => {
  const sources = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, words = '']) =>
    words.split(' '),
  )
  expect(sources).toContain('src')
  expect(sources.filter(path => !existsSync(join(ROOT, path)))).toEqual([])
  const seen = read('Dockerfile.dockerignore').split('\n')
  expect(sources.filter(path => !seen.includes(`!${path}`))).toEqual([])
})

test('the image has neither the history nor the settings of whoever builds it', () => {
  const [first, ...others] = read('Dockerfile.dockerignore')
    .split('\n')
    .filter(line => /^[^#]/.test(line))
  expect(first).toBe('*')
  expect(others.filter(line => /^!(?:\.|data|test|\*)/.test(line))).toEqual([])
})

test('no deployment runs as root, or may get more rights than it has', () => {
  expect(read('Dockerfile')).toMatch(/^USER node$/m)
  const unit = read('riacho@.service')
  for (const line of [
    'User=riacho',
    'NoNewPrivileges=true',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
  ])
    expect(unit.split('\n')).toContain(line)
  const { spec } = manifest('Deployment').spec.template
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true })
  for (const { securityContext } of spec.containers)
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
})

const hasSystemd = existsSync('/usr/bin/systemd-analyze')

test.skipIf(!hasSystemd)('systemd takes the unit', async () => {
  await using folder = await temporaryFolder()
  const unit = read('riacho@.service')
  await mkdir(join(folder.path, 'srv'))
  await symlink(ROOT, join(folder.path, 'srv', 'riacho'))
  // The user of the unit is not there.
  const here = unit
    .replaceAll('/srv/riacho', join(folder.path, 'srv', 'riacho'))
    .replace(/^(User|Group)=riacho$/gm, '$1=nobody')
    .replace('Group=nobody', 'Group=nogroup')
  const path = join(folder.path, 'riacho@3000.service')
  await writeFile(path, here)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
  expect([
    status,
    stderr.split('\n').filter(line => line.includes(path) && !line.includes('Special user')),
  ]).toEqual([0, []])
})

test('the dashboard and the alerts ask for metrics that exist', async () => {
  const { text } = createMetrics({
    activeRuns: () => 0,
    readers: () => 0,
    rewriteWaitedMs: () => 0,
    providerStates: () => [{ name: 'openai', state: 'closed' }],
    toolServers: () => [{ name: 'search', state: 'ready' }],
    budgetRatios: () => [{ setting: 'BUDGET_PER_MONTH', ratio: 0 }],
    version: '1.0.0',
  })
  const known = [...(await text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`] : [name],
  )
  const asked = `${read('grafana/riacho.json')}${read('prometheus/alerts.yml')}`.match(
    /\b(?:riacho|nodejs|process)_\w+/g,
  )
  expect(asked?.length).toBeGreaterThan(15)
  expect(asked?.filter(name => !known.includes(name))).toEqual([])
})

test('the dashboard has panels, and each alert says what is wrong', () => {
  const { panels } = JSON.parse(read('grafana/riacho.json'))
  expect(panels.length).toBeGreaterThan(8)
  const [{ rules }] = parse(read('prometheus/alerts.yml')).groups
  expect(rules.length).toBeGreaterThan(4)
  for (const { expr, annotations } of rules) expect([expr, annotations.summary].every(Boolean)).toBe(true)
})
