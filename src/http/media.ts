import { ANY_MEDIA } from '../../contracts/kit.ts'

const JSON_TYPE = 'application/json'

/**
 * The one of `media` that an `Accept` header prefers to JSON; null: JSON, also if it prefers neither (RFC 9110, 12.5.1). `ANY_MEDIA`
 * stands for every type but JSON.
 */
export function preferredMedia(accept: string | null, media: readonly string[]): string | null {
  const ranges = parseAccept(accept ?? ANY_MEDIA)
  const json = qualityOf(JSON_TYPE, ranges)
  const others = media.map(type => ({ type, quality: type === ANY_MEDIA ? best(ranges) : qualityOf(type, ranges) }))
  const [first] = others.toSorted((a, b) => b.quality - a.quality)
  return first && first.quality > json ? first.type : null
}

interface Range {
  type: string
  quality: number
}

function parseAccept(header: string): Range[] {
  return header.split(',').flatMap(each => {
    const [type = '', ...parameters] = each.split(';').map(part => part.trim().toLowerCase())
    const q = parameters.find(parameter => parameter.startsWith('q='))
    const quality = q === undefined ? 1 : Number(q.slice(2))
    return type.includes('/') && quality >= 0 && quality <= 1 ? [{ type, quality }] : []
  })
}

/** The quality of the most specific range that matches the type; 0 if none does. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const [group = ''] = type.split('/')
  for (const wanted of [type, `${group}/*`, ANY_MEDIA]) {
    const range = ranges.find(each => each.type === wanted)
    if (range) return range.quality
  }
  return 0
}

function best(ranges: readonly Range[]): number {
  return Math.max(0, ...ranges.filter(({ type }) => type !== JSON_TYPE).map(({ quality }) => quality))
}
