import { describe, expect, test } from 'bun:test'
import { UnknownCursor, type SearchIndex } from '../../../src/ports/search.ts'
import { parseQuery } from '../../../src/domain/search/query.ts'
import { id, put, remove, room } from './subject.ts'

export function matchingConformance(index: () => SearchIndex): void {
  describe('what matches', () => {
    test('all words of a query must occur, in any order', async () => {
      const texts = ['the printer driver crashes', 'a driver of the printer', 'the printer works', 'the driver works']
      const found = await room(index).among(texts, 'driver printer ')
      expect(found.toSorted()).toEqual(['a driver of the printer', 'the printer driver crashes'])
    })

    test('one typo is allowed from 5 letters on, two from 9, none below and in numbers', async () => {
      const { among } = room(index)
      const texts = ['kernel', 'configuration', 'boot', '20041']
      const found = async (query: string) => among(texts, `${query} `)
      // Insertion, deletion, substitution, transposition; also in the first letter.
      for (const typo of ['kerneel', 'kernl', 'kermel', 'kenrel', 'ernel', 'jernel', 'ekrnel'])
        expect([typo, await room(index).among(texts, `${typo} `)]).toEqual([typo, ['kernel']])
      expect(await found('krnl')).toEqual([])
      expect(await room(index).among(texts, 'cofniguraton ')).toEqual(['configuration'])
      expect(await room(index).among(texts, 'cofnigurtn ')).toEqual([])
      expect(await room(index).among(texts, 'bot ')).toEqual([])
      expect(await room(index).among(texts, 'boott ')).toEqual(['boot'])
      expect(await room(index).among(texts, '20042 ')).toEqual([])
    })

    test('the last word is a prefix, with typos too, unless white space follows', async () => {
      const texts = ['upgrading the system', 'an upgrade']
      expect((await room(index).among(texts, 'upgr')).length).toBe(2)
      expect(await room(index).among(texts, 'upgr ')).toEqual([])
      expect(await room(index).among(texts, 'ugprading sys')).toEqual(['upgrading the system'])
      expect(await room(index).among(texts, 'upgr system')).toEqual([])
      expect((await room(index).among(texts, 'upgar')).length).toBe(2)
    })

    test('case, accents, width and vowel points make no difference', async () => {
      const pairs = [
        ['Café', 'CAFE'],
        ['STRASSE', 'straße'],
        ['İstanbul', 'istanbul'],
        ['ＡＢＣ ﬁne', 'abc fine'],
        ['مُحَمَّد', 'محمد'],
        ['Ελληνικός', 'ελληνικοσ'],
      ] as const
      for (const [text, query] of pairs) {
        expect([query, await room(index).among([text, 'other'], query)]).toEqual([query, [text]])
        expect([text, await room(index).among([query, 'other'], text)]).toEqual([text, [query]])
      }
    })

    test('text of scripts without spaces is found by any part of it, one character too, and nothing else', async () => {
      const texts = ['我的数据库坏了', 'データベースのエラー', '데이터베이스 오류', 'ฐานข้อมูลเสีย', 'mysql数据']
      const found = async (query: string) => (await room(index).among(texts, query)).toSorted()
      expect(await found('数据库')).toEqual([texts[0] ?? ''])
      expect(await found('据')).toEqual(['mysql数据', '我的数据库坏了'])
      expect(await found('库数')).toEqual([])
      expect(await found('タベース')).toEqual([texts[1] ?? ''])
      expect(await found('베이')).toEqual([texts[2] ?? ''])
      expect(await found('ข้อมูล')).toEqual([texts[3] ?? ''])
      expect(await found('mysql数')).toEqual([texts[4] ?? ''])
      expect(await room(index).among(['ﾃﾞｰﾀ', 'x'], 'データ')).toEqual(['ﾃﾞｰﾀ'])
    })

    test('a phrase matches its words next to each other and exactly', async () => {
      const texts = ['sound card is broken', 'the card has no sound', 'sound cards are fine', 'a sound, card and all']
      const found = await room(index).among(texts, '"sound card"')
      expect(found.toSorted()).toEqual(['a sound, card and all', 'sound card is broken'])
      expect(await room(index).among(texts, '"sound card" broken')).toEqual([texts[0] ?? ''])
      expect(await room(index).among(texts, '"sounf card"')).toEqual([])
    })

    test('a word after a minus excludes, a phrase too, and excluding alone finds nothing', async () => {
      const texts = ['red car', 'red blue car', 'red and blue', 'well-known red']
      expect(await room(index).among(texts, 'red -car -known')).toEqual(['red and blue'])
      expect((await room(index).among(texts, 'red -"blue car"')).length).toBe(3)
      expect(await room(index).among(texts, '-car')).toEqual([])
      expect(await room(index).among(texts, 'well-known')).toEqual(['well-known red'])
    })

    test('what is written without a space is found next to each other, with typos', async () => {
      const texts = ['version 12.04 is out', 'on 04 the 12 came', 'call foo_bar()', 'bar and foo', "don't panic"]
      expect(await room(index).among(texts, '12.04')).toEqual([texts[0] ?? ''])
      expect(await room(index).among(texts, 'foo_ba')).toEqual([texts[2] ?? ''])
      expect(await room(index).among(texts, "don't")).toEqual([texts[4] ?? ''])
      expect(await room(index).among(['apt-repository broken', 'x'], 'apt-repositroy ')).toEqual([
        'apt-repository broken',
      ])
    })

    test('everything else in a query is literal text, and never an error', async () => {
      const texts = ['kernel panic', 'c plus']
      const odd = [
        '"kernel" OR panic NOT*',
        'NEAR(a b)',
        'c++ ^foo: {text}: a*',
        '%_',
        "'; DROP TABLE x --",
        '*',
        '"',
        '-',
        '""',
      ]
      for (const query of [...odd, '\u0000', '{scope}: "c1"', '(((', 'a:b', '🤷', '\ud83d'])
        expect([query, Array.isArray(await room(index).among(texts, query))]).toEqual([query, true])
      expect(await room(index).among(texts, 'kernel AND panic')).toEqual([])
      expect(await room(index).among(['kernel and panic'], 'kernel AND panic')).toEqual(['kernel and panic'])
      expect(await room(index).among(['party 🎉 now', 'party'], '🎉')).toEqual(['party 🎉 now'])
    })

    test('a long query of common words is answered', async () => {
      const words = Array.from({ length: 24 }, (_word, index) => String.fromCharCode(97 + index).repeat(6))
      expect(await room(index).among([words.join(' '), words.slice(1).join(' ')], words.join(' '))).toEqual([
        words.join(' '),
      ])
    })
  })

  describe('order and pages', () => {
    test('exact words come before beginnings, these before typos, near words before far ones, then the latest first', async () => {
      const texts = [
        'server kernel',
        'kernel of that old server',
        'kernal server',
        'kernel servers',
        'kernel server one',
        'kernel server two',
      ]
      expect(await room(index).among(texts, 'kernel server')).toEqual([
        'kernel server two',
        'kernel server one',
        'server kernel',
        'kernel of that old server',
        'kernel servers',
        'kernal server',
      ])
    })

    test('of words with as many typos those with the first letter of the query come first', async () => {
      const texts = ['a ricard', 'the cards', 'a card', 'a rcards']
      expect(await room(index).among(texts, 'rcard ')).toEqual(['a rcards', 'a ricard', 'a card'])
    })

    test('a word with one typo is found although the latest hundreds of messages have a word with two', async () => {
      const { say, hits } = room(index)
      const [near] = await say('the configuration')
      await say(...Array.from({ length: 600 }, () => 'other configurations'))
      expect((await hits('configuraton '))[0]).toBe(near ?? '')
    })

    test('recent gives all matches, the latest first', async () => {
      const texts = ['kernel one', 'kernal two', 'kernels three', 'other', 'kernel four']
      expect(await room(index).among(texts, 'kernel', { sort: 'recent' })).toEqual([
        'kernel four',
        'kernels three',
        'kernal two',
        'kernel one',
      ])
    })

    test('pages join to the whole in both orders, without repetition', async () => {
      const { say, hits } = room(index)
      const ids = await say(
        ...Array.from({ length: 53 }, (_text, n) => `page number ${n} ${n % 3 === 0 ? 'mesage' : 'message'}`),
      )
      for (const sort of ['relevance', 'recent'] as const) {
        const whole = await hits('message', { sort })
        expect(whole.toSorted()).toEqual(ids.toSorted())
        for (const page of [1, 7, 53]) expect(await hits('message', { sort, page })).toEqual(whole)
      }
      expect(await hits('message', { sort: 'recent' })).toEqual(ids.toReversed())
    })

    test('messages that arrive between two pages of recent do not move the next page', async () => {
      const { say, hits, conversation_id } = room(index)
      const ids = await say('first thing', 'second thing', 'third thing')
      const request = { query: parseQuery('thing') ?? { all: [], none: [] }, sort: 'recent' } as const
      const conversations = [{ id: conversation_id, last_seq: 3 }]
      const page = await index().search({ ...request, conversations, limit: 2 })
      const [, later] = await say('fourth thing', 'fifth thing')
      const rest = await index().search({ ...request, conversations, limit: 5, start: page[1]?.cursor ?? '' })
      expect(rest.map(hit => hit.id)).toEqual([ids[1] ?? '', ids[0] ?? ''])
      expect((await hits('thing', { sort: 'recent' }))[0]).toBe(later ?? '')
    })

    test('messages that disappear or arrive between two pages of relevance do not move the next page', async () => {
      const { message, apply, hits, conversation_id } = room(index)
      const messages = Array.from({ length: 9 }, (_each, n) =>
        message(n % 2 === 0 ? 'stable rank' : `stable ranks ${n}`),
      )
      await apply(...messages.map(put))
      const whole = await hits('stable rank')
      const request = { query: parseQuery('stable rank') ?? { all: [], none: [] }, sort: 'relevance' } as const
      const conversations = [{ id: conversation_id, last_seq: 9 }]
      const page = await index().search({ ...request, conversations, limit: 4 })
      const shown = messages.filter(({ id }) => whole.slice(0, 2).includes(id))
      await apply(...shown.map(remove), put(message('stable rank')))
      const rest = await index().search({ ...request, conversations, limit: 9, start: page[3]?.cursor ?? '' })
      expect(rest.map(hit => hit.id)).toEqual(whole.slice(3))
    })

    test('a cursor that the index did not give is refused', async () => {
      const request = { query: { all: [], none: [] }, conversations: [{ id: id(), last_seq: 1 }], limit: 1 }
      for (const sort of ['relevance', 'recent'] as const)
        expect(index().search({ ...request, sort, start: '_no-cursor_' })).rejects.toBeInstanceOf(UnknownCursor)
    })
  })

  describe('filters', () => {
    test('without words all that the filters admit is listed, the latest first, also what has no text', async () => {
      const { apply, hits, message, sender_id } = room(index)
      const [text, plain, bare] = [
        message('with words', { has_file: true, type: 'file' }),
        message('plain'),
        message(''),
      ]
      const file = message('', { has_file: true, type: 'file' })
      await apply(...[text, plain, bare, file].map(put))
      const all = { query: null, sort: 'recent' } as const
      for (const page of [1, 2, 100]) {
        expect(await hits('', { ...all, has_file: true, page })).toEqual([file.id, text.id])
        expect(await hits('', { ...all, sender_id, page })).toEqual([file.id, bare.id, plain.id, text.id])
      }
      expect(await hits('', { ...all, type: 'text' })).toEqual([bare.id, plain.id])
      expect(await hits('', { ...all, type: 'file', to: file.created_at })).toEqual([text.id])
      expect(await hits('', { ...all, type: 'image' })).toEqual([])
      await apply(remove(file))
      expect(await hits('', { ...all, has_file: true })).toEqual([text.id])
    })

    test('only the given conversations are searched, however many there are', async () => {
      const [one, two] = [room(index), room(index)]
      const [mine] = await one.say('shared secret word')
      const [theirs] = await two.say('shared secret word')
      expect(await one.hits('secret')).toEqual([mine ?? ''])
      const others = Array.from({ length: 2_500 }, () => ({ id: id(), last_seq: 9 }))
      const both = [...others, { id: one.conversation_id, last_seq: 1 }, { id: two.conversation_id, last_seq: 1 }]
      for (const sort of ['relevance', 'recent'] as const) {
        const found = await one.hits('secret', { conversations: both, sort, page: 1 })
        expect(found.toSorted()).toEqual([mine ?? '', theirs ?? ''].toSorted())
        expect(await one.hits('secret', { conversations: others, sort })).toEqual([])
      }
      expect(await one.hits('secret', { conversations: [] })).toEqual([])
    })

    test('sender, type, files and times limit what is found, alone and together', async () => {
      const { apply, hits, message } = room(index)
      const [ada, bob] = [id(), id()]
      const at = (hour: number) => `2026-04-01T${String(hour).padStart(2, '0')}:00:00.000Z`
      const messages = [
        message('report', { sender_id: ada, created_at: at(1) }),
        message('report', { sender_id: bob, created_at: at(2) }),
        message('report', { sender_id: ada, created_at: at(3), type: 'image', has_file: true }),
        message('report', { sender_id: bob, created_at: at(4), type: 'file', has_file: true }),
      ]
      await apply(...messages.map(put))
      const found = async (more: Parameters<typeof hits>[1]) =>
        (await hits('report', { sort: 'recent', ...more })).map(each => messages.findIndex(({ id }) => id === each))
      expect(await found({})).toEqual([3, 2, 1, 0])
      expect(await found({ sender_id: ada })).toEqual([2, 0])
      expect(await found({ sender_id: id() })).toEqual([])
      expect(await found({ type: 'image' })).toEqual([2])
      expect(await found({ has_file: true })).toEqual([3, 2])
      expect(await found({ from: at(2), to: at(4) })).toEqual([2, 1])
      expect(await found({ from: at(2), sender_id: bob, has_file: true })).toEqual([3])
      expect(await found({ to: at(1) })).toEqual([])
      for (const sort of ['relevance', 'recent'] as const)
        expect(await found({ sort, from: at(1), to: at(3), type: 'text' })).toEqual([1, 0])
    })
  })
}
