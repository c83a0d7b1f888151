import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '../../src/sdk/index.ts'
import { ROOT, blocksOf, run } from '../docs/checkout.ts'
import { until } from './until.ts'

/** A proxy, a process, in front of servers on loopback. It serves HTTPS under a certificate that its clients trust. */
export interface Proxy extends AsyncDisposable {
  readonly url: string
  readonly fetch: typeof fetch
  /** A client that is not signed in. */
  client(): Client
}

export interface ProxyOptions {
  /** Ports of the servers. */
  upstreams: readonly number[]
  /** Where the proxy listens: `freePort()`. Servers need it before, in their `BASE_URL`. */
  port: number
}

export const PROXIES = {
  caddy: { start: startCaddy, program: 'caddy' },
  nginx: { start: startNginx, program: 'nginx' },
} as const

/** A port of loopback on which nothing listens. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const { port } = listener
  listener.stop(true)
  return port
}

/** Caddy by the project's Caddyfile. */
async function startCaddy({ upstreams, port }: ProxyOptions): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-caddy-'))
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
    DOMAIN: 'localhost',
    UPSTREAMS: upstreams.map(upstream => `127.0.0.1:${upstream}`).join(' '),
    HTTP_PORT: String(freePort()),
    HTTPS_PORT: String(port),
    ADMIN: `127.0.0.1:${freePort()}`,
  }
  const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(ROOT, 'scripts/deploy/Caddyfile')]
  return proxyOf(command, {
    folder,
    environment,
    port,
    authority: join(folder, 'caddy/pki/authorities/local/root.crt'),
  })
}

/** nginx by the example of docs/deploy.md, with addresses and certificate replaced. */
async function startNginx({ upstreams, port }: ProxyOptions): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'))
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  await run([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...subject,
    '-keyout',
    key,
    '-out',
    certificate,
  ])
  const [example = ''] = blocksOf(await readFile(join(ROOT, 'docs/deploy.md'), 'utf8'), 'nginx')
  const replaced: [string | RegExp, string][] = [
    [
      /( *)server 127\.0\.0\.1:\d+(.*)\n( *server .*\n)*/,
      upstreams.map(each => `$1server 127.0.0.1:${each}$2\n`).join(''),
    ],
    [/listen 443/, `listen 127.0.0.1:${port}`],
    ['chat.example.com;', 'localhost;'],
    [/ssl_certificate \S+;/, `ssl_certificate ${certificate};`],
    [/ssl_certificate_key \S+;/, `ssl_certificate_key ${key};`],
  ]
  const site = replaced.reduce((text, [from, to]) => text.replace(from, to), example)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${folder}/${name};`,
  )
  await mkdir(join(folder, 'logs'))
  await Bun.write(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {}
    http { access_log off; ${temporary.join(' ')} ${site} }`,
  )
  const command = ['nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]
  return proxyOf(command, { folder, environment: { PATH: process.env['PATH'] }, port, authority: certificate })
}

interface Program {
  folder: string
  environment: Record<string, string | undefined>
  port: number
  /** The file of the certificate that clients trust. */
  authority: string
}

async function proxyOf(command: string[], { folder, environment, port, authority }: Program): Promise<Proxy> {
  const child = Bun.spawn(command, { env: environment, stdout: 'ignore', stderr: 'pipe' })
  const errors = new Response(child.stderr).text()
  const url = `https://localhost:${port}`
  let tls = {}
  const answers = async () => {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended:\n${await errors}`)
    const ca = await readFile(authority, 'utf8').catch(() => null)
    if (ca === null) return false
    tls = { ca }
    return fetch(`${url}/health/live`, { tls } as RequestInit).then(
      ({ ok }) => ok,
      () => false,
    )
  }
  const end = async () => {
    child.kill()
    await child.exited
    await rm(folder, { recursive: true, force: true })
  }
  await until(answers, 'the proxy serves').catch(async (error: unknown) => {
    await end()
    throw error
  })
  // Casts: an option of Bun that is not in the DOM's types, and a function without `preconnect`.
  const trusting = ((input: string, init?: RequestInit) =>
    fetch(input, { ...init, tls } as RequestInit)) as typeof fetch
  class TrustingSocket extends WebSocket {
    constructor(address: string) {
      super(address, { tls } as unknown as string[])
    }
  }
  return {
    url,
    fetch: trusting,
    // Cast: the SDK gives its constructor nothing but an address.
    client: () => createClient({ url, fetch: trusting, WebSocket: TrustingSocket as unknown as typeof WebSocket }),
    [Symbol.asyncDispose]: end,
  }
}
