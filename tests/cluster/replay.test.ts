import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ROOT, end } from '../docs/checkout.ts'
import { noCluster } from '../support/cluster.ts'

const SLOW = 300_000
const DAYS = 6
const LINES_A_DAY = 200
const PEOPLE = 8
/** A word that occurs in one line and resembles no other. */
const wordOf = (line: number) =>
  Array.from(new Bun.CryptoHasher('sha256').update(String(line)).digest('hex').slice(0, 12), digit =>
    String.fromCharCode('a'.charCodeAt(0) + Number.parseInt(digit, 16)),
  ).join('')

/** A chat log of made-up lines. */
function chatLog(): Uint8Array<ArrayBuffer> {
  const lines = Array.from({ length: DAYS * LINES_A_DAY }, (_, index) => {
    const day = 1 + Math.floor(index / LINES_A_DAY)
    const at = `2026-01-0${day}T12:00Z`
    // Repeats, emoji and other scripts; a word of its own in each line.
    const text = `${index % 7 === 0 ? 'ok ' : ''}zurück 👍 ${wordOf(index)} привет ${index % 3}`
    return JSON.stringify({ at, nick: `nick${(index * 5) % PEOPLE}`, text })
  })
  return gzipSync(lines.join('\n'))
}

if (noCluster) test.skip(`a chat log on three nodes: ${noCluster}`, () => undefined)
else
  test(
    'a chat log is played into three nodes, one is killed and started again: every reader has every message in order',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'parley-replay-'))
      try {
        const file = join(folder, 'log.jsonl.gz')
        await Bun.write(file, chatLog())
        const script = join(ROOT, 'scripts/dev/replay.ts')
        const command = [process.execPath, script, '--file', file, '--nodes', '3', '--kill', '--rooms', String(DAYS)]
        const { code, output, errors } = await end(command)
        expect({ code, errors }).toEqual({ code: 0, errors: '' })
        const total = DAYS * LINES_A_DAY
        // Those that are on their way at that moment may be acknowledged, too.
        const killed_after = Number(/is killed after (\d+) messages/.exec(output)?.[1])
        expect(killed_after).toBeGreaterThanOrEqual(total / 2)
        expect(killed_after).toBeLessThan(total)
        expect(output).toContain('runs again after')
        expect(output.match(/reader of \S+: resumed/g)).toHaveLength(3)
        expect(output).toContain(`${DAYS} rooms, ${total} messages: history, live members and 3 readers`)
        expect(output).toContain('0 disagreements')
        expect(output).toContain('search: 50 of 50 words')
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    SLOW,
  )
