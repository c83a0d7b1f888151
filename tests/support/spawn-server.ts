import { join } from 'node:path'

/** Starts the server in a process of its own, on the port or, with 0, on a free one, and waits until it prints its URL. */
export async function spawnServer(env: Record<string, string | undefined>, port: number) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../../src/main.ts')], {
    env: { ...env, PORT: String(port) },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let text = ''
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk)
    const match = /http:\/\/[\w.]+:(\d+)/.exec(text)
    if (match) return { child, port: Number(match[1]) }
  }
  throw new Error(`the server did not start: ${text}`)
}
