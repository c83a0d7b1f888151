export interface Tokens {
  access_token: string
  /** null: the browser keeps it in a cookie that no script can read. */
  refresh_token: string | null
  /** Milliseconds since 1970, by this machine's clock. */
  expires_at: number
  user_id: string
  session_id: string
  /** How often the session has been refreshed. It decides which of two tokens of a session is newer; absent: 0. */
  generation?: number
}

/**
 * Keeps tokens between two starts of an app; the default keeps nothing. Tabs that share a session share its store: each reads
 * the store before it refreshes, because using a replaced refresh token ends the session. Both functions may be asynchronous.
 */
export interface TokenStore {
  load(): Tokens | null | Promise<Tokens | null>
  save(tokens: Tokens | null): void | Promise<void>
}

export function memoryTokens(tokens: Tokens | null = null) {
  let kept = tokens
  return {
    load: () => kept,
    save(next: Tokens | null): void {
      kept = next
    },
  } satisfies TokenStore
}

/** Keeps tokens in `localStorage` or the like, where every script of the page can read them. */
export function storedTokens(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, key = 'parley-tokens') {
  return {
    load: () => JSON.parse(storage.getItem(key) ?? 'null') as Tokens | null,
    save(tokens: Tokens | null): void {
      if (tokens) storage.setItem(key, JSON.stringify(tokens))
      else storage.removeItem(key)
    },
  } satisfies TokenStore
}

/**
 * Whether a stored token has replaced `mine`: a later one of the same session, or another one of a store that does not count.
 * Not decided by `expires_at`, because the clock may have been set back between the two.
 */
export function isNewer(stored: Tokens | null, mine: Tokens): stored is Tokens {
  if (stored?.session_id !== mine.session_id) return false
  const ahead = (stored.generation ?? 0) - (mine.generation ?? 0)
  return ahead > 0 || (ahead === 0 && stored.access_token !== mine.access_token)
}
