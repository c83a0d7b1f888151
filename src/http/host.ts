const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i
/** Hosts whose validity is remembered; one server has few. */
const MAX_REMEMBERED = 100

const remembered = new Map<string, boolean>()

/**
 * Path and query of a request whose `Host` header is valid by RFC 9110, or absent, as HTTP/1.0 allows; null for any other host.
 */
export function pathOf({ url, headers }: Request): string | null {
  // The URL is only a path if there is no host, or one that Bun cannot parse.
  if (url.startsWith('/')) return headers.has('host') ? null : url
  const host = url.indexOf('//') + 2
  const path = url.indexOf('/', host)
  return path !== -1 && isHost(url.slice(host, path)) ? url.slice(path) : null
}

/** Parsing a URL takes as long as all other parts of this check, and only its host can be invalid. */
function isHost(host: string): boolean {
  const known = remembered.get(host)
  if (known !== undefined) return known
  const valid = HOST.test(host) && URL.canParse(`http://${host}/`)
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(host, valid)
  return valid
}
