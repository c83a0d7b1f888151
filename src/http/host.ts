const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i

/**
 * Path and query of a request whose `Host` header is one of RFC 9110, or is absent, as HTTP/1.0 may leave it; null for any
 * other host.
 */
export function pathOf({ url, headers }: Request): string | null {
  // A URL that is only a path: no host, or one of which Bun makes nothing.
  if (url.startsWith('/')) return headers.has('host') ? null : url
  const host = url.indexOf('//') + 2
  const path = url.indexOf('/', host)
  if (path === -1 || !HOST.test(url.slice(host, path)) || !URL.canParse(url)) return null
  return url.slice(path)
}
