import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { Vocabulary } from '../../src/adapters/search/fts/vocabulary.ts'
import { distance } from '../../src/domain/search/distance.ts'
import { highlightsOf } from '../../src/domain/search/match.ts'
import { MAX_QUERY_WORDS, allowedTypos, parseQuery } from '../../src/domain/search/query.ts'
import { MAX_TOKEN, tokensOf } from '../../src/domain/search/tokens.ts'
import { nearestBeginning, plainDistance } from '../support/plain-distance.ts'

const texts = (text: string) => tokensOf(text).map(token => token.text)
const query = (text: string) => {
  const parsed = parseQuery(text)
  if (!parsed) throw new Error('too many words')
  return parsed
}
/** The parts of the content that are highlighted. */
const marked = (content: string, text: string) =>
  (highlightsOf(content, query(text)) ?? []).map(({ start, length }) => content.slice(start, start + length))

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 12 })

describe('tokens', () => {
  test('every token names the range of the original text that it stands for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        let end = 0
        for (const token of tokensOf(text)) {
          expect(token.start).toBeGreaterThanOrEqual(end === token.start ? end : 0)
          expect(token.end).toBeGreaterThan(token.start)
          expect(token.end).toBeLessThanOrEqual(text.length)
          end = token.end
        }
      }),
    )
  })

  test('a token is folded already, so that folding a text of tokens again gives the same tokens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const once = texts(text)
        expect(texts(once.join(' '))).toEqual(once)
      }),
    )
  })

  test('marks that are part of a letter stay', () => {
    expect(texts('हिन्दी')).toEqual(['हिन्दी'])
    expect(texts('й и')).toEqual(['й', 'и'])
    expect(texts('ガ カ')).toEqual(['ガ', 'カ'])
    expect(texts('½ cup')).toEqual(['1', '2', 'cup'])
  })

  test('a long token is compared by its beginning', () => {
    expect(texts(`${'x'.repeat(500)} é${'y'.repeat(500)}`).map(({ length }) => length)).toEqual([MAX_TOKEN, MAX_TOKEN])
  })
})

describe('queries', () => {
  test('a query has at most its limit of words, in which a run of a script without spaces is one', () => {
    expect(parseQuery(Array.from({ length: MAX_QUERY_WORDS }, () => 'w').join(' '))).not.toBeNull()
    expect(parseQuery(Array.from({ length: MAX_QUERY_WORDS + 1 }, () => 'w').join(' '))).toBeNull()
    expect(parseQuery('数'.repeat(100))).not.toBeNull()
  })

  test('typos are allowed by the length of the word', () => {
    expect(['boot', 'grub2', 'eightlet', 'nineletter', '123456789', '数'].map(allowedTypos)).toEqual([0, 1, 1, 2, 0, 0])
  })

  test('a minus excludes only at the beginning of a word', () => {
    expect(query('a -b c-d - -"e f" --g').none.map(phrase => phrase.map(({ text }) => text))).toEqual([
      ['b'],
      ['e', 'f'],
    ])
  })

  test('a quotation mark without its counterpart is literal text', () => {
    expect(query('"open end').all.map(phrase => phrase.map(({ text }) => text))).toEqual([['open'], ['end']])
  })
})

describe('distances', () => {
  test('the distance is that of the whole matrix, of words and of beginnings, within the limit', () => {
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 2 }), (a, b, most) => {
        const whole = plainDistance(a, b)
        expect(distance(a, b, most, false)).toBe(whole <= most ? whole : null)
        const nearest = nearestBeginning(a, b)
        expect(distance(a, b, most, true)).toBe(nearest <= most ? nearest : null)
      }),
      { numRuns: 2_000 },
    )
  })

  test('the vocabulary finds the same terms as a comparison with each of them, added ones too', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 60 }),
        word,
        fc.integer({ min: 1, max: 2 }),
        (terms, text, typos) => {
          const half = Math.floor(terms.length / 2)
          const vocabulary = new Vocabulary(terms.slice(0, half).map(term => [term, 1]))
          for (const term of terms.slice(half)) vocabulary.add(term, 1)
          for (const prefix of [false, true]) {
            const found = vocabulary.near({ text, typos, prefix }).map(({ term, typos }) => `${term} ${typos}`)
            const expected = terms
              .map(term => [term, prefix ? nearestBeginning(text, term) : plainDistance(text, term)] as const)
              .filter(([, between]) => between > 0 && between <= typos)
            expect(found.toSorted()).toEqual(expected.map(each => each.join(' ')).toSorted())
          }
          const beginnings = vocabulary.beginningWith(text).map(({ term }) => term)
          expect(beginnings.toSorted()).toEqual(terms.filter(term => term.startsWith(text)).toSorted())
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a vocabulary of thousands of new terms is sorted again and still finds each', () => {
    const vocabulary = new Vocabulary([['zebra', 1]])
    const terms = Array.from({ length: 10_000 }, (_term, n) => `word${n}`)
    for (const term of terms) vocabulary.add(term, 1)
    for (const term of ['zebra', 'word0', 'word9999']) expect(vocabulary.count(term)).toBe(1)
    expect(vocabulary.size).toBe(10_001)
    expect(vocabulary.beginningWith('word999').length).toBe(11)
  })
})

describe('highlights', () => {
  test('words are marked in the original text, by exact words, beginnings and typos', () => {
    expect(marked('The Kernel of the kernal, KERNELS', 'kernel')).toEqual(['Kernel', 'kernal', 'KERNELS'])
    expect(marked('İSTANBUL and ＡＢＣ', 'istanbul abc')).toEqual(['İSTANBUL', 'ＡＢＣ'])
    expect(marked('👍🏽 ok 😀', 'ok 😀')).toEqual(['ok', '😀'])
  })

  test('a phrase is marked only where its words stand together, and a run without spaces as one', () => {
    expect(marked('card, sound card', '"sound card"')).toEqual(['sound', 'card'])
    expect(marked('我的数据库坏了', '数据库')).toEqual(['数据库'])
    expect(marked('foo_bar', 'foo_bar')).toEqual(['foo', 'bar'])
  })

  test('a content that does not match has no highlights', () => {
    expect(highlightsOf('red car', query('red -car'))).toBeNull()
    expect(highlightsOf('red car', query('red bus '))).toBeNull()
  })

  test('a message has at most 100 highlights', () => {
    expect(highlightsOf('a '.repeat(4_000), query('a'))?.length).toBe(100)
  })
})
