/** Where the path begins at the earliest for Elysia, which does not look for it in a shorter URL. */
const PATH_FROM = 11
const HOST = /^[a-z0-9._-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i

/** What the `Host` header says, as it stands in the URL that Bun made of it. */
function hostOf(url: string): string {
  const from = url.indexOf('//') + 2
  return url.slice(from, pathFrom(url))
}

/** Whether a request names its host as RFC 9110 wants it; of one that does not, no URL can be read. */
export function hasHost(url: string): boolean {
  return HOST.test(hostOf(url)) && URL.canParse(url)
}

/** The request under a host that Elysia can take the path from: `http://db/x` it misreads. */
export function plainHost(request: Request): Request {
  const { url } = request
  const path = pathFrom(url)
  return path >= PATH_FROM ? request : new Request(`http://localhost${url.slice(path)}`, request)
}

function pathFrom(url: string): number {
  const path = url.indexOf('/', url.indexOf('//') + 2)
  return path === -1 ? url.length : path
}
