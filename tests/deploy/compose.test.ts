import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { ROOT } from '../docs/checkout.ts'
import { readCompose, type Service } from '../support/compose.ts'

const { services, networks, volumes, secrets } = await readCompose()
const all = Object.entries(services)
const inProfile = (profile: string) => all.filter(([, { profiles }]) => profiles.includes(profile))
const names = (chosen: typeof all) => chosen.map(([name]) => name).toSorted()
const servers = all.filter(([, { build }]) => build !== undefined)
/** Prepares volumes and ends. */
const ONCE = 'volume-owner'
const lasting = all.filter(([name]) => name !== ONCE)
/** The names of what does not hold, so that a failure says which. */
const failing = (chosen: typeof all, holds: (service: Service) => boolean) =>
  names(chosen.filter(([, service]) => !holds(service)))

test('the profiles of compose.yaml: one server alone, two servers with everything, the engines alone', () => {
  expect(names(all.filter(([, { profiles }]) => profiles.length === 0))).toEqual(['parley'])
  expect(names(inProfile('full'))).toEqual(
    ['meilisearch', 'minio', 'mongo', 'parley-1', 'parley-2', 'proxy', 'redis', ONCE].toSorted(),
  )
  expect(names(inProfile('dev'))).toEqual(['dev-meilisearch', 'dev-minio', 'dev-mongo', 'dev-redis'])
  expect(all.filter(([, { profiles }]) => profiles.length > 1)).toEqual([])
})

test('what a service of compose.yaml depends on is in its profile, so that naming the proxy starts all of it', () => {
  const reached = new Set<string>()
  const follow = (name: string) => {
    if (reached.has(name)) return
    reached.add(name)
    Object.keys(services[name]?.depends_on ?? {}).forEach(follow)
  }
  follow('proxy')
  expect([...reached].toSorted()).toEqual(names(inProfile('full')))
})

test('every image of compose.yaml has a version, and no two versions of one are used', async () => {
  const { version } = JSON.parse(await Bun.file(join(ROOT, 'package.json')).text()) as { version: string }
  const images = [...new Set(all.map(([, { image }]) => image))].toSorted()
  expect(images.filter(image => !/:(?:v?\d+\.\d+\.\d+(?:-[a-z]+)?|RELEASE\.[\dTZ-]+)$/.test(image))).toEqual([])
  expect(new Set(images.map(image => image.replace(/:.*/, ''))).size).toBe(images.length)
  expect(images).toContain(`parley:${version}`)
  // What is not at other registries any more, or would not do.
  expect(images).toContain('quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z')
  const minor = (image: string) =>
    Number(
      images
        .find(each => each.startsWith(image))
        ?.slice(image.length)
        .split('.')[1],
    )
  expect(minor('getmeili/meilisearch:v1')).toBeGreaterThanOrEqual(12)
  expect(images.find(image => image.startsWith('mongo:'))).toStartWith('mongo:8.0.')
})

test('docs/deploy.md names the version of each image of compose.yaml', async () => {
  const deploy = await Bun.file(join(ROOT, 'docs/deploy.md')).text()
  const [, engines = ''] = /^## Engines$([\s\S]*?)^## /m.exec(deploy) ?? []
  const foreign = all.filter(([, { build }]) => build === undefined).map(([, { image }]) => image)
  const versions = foreign.map(image => image.slice(image.indexOf(':') + 1).replace('-alpine', ''))
  expect(versions.filter(version => !engines.includes(` ${version} `))).toEqual([])
})

test('every container of compose.yaml is bounded and has no right that it does not need', () => {
  expect(failing(all, ({ read_only, cap_drop }) => read_only && cap_drop.includes('ALL'))).toEqual([])
  expect(failing(all, ({ security_opt }) => security_opt.includes('no-new-privileges:true'))).toEqual([])
  expect(
    failing(all, ({ mem_limit, pids_limit }) => /^\d+[mg]$/.test(mem_limit ?? '') && (pids_limit ?? 0) > 0),
  ).toEqual([])
  expect(failing(all, ({ ulimits }) => (ulimits?.nofile.hard ?? 0) >= 65_536)).toEqual([])
  expect(failing(lasting, ({ user }) => !/^(?:0|root)\b/.test(user))).toEqual([])
  expect(failing(lasting, ({ restart }) => restart === 'unless-stopped')).toEqual([])
  expect(failing(lasting, ({ stop_grace_period }) => Number.parseInt(stop_grace_period ?? '0', 10) >= 15)).toEqual([])
  expect(names(all.filter(([, { cap_add }]) => cap_add.length > 0))).toEqual(['proxy', ONCE])
  expect(services[ONCE]).toMatchObject({ restart: 'no', network_mode: 'none', cap_add: ['CHOWN'] })
})

test('every folder of compose.yaml that is kept in memory belongs to the user of its container', () => {
  for (const [name, { user, tmpfs }] of all) {
    const [uid, gid] = user.split(':')
    // The images have /tmp for everybody. Of other folders the mode is kept and the owner is root.
    const others = tmpfs.filter(folder => folder !== '/tmp')
    expect([name, others.filter(folder => !folder.endsWith(`:uid=${uid},gid=${gid},mode=700`))]).toEqual([name, []])
  }
})

test('only the proxy and the server that stands alone are reached from outside, engines for development on loopback', () => {
  const open = all.filter(([, { ports }]) => ports.some(port => !port.startsWith('127.0.0.1:')))
  expect(names(open)).toEqual(['proxy'])
  const published = names(all.filter(([, { ports }]) => ports.length > 0))
  expect(published).toEqual([...names(inProfile('dev')), 'parley', 'proxy'].toSorted())
  expect(networks['back']?.internal).toBe(true)
  for (const engine of ['mongo', 'meilisearch', 'minio', 'redis']) expect(services[engine]?.networks).toEqual(['back'])
})

/** Programs of each image, by its Dockerfile. */
const PROGRAMS: Record<string, string[]> = {
  caddy: ['wget', 'curl'],
  mongo: ['mongosh'],
  redis: ['redis-cli'],
  'getmeili/meilisearch': ['curl'],
  'quay.io/minio/minio': ['curl', 'mc'],
}

test('every container of compose.yaml has a health check that its image can run', () => {
  // The servers have that of their Dockerfile.
  const checked = lasting.filter(([, { build }]) => build === undefined)
  const runs = ({ image, healthcheck }: Service) => {
    const [how, program = ''] = healthcheck?.test ?? []
    return how === 'CMD' && (PROGRAMS[image.replace(/:.*/, '')] ?? []).includes(program)
  }
  expect(failing(checked, runs)).toEqual([])
  const waited = all.flatMap(([, { depends_on }]) => Object.entries(depends_on))
  const wrong = waited.filter(
    ([name, { condition }]) => condition !== (name === ONCE ? 'service_completed_successfully' : 'service_healthy'),
  )
  expect(wrong).toEqual([])
})

test('every volume, file, network and secret that a service of compose.yaml names exists, and each is used', () => {
  const mounted = all.flatMap(([, service]) => service.volumes.map(volume => volume.split(':')[0] ?? ''))
  const folders = mounted.filter(source => source.startsWith('./'))
  expect(folders.filter(source => !existsSync(join(ROOT, source)))).toEqual([])
  expect([...new Set(mounted.filter(source => !source.startsWith('./')))].toSorted()).toEqual(
    Object.keys(volumes).toSorted(),
  )
  expect([...new Set(all.flatMap(([, service]) => service.networks))].toSorted()).toEqual(
    Object.keys(networks).toSorted(),
  )
  expect([...new Set(all.flatMap(([, service]) => service.secrets))].toSorted()).toEqual(
    Object.keys(secrets).toSorted(),
  )
  for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`scripts/deploy/secrets/${name}`)
})

test('every service of compose.yaml is given exactly the secrets that its settings and commands name', () => {
  for (const [name, { environment, command, entrypoint, secrets: given }] of all) {
    const named = [...JSON.stringify([environment, command, entrypoint]).matchAll(/\/run\/secrets\/(\w+)/g)]
    // MinIO looks for the name in that folder by itself.
    const relative = environment['MINIO_ROOT_PASSWORD_FILE'] ?? []
    const expected = [...named.map(([, secret = '']) => secret), relative].flat()
    expect([name, expected.toSorted()]).toEqual([name, given.toSorted()])
  }
})

test('every server of compose.yaml has settings that exist, and no secret among them', () => {
  expect(names(servers)).toEqual(['parley', 'parley-1', 'parley-2'])
  for (const [, { environment }] of servers) {
    const files = Object.keys(environment).filter(name => name.endsWith('_FILE'))
    const stated = { ...environment, ...Object.fromEntries(files.map(name => [name, ''])) }
    expect(() => readConfig({ ...stated, S3_SECRET_KEY: 'secret' })).not.toThrow()
    // Each of the others gives the name of a setting, of which the file has the value.
    for (const name of files)
      expect(() => readConfig({ [name]: '/nowhere' })).toThrow(`${name}: the file cannot be read`)
    expect(Object.keys(environment).filter(name => !name.startsWith('PARLEY_'))).not.toContain('MONGODB_URL')
  }
  expect(services['parley-1']).toEqual(services['parley-2'])
})
