import { describe, expect, test } from 'bun:test'
import type { Counting } from '../../../src/ports/counting.ts'

/** So many nodes that count together; one, where the adapter is for one process. */
export type OpenNodes = (count: number) => Promise<readonly Counting[]>

const WINDOW_SECONDS = 60

/** The tests that every adapter must pass (src/ports/counting.ts). */
export function countingConformance(name: string, open: OpenNodes): void {
  describe(`${name} keeps the promises of the counting port`, () => {
    test('of uses at the same time on all nodes exactly as many are within the limit as it has points', async () => {
      const nodes = await open(3)
      const limits = nodes.map(node => node.limiter('calls', 10, WINDOW_SECONDS))
      const answers = await Promise.all(
        Array.from({ length: 30 }, async (_, index) => limits[index % limits.length]?.('ada') ?? null),
      )
      const refused = answers.flatMap(use => (use && !use.within ? [use] : []))
      expect(answers.length - refused.length).toBe(10)
      expect(refused.map(({ uses }) => uses).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, index) => 11 + index),
      )
      const within = answers.flatMap(use => (use?.within ? [use.uses] : []))
      expect(within.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, index) => 1 + index))
      for (const use of answers)
        expect((use?.ends_in ?? 0) > 0 && (use?.ends_in ?? 0) <= WINDOW_SECONDS * 1_000).toBe(true)
      await close(nodes)
    })

    test('keys and limits are counted apart', async () => {
      const [node] = await open(1)
      const [calls, auth] = ['calls', 'auth'].map(limit => node?.limiter(limit, 1, WINDOW_SECONDS))
      expect(await calls?.('ada')).toMatchObject({ within: true, uses: 1 })
      expect(await calls?.('ben')).toMatchObject({ within: true, uses: 1 })
      expect(await auth?.('ada')).toMatchObject({ within: true, uses: 1 })
      expect(await calls?.('ada')).toMatchObject({ within: false, uses: 2 })
      await close([node])
    })

    test('when many enter at the same time on all nodes, as many are let in as there are places', async () => {
      const nodes = await open(2)
      const entering = nodes.flatMap((node, at) =>
        Array.from({ length: 8 }, (_, index) => ({ node, holder: `${at} ${index}` })),
      )
      const entered = await Promise.all(
        entering.map(async each => ({ ...each, in: await each.node.enter('ada', each.holder, 5) })),
      )
      const inside = entered.filter(each => each.in)
      expect(inside).toHaveLength(5)
      expect(await nodes[0]?.enter('ben', 'another', 5)).toBe(true)
      const [first] = inside
      first?.node.leave('ada', first.holder)
      // On the same node, so that it comes after the leaving.
      expect(await first?.node.enter('ada', 'later', 5)).toBe(true)
      expect(await first?.node.enter('ada', 'too late', 5)).toBe(false)
      await close(nodes)
    })

    test('leaving twice, or without having entered, gives no place to others', async () => {
      const [node] = await open(1)
      expect(await node?.enter('ada', 'one', 2)).toBe(true)
      expect(await node?.enter('ada', 'two', 2)).toBe(true)
      node?.leave('ada', 'nobody')
      for (let times = 0; times < 2; times += 1) node?.leave('ada', 'one')
      expect(await node?.enter('ada', 'three', 2)).toBe(true)
      expect(await node?.enter('ada', 'four', 2)).toBe(false)
      await close([node])
    })
  })
}

export async function close(nodes: readonly (Counting | undefined)[]): Promise<void> {
  for (const node of nodes) await node?.[Symbol.asyncDispose]()
}
