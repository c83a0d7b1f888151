const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i
const SCHEME = /^https?:\/\//i
/** Valid hosts that are remembered; one server has few. */
const MAX_REMEMBERED = 100

const remembered = new Set<string>()

/**
 * Path and query of a request whose `Host` header is valid by RFC 9110, or absent, as HTTP/1.0 allows; null for any other host,
 * and for a CONNECT, whose target the runtime gives as it came.
 */
export function pathOf({ url, headers }: Request): string | null {
  // The URL is only a path if there is no host, or one that Bun cannot parse.
  if (url.startsWith('/')) return headers.has('host') ? null : url
  if (!SCHEME.test(url)) return null
  const host = url.indexOf('//') + 2
  const path = url.indexOf('/', host)
  return path !== -1 && isHost(url.slice(host, path)) ? url.slice(path) : null
}

/** Each host is parsed once: of a URL with a path only the host can be invalid. */
function isHost(host: string): boolean {
  if (remembered.has(host)) return true
  const url = `http://${host}/`
  if (!HOST.test(host) || !URL.canParse(url)) return false
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  // A part of a new string: `host` would keep the whole URL of the request, which may have a secret in its query, in memory.
  remembered.add(url.slice('http://'.length, -1))
  return true
}
