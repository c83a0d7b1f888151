import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { ROOT } from './checkout.ts'

/** Private words that were replaced by the field's terms (docs/style.md); each with its replacement. */
const REPLACED: Readonly<Record<string, string>> = {
  seat: 'member',
  heir: 'next owner',
  grave: 'tombstone',
  incarnation: 'instance',
  suspect: 'unsettled stream',
  lane: 'lease',
  untold: 'not notified',
  finisher: 'completion',
  acquaintance: 'audience',
  stranger: 'client that is not authenticated',
  whoever: 'the caller, the process, the user',
  commitOwn: 'commitToUser',
  appendOwn: 'appendToUser',
}

/** Files that may use some of them, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/adapters/storage/mongo/upgrade.ts': 'reads collections by their old names',
  'tests/adapters/mongo-upgrade.test.ts': 'makes a store of an earlier version',
  'tests/api/authorization.test.ts': 'has a principal who is a stranger to the conversation',
  'tests/docs/words.test.ts': 'this list',
}

const FILES = ['{contracts,src,scripts,tests}/**/*.ts', '*.md', 'docs/**/*.md'].flatMap(pattern => [
  ...new Bun.Glob(pattern).scanSync(ROOT),
])

test('no file uses a private word that was replaced by a term of the field', async () => {
  const words = new RegExp(`(?<![A-Za-z])(?:${Object.keys(REPLACED).join('|')})s?(?![A-Za-z])`, 'gi')
  const found = await Promise.all(
    FILES.filter(file => !(file in EXCEPTIONS)).map(async file => {
      const text = await Bun.file(join(ROOT, file)).text()
      // docs/style.md quotes a sentence that is wrong.
      const checked = text.replaceAll(/^\| Wrong .*$/gm, '')
      return [...new Set([...checked.matchAll(words)].map(([word]) => `${file}: ${word}`))]
    }),
  )
  expect(found.flat()).toEqual([])
})
