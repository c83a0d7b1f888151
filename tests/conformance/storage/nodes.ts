import { describe, expect, test } from 'bun:test'
import type { NodeSetup } from '../../../src/ports/nodes.ts'
import type { Subjects } from './subject.ts'

export const SETUP: NodeSetup = {
  secret: 'a digest',
  bus: true,
  shared_search: true,
  files: 'bucket',
  host: 'a machine',
  pid: 7,
}

export function nodesConformance(subjects: Subjects): void {
  describe('the processes of a store', () => {
    test('none of them is another one to itself, also after it was opened again', async () => {
      await using subject = await subjects()
      for (let times = 0; times < 2; times += 1) {
        await using storage = await subject.open()
        expect(await storage.nodes.others()).toEqual([])
        await storage.nodes.announce(SETUP)
        expect(await storage.nodes.others()).toEqual([])
      }
    })
  })
}
