import { startMeiliStandIn } from './meili-stand-in.ts'

/** An index of its own for one test server, dropped at the end: in the Meilisearch that `MEILI_URL` names, or in a stand-in. */
export interface TestMeili extends AsyncDisposable {
  readonly url: string
  readonly key: string | null
  readonly index: string
}

export function openTestMeili(): TestMeili {
  const index = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  const url = process.env['MEILI_URL']
  const key = process.env['MEILI_MASTER_KEY'] ?? null
  if (url === undefined) {
    const standIn = startMeiliStandIn()
    return {
      url: standIn.url,
      key: standIn.key,
      index,
      [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
    }
  }
  return {
    url,
    key,
    index,
    async [Symbol.asyncDispose]() {
      const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
      for (const uid of [index, `${index}_rebuild`]) await fetch(`${url}/indexes/${uid}`, { method: 'DELETE', headers })
    },
  }
}
