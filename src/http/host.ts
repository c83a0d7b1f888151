const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i

/**
 * Path and query of a request whose `Host` header is valid by RFC 9110, or absent, as HTTP/1.0 allows; null for any other host.
 */
export function pathOf({ url, headers }: Request): string | null {
  // The URL is only a path if there is no host, or one that Bun cannot parse.
  if (url.startsWith('/')) return headers.has('host') ? null : url
  const host = url.indexOf('//') + 2
  const path = url.indexOf('/', host)
  if (path === -1 || !HOST.test(url.slice(host, path)) || !URL.canParse(url)) return null
  return url.slice(path)
}
