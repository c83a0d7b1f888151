/** Where the path begins at the earliest for Elysia, which does not look for it in a shorter URL. */
const PATH_FROM = 11
const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i

/** Whether a request names its host as RFC 9110 wants it, or not at all, as HTTP/1.0 may; no URL is made of another. */
export function hasHost({ url, headers }: Request): boolean {
  // A URL that is only a path: no host, or one of which Bun makes nothing.
  if (url.startsWith('/')) return !headers.has('host')
  return HOST.test(url.slice(url.indexOf('//') + 2, pathFrom(url))) && URL.canParse(url)
}

/** The request under a host that Elysia can take the path from: `http://db/x` it misreads, and no host at all. */
export function plainHost(request: Request): Request {
  const { url } = request
  const path = pathFrom(url)
  return path >= PATH_FROM ? request : new Request(`http://localhost${url.slice(path)}`, request)
}

/** Where the path begins in the URL that Bun made of the `Host` header and the request line. */
export function pathFrom(url: string): number {
  if (url.startsWith('/')) return 0
  const path = url.indexOf('/', url.indexOf('//') + 2)
  return path === -1 ? url.length : path
}
