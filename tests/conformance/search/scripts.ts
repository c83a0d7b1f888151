import { describe, expect, test } from 'bun:test'
import type { SearchIndex } from '../../../src/ports/search.ts'
import { room } from './subject.ts'

export function scriptsConformance(index: () => SearchIndex): void {
  /** The texts that each query finds among those given, in their order. */
  async function expectAmong(texts: readonly string[], expected: Readonly<Record<string, readonly number[]>>) {
    const { say, hits } = room(index)
    const ids = await say(...texts)
    for (const [query, numbers] of Object.entries(expected)) {
      const found = await hits(query)
      expect([query, found.map(id => ids.indexOf(id)).toSorted((a, b) => a - b)]).toEqual([query, [...numbers]])
    }
  }

  describe('other scripts', () => {
    test('an emoji is a word, whether one character or several make it', async () => {
      const texts = [
        'a 👨‍👩‍👧 photo',
        'a 👨 photo',
        'in 🇩🇪',
        'in 🇫🇷',
        'good 👍🏽',
        'good 👍',
        'love ❤️',
        'step 1️⃣',
        'two🎉🎉',
      ]
      await expectAmong(texts, {
        '👨‍👩‍👧': [0],
        '👨': [1],
        '🇩🇪': [2],
        '👍': [5],
        '👍🏽': [4],
        '❤': [6],
        '❤️': [6],
        '🎉': [8],
        '🎉🎉': [8],
        '"two 🎉"': [8],
        'photo -👨': [0],
        'in -🇫🇷': [2],
      })
    })

    test('runs of a script without spaces are excluded and quoted like words', async () => {
      const texts = ['数据库 坏了', '数据 很好', '库数据', 'データの数', '数 据']
      await expectAmong(texts, {
        数据: [0, 1, 2, 4],
        '"数据库"': [0],
        '"库坏"': [0],
        '数 -数据库': [1, 2, 3, 4],
        '数据 -"库数"': [0, 1, 4],
        '数据 -很': [0, 2, 4],
        '数 -デ': [0, 1, 2, 4],
        '据 数': [0, 1, 2, 4],
        坏数: [],
      })
    })

    test('marks that are part of a letter count, and words of any script have their typos', async () => {
      const texts = ['мой компьютер', 'мои компьютеры', 'हिन्दी भाषा', 'हिन्दू', 'שָׁלוֹם עולם', 'ข้าว', 'ขาว', 'Ελλάδα']
      await expectAmong(texts, {
        мой: [0],
        'компютер ': [0],
        компю: [0, 1],
        '"हिन्दी"': [2],
        हिन्दी: [2, 3],
        'भाषा -हिन्दी': [],
        שלום: [4],
        ข้าว: [5],
        ขาว: [6],
        'ΕΛΛΆΔΑ ': [7],
        '-ข้าว ขาว': [6],
      })
    })

    test('letters and digits of one word stay together, and what is longer than 64 letters is cut', async () => {
      const long = 'pneumono'.repeat(10)
      await expectAmong(['on ext4 now', 'ext 4', '½ cup', long, 'IPv6 and B2B', 'R2D2-C3PO', 'x_1e5'], {
        ext4: [0],
        '"ext 4"': [1],
        ext: [0, 1],
        'ext ': [1],
        '1/2': [2],
        [long]: [3],
        [`${long}tail `]: [3],
        'ipv6 ': [4],
        b2: [4],
        'r2d2 ': [5],
        c3po: [5],
        '-c3po r2d2': [],
        '1e5': [6],
        'ipv6 -b2b': [],
      })
    })
  })
}
