/** Letters that normalisation leaves as they are although people write them in two ways. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
}
const OWN_LETTERS = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')
const ACCENTS = /([\p{sc=Latin}\p{sc=Greek}])\p{M}+/gu
/** Hebrew points; Arabic vowel signs and the stretching sign. */
const POINTS = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u0640]/g
const VARIATION = /[\ufe0e\ufe0f]/g
/** What folding leaves as it is: most words, ideographs and emoji. */
const PLAIN = /^(?:[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]|[\ud83d\ud83e][\udc00-\udfff])$/

/**
 * A token without differences of case, width, accents and vowel points. Marks that are part of a letter stay: Indic vowel
 * signs, kana sound marks, Cyrillic й (specification, Search).
 */
export function fold(token: string): string {
  if (PLAIN.test(token)) return token
  return token
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(ACCENTS, '$1')
    .replace(POINTS, '')
    .replace(VARIATION, '')
    .normalize('NFKC')
    .replace(OWN_LETTERS, letter => LETTERS[letter] ?? letter)
}
