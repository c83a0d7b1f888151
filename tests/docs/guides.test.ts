import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { NoRegistry, openProject, type Project } from '../package/project.ts'
import { signIn } from '../support/people.ts'
import { freePort } from '../support/proxies.ts'
import { ADMIN, sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { ROOT, blocksOf, end, withUrl } from './checkout.ts'

const SECRET = 'a secret of at least thirty-two characters'
const CHROMIUM = '/usr/bin/chromium'
const PACKAGES = {
  '@elysiajs/eden': '1.4.9',
  '@trpc/client': '11.25.2',
  '@trpc/server': '11.25.2',
  '@types/react': '19.3.0',
  '@types/react-dom': '19.3.0',
  elysia: '1.4.30',
  react: '19.3.1',
  'react-dom': '19.3.1',
  vite: '8.3.8',
  standardwebhooks: '1.1.1',
  ws: '8.23.0',
}

/** Whether the page has saved the answer of the bot. */
const SAVED = `new Promise(resolve => {
  const request = indexedDB.open('lobby')
  request.onsuccess = () => {
    const found = request.result.transaction('records').objectStore('records').getAll()
    found.onsuccess = () => resolve(JSON.stringify(found.result).includes('You said: Hello bot'))
  }
})`

const guide = (name: string) => Bun.file(join(ROOT, `docs/guides/${name}.md`)).text()
const project = await openProject(PACKAGES).catch((error: unknown) => {
  if (error instanceof NoRegistry) return null
  throw error
})
if (!project) test.skip('the programs of the guides: the package registry cannot be reached', () => undefined)
else suite(project)

function suite({ folder, write, run, end: endIn, ...project }: Project): void {
  const page = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async request => {
      const { pathname } = new URL(request.url)
      const file = Bun.file(join(folder, 'dist', pathname === '/' ? 'index.html' : pathname))
      return (await file.exists()) ? new Response(file) : new Response(null, { status: 404 })
    },
  })
  const origin = `http://localhost:${page.port}`
  const port = freePort()
  const server = sharedServer({
    settings: {
      PARLEY_ALLOWED_ORIGINS: origin,
      PARLEY_USER_TOKEN_SECRET: SECRET,
      PARLEY_WEBHOOK_ALLOW: `127.0.0.1:${port}`,
    },
  })
  const started: Bun.Subprocess[] = []
  afterAll(async () => {
    for (const child of started) child.kill()
    await page.stop(true)
    await project[Symbol.asyncDispose]()
  })

  /** Starts a program of a guide that runs until it is stopped, and collects what it prints. */
  function start(file: string, env: Record<string, string>) {
    const child = Bun.spawn(['node', file], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdout: 'pipe',
      stderr: 'inherit',
    })
    started.push(child)
    const printed = { text: '' }
    void (async () => {
      for await (const part of child.stdout) printed.text += new TextDecoder().decode(part)
    })()
    return printed
  }

  beforeAll(async () => {
    const [tsx = ''] = blocksOf(await guide('react'), 'tsx')
    const [html = ''] = blocksOf(await guide('react'), 'html')
    const [settings = ''] = blocksOf(await guide('react'), 'json')
    const [notes = '', trpc = '', eden = ''] = blocksOf(await guide('typescript'), 'ts')
    const [bot = ''] = blocksOf(await guide('bot'), 'js')
    const [backEnd = '', client = '', orders = ''] = blocksOf(await guide('back-end'), 'js')
    const printed = { 'main.tsx': tsx, 'notes.ts': notes, 'trpc.ts': trpc, 'eden.ts': eden, 'bot.js': bot }
    const named = { ...printed, 'page.js': client, 'orders.js': orders }
    for (const [name, text] of Object.entries(named)) await write({ [name]: withUrl(text, server.url) })
    await write({ 'index.html': html, 'server.js': backEnd, 'tsconfig.json': settings })
  })

  test.each([
    [['main.tsx', 'notes.ts'], false],
    // Declarations of tRPC and Elysia do not compile by themselves.
    [['trpc.ts', 'eden.ts'], true],
  ])('the programs %j compile with the settings of the guide for React', async (include, skipLibCheck) => {
    const settings = { extends: './tsconfig.json', compilerOptions: { skipLibCheck }, include }
    await write({ 'some.json': JSON.stringify(settings) })
    const tsc = [join(ROOT, 'node_modules/.bin/tsc'), '-p', 'some.json']
    expect(await endIn(tsc)).toEqual({ code: 0, output: '', errors: '' })
  })

  test('the program of the guide for TypeScript prints what it says', async () => {
    const output = await run([process.execPath, 'notes.ts'])
    const live = ['live: Buy more brass', 'live: Polish the gauge']
    const listed = ['Buy more brass', 'Polish the gauge', 'no such message']
    for (const text of [...live, ...listed]) expect(output).toContain(text)
  })

  test.each(['trpc.ts', 'eden.ts'])('the program %s of the guide for TypeScript signs in', async file => {
    expect(await run([process.execPath, file])).toBe('true\n')
  })

  test('a back end signs its users in, and the second time finds the same account', async () => {
    const printed = start('server.js', { CHAT_SECRET: SECRET, PORT: '0' })
    await until(() => printed.text.includes('http'), 'the back end listens')
    const text = await Bun.file(join(folder, 'page.js')).text()
    await write({ 'page.js': text.replace('http://127.0.0.1:4000', printed.text.trim()) })
    for (const _ of [1, 2]) expect(await run(['node', 'page.js'])).toBe('42 Ada Lovelace\n')
  })

  test('a back end makes users, a group and a message with a key, and again at the next run', async () => {
    const [make = ''] = blocksOf(await guide('back-end'), 'sh')
    await write({ 'key.sh': withUrl(make, server.url) })
    const admin = { ADMIN: ADMIN.username, PASSWORD: ADMIN.password }
    const key = (await end(['bash', 'key.sh'], folder, admin)).output.trim()
    for (const _ of [1, 2])
      expect(await end(['node', 'orders.js'], folder, { CHAT_KEY: key })).toMatchObject({
        output: 'true It has arrived\n',
        errors: '',
      })
  })

  test('a receiver of webhooks takes what is signed, and prints the messages', async () => {
    const [receiver = ''] = blocksOf(await guide('webhooks'), 'js')
    const [make = ''] = blocksOf(await guide('webhooks'), 'sh')
    const url = `http://127.0.0.1:${port}`
    await write({ 'receiver.js': receiver, 'make.sh': withUrl(make, server.url).replace('http://127.0.0.1:4100', url) })
    const admin = { ADMIN: ADMIN.username, PASSWORD: ADMIN.password }
    const secret = (await end(['bash', 'make.sh'], folder, admin)).output.trim()
    const printed = start('receiver.js', { WEBHOOK_SECRET: secret, PORT: String(port) })
    const root = await signIn(server, ADMIN.username, ADMIN.password)
    const [hook] = (await root.client.webhooks.list()).data
    await until(
      async () => (await root.client.webhooks.test({ webhook_id: hook?.id ?? '' })).delivered,
      'the receiver listens',
    )
    const { id: conversation_id } = await root.client.groups.create({ name: 'Engines', member_ids: [] })
    await root.client.messages.send({ conversation_id, content: 'Buy more brass' })
    await until(() => printed.text.includes('Buy more brass'), 'the message is printed')
    expect(printed.text).toMatch(/^ping\n/)
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401)
    await root.client.webhooks.delete({ webhook_id: hook?.id ?? '' })
  })

  test('the program of curl lists what it has sent', async () => {
    const [text = ''] = blocksOf(await guide('other-languages'), 'sh')
    await write({ 'talk.sh': withUrl(text, server.url) })
    expect(await run(['bash', 'talk.sh'])).toBe('"content":"Buy more brass"\n')
  })

  const pip = Bun.spawnSync([
    'python3',
    '-m',
    'pip',
    'install',
    '-q',
    '--target',
    join(folder, 'py'),
    'websockets==17.4',
  ])
  const hears = 'the program in Python hears what it has sent'
  test.skipIf(!pip.success)(pip.success ? hears : `${hears}: pip cannot install websockets`, async () => {
    const [text = ''] = blocksOf(await guide('other-languages'), 'python')
    await write({ 'talk.py': withUrl(text, server.url) })
    const { output, errors } = await end(['python3', 'talk.py'], folder, { PYTHONPATH: join(folder, 'py') })
    expect([output.split('\n')[0], errors]).toEqual(['Buy more brass', ''])
  })

  if (!existsSync(CHROMIUM)) test.skip(`the React app and the bot: ${CHROMIUM} is not installed`, () => undefined)
  else
    test('the React app talks to the bot, and keeps what it shows and sends over starts without the server', async () => {
      const printed = start('bot.js', { BOT_PASSWORD: 'a fine long phrase' })
      await until(() => printed.text.includes('up_to_date'), 'the bot is connected')
      await run(['node', 'node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'])
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
      try {
        const tab = await browser.newPage()
        tab.setDefaultTimeout(120_000)
        const complaints: string[] = []
        tab.on('pageerror', error => complaints.push(error.message))
        let away = false
        await tab.route(`${server.url}/**`, route => (away ? route.abort() : route.continue()))
        await tab.routeWebSocket(
          url => url.port === new URL(server.url).port,
          socket => void (away ? socket.close() : socket.connectToServer()),
        )
        await tab.goto(origin)
        const input = tab.getByPlaceholder('Write and press Enter')
        await input.fill('Hello bot')
        await input.press('Enter')
        await tab.getByText('You said: Hello bot').waitFor()
        await tab.reload()
        await tab.getByText('You said: Hello bot').waitFor()
        await until(() => tab.evaluate<boolean>(SAVED), 'what was shown is saved')
        away = true
        await tab.reload()
        await tab.getByText('You said: Hello bot').waitFor()
        await input.fill('Still here')
        await input.press('Enter')
        await tab.getByText('Still here').waitFor()
        await tab.reload()
        await tab.getByText('Still here').waitFor()
        away = false
        await tab.getByText('You said: Still here').waitFor()
        if (process.env['PARLEY_SCREENSHOT']) await tab.screenshot({ path: process.env['PARLEY_SCREENSHOT'] })
        expect(complaints).toEqual([])
      } finally {
        await browser.close()
      }
    }, 300_000)
}
