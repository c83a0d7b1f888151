import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import * as images from './images.ts'

/** A file that somebody could upload to make a server or a browser do what it must not do. */
export interface HostileFile {
  /** What it tries. */
  readonly attempt: string
  /** The name and the type that the client claims. */
  readonly name: string
  readonly claimed: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Runs where it is shown as a page, a script or a style: it asks for this URL. */
export function hostileFiles(canary: string): Promise<HostileFile[]> {
  const script = `fetch('${canary}')`
  const page = `<!doctype html><html><body><script>${script}</script><img src=x onerror="${script}"></body></html>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="${script}"><script>${script}</script></svg>`
  return Promise.all([
    ...markup(page, svg, script),
    ...mislabelled(page, svg, script),
    ...polyglots(page, script),
    ...named(page),
    ...damaged(),
    ...bombs(),
  ])
}

type Attempt = HostileFile | Promise<HostileFile>

function file(attempt: string, name: string, claimed: string, content: string | Uint8Array): HostileFile {
  return {
    attempt,
    name,
    claimed,
    bytes: Uint8Array.from(typeof content === 'string' ? Buffer.from(content) : content),
  }
}

function markup(page: string, svg: string, script: string): Attempt[] {
  const utf16 = (text: string, order: 'le' | 'be') => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
    return order === 'le' ? bytes : bytes.swap16()
  }
  return [
    file('a page', 'page.html', 'text/html', page),
    file('a page without a name that says so', 'notes', 'text/html', page),
    file('a page after blank space', 'space.html', 'text/html', `${' \n\t'.repeat(300)}${page}`),
    file(
      'a page after a comment longer than what is sniffed',
      'long.html',
      'text/html',
      `<!--${'x'.repeat(70_000)}-->${page}`,
    ),
    file('a page in UTF-16, little endian', 'utf16le.html', 'text/html; charset=utf-16le', utf16(page, 'le')),
    file('a page in UTF-16, big endian', 'utf16be.html', 'text/html; charset=utf-16be', utf16(page, 'be')),
    file('a page in UTF-7', 'utf7.html', 'text/html; charset=utf-7', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-'),
    file('a page with a byte order mark', 'bom.html', 'text/html', `\uFEFF${page}`),
    file(
      'a page of XHTML',
      'page.xhtml',
      'application/xhtml+xml',
      `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>${script}</script></html>`,
    ),
    file(
      'an archive of a page',
      'page.mhtml',
      'multipart/related',
      `MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${page}`,
    ),
    file('a drawing with a script', 'drawing.svg', 'image/svg+xml', svg),
    file('a drawing with a declaration', 'declared.svg', 'image/svg+xml', `<?xml version="1.0"?><!DOCTYPE svg>${svg}`),
    file(
      'a drawing with a page in it',
      'foreign.svg',
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>${script}</script></body></foreignObject></svg>`,
    ),
    file(
      'a drawing that loads another',
      'use.svg',
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg"><use href="data:image/svg+xml,${encodeURIComponent(svg)}#x"/></svg>`,
    ),
    file('a compressed drawing', 'drawing.svgz', 'image/svg+xml', gzipSync(svg)),
    file(
      'a document with a style sheet that is a page',
      'style.xml',
      'text/xml',
      `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#"?><a>${page}</a>`,
    ),
    file(
      'a document with an external entity',
      'entity.xml',
      'application/xml',
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    ),
    file(
      'a document whose entities grow',
      'laughs.xml',
      'application/xml',
      '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]><a>&d;</a>',
    ),
    file(
      'a feed',
      'feed.rss',
      'application/rss+xml',
      `<?xml version="1.0"?><rss version="2.0"><channel><title>&lt;script&gt;${script}</title></channel></rss>`,
    ),
    file(
      'a formula',
      'formula.mml',
      'application/mathml+xml',
      `<math xmlns="http://www.w3.org/1998/Math/MathML" href="javascript:${script}">x</math>`,
    ),
    file('a script', 'script.js', 'text/javascript', script),
    file('a module', 'module.mjs', 'text/javascript', `import '${script}'; ${script}`),
    file('a service worker', 'worker.js', 'application/javascript', `self.addEventListener('fetch', () => ${script})`),
    file('a style sheet', 'style.css', 'text/css', `body{background:url(javascript:${script})}`),
    file('a style that reads what it is put before', 'read.css', 'text/css', '{}*{x:expression(alert(1))}'),
    file('a manifest', 'app.webmanifest', 'application/manifest+json', '{"start_url":"/","scope":"/"}'),
    file('an application cache', 'cache.appcache', 'text/cache-manifest', 'CACHE MANIFEST\n/\n'),
    file(
      'a scriptlet',
      'run.sct',
      'text/scriptlet',
      `<scriptlet><implements><script>${script}</script></implements></scriptlet>`,
    ),
    file('an application of HTML', 'run.hta', 'application/hta', `<hta:application>${page}`),
    file(
      'a table whose cells are formulas',
      'sums.csv',
      'text/csv',
      '=HYPERLINK("http://evil.example","x"),+1,-1,@SUM(A1)\r\n',
    ),
    file('a card with a page', 'card.vcf', 'text/vcard', `BEGIN:VCARD\nVERSION:4.0\nNOTE:${page}\nEND:VCARD`),
    file('a shortcut', 'link.url', 'application/internet-shortcut', `[InternetShortcut]\nURL=javascript:${script}`),
  ]
}

function mislabelled(page: string, svg: string, script: string): Attempt[] {
  return [
    file('a page called a picture', 'photo.png', 'image/png', page),
    file('a page called a photograph', 'photo.jpg', 'image/jpeg', page),
    file('a page called a film', 'film.mp4', 'video/mp4', page),
    file('a page called a song', 'song.mp3', 'audio/mpeg', page),
    file('a page called a document', 'paper.pdf', 'application/pdf', page),
    file('a page called text', 'read.txt', 'text/plain', page),
    file('a drawing called a picture', 'photo.gif', 'image/gif', svg),
    file('a script called a picture', 'photo.webp', 'image/webp', script),
    file('a picture called a page', 'picture.html', 'text/html', images.png(3, 3)),
    file('a picture called a script', 'picture.js', 'text/javascript', images.animatedGif(10, 10)),
    file('a type with a line break', 'break.txt', 'text/plain\r\nX-Injected: yes', 'text'),
    file('two types', 'two.txt', 'image/png, text/html', page),
    file('no type at all', 'none', '', page),
  ]
}

function polyglots(page: string, script: string): Attempt[] {
  const gif = images.animatedGif(10, 10)
  return [
    file(
      'a picture with a page behind it',
      'behind.png',
      'image/png',
      Buffer.concat([images.png(3, 3), Buffer.from(page)]),
    ),
    file(
      'a picture with a page in a comment',
      'comment.png',
      'image/png',
      images.png(3, 3, images.pngChunk('tEXt', Buffer.from(`Comment\0${page}`))),
    ),
    images
      .jpeg(8, 8)
      .then(image =>
        file(
          'a photograph with a page in a comment',
          'comment.jpg',
          'image/jpeg',
          images.withSegment(image, 0xfe, Buffer.from(page)),
        ),
      ),
    images
      .jpeg(8, 8)
      .then(image =>
        file(
          'a photograph with a page in its metadata',
          'exif.jpg',
          'image/jpeg',
          images.withSegment(image, 0xe1, Buffer.from(`Exif\0\0${page}`)),
        ),
      ),
    images
      .jpeg(8, 8)
      .then(image =>
        file(
          'a photograph with a script behind it',
          'script.jpg',
          'image/jpeg',
          Buffer.concat([image, Buffer.from(`*/=1;${script}`)]),
        ),
      ),
    file(
      'an animation that is a script',
      'script.gif',
      'image/gif',
      Buffer.from(`GIF89a/*${'\0'.repeat(20)}*/=1;${script};`),
    ),
    file('an animation with a page behind it', 'behind.gif', 'image/gif', Buffer.concat([gif, Buffer.from(page)])),
    file('a signature of an animation, then a page', 'thin.gif', 'image/gif', `GIF89a${page}`),
    file(
      'a signature of a picture, then a page',
      'thin.png',
      'image/png',
      Buffer.concat([images.PNG_SIGNATURE, Buffer.from(page)]),
    ),
    file('a signature of a bitmap, then a page', 'thin.bmp', 'image/bmp', `BM${page}`),
    file(
      'a signature of a photograph, then a page',
      'thin.jpg',
      'image/jpeg',
      Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.from(page)]),
    ),
    file(
      'a signature of a WebP, then a page',
      'thin.webp',
      'image/webp',
      Buffer.concat([Buffer.from('RIFF\x20\0\0\0WEBPVP8 ', 'latin1'), Buffer.from(page)]),
    ),
    file('a signature of a song, then a page', 'thin.mp3', 'audio/mpeg', `ID3\u0003\0\0\0\0\0\u0010${page}`),
    file('a document that is a page', 'page.pdf', 'application/pdf', `%PDF-1.7\n${page}`),
    file(
      'a document with a script',
      'script.pdf',
      'application/pdf',
      `%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF`,
    ),
    file(
      'an archive that is a page',
      'page.zip',
      'application/zip',
      Buffer.concat([Buffer.from(page), Buffer.from('504b0506', 'hex'), Buffer.alloc(18)]),
    ),
    file('a program', 'run.exe', 'image/png', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])),
    file(
      'a film of Flash',
      'film.swf',
      'application/x-shockwave-flash',
      Buffer.concat([Buffer.from('CWS\x0a', 'latin1'), Buffer.alloc(40)]),
    ),
    file('bytes of WebAssembly', 'code.wasm', 'application/wasm', Buffer.from('0061736d01000000', 'hex')),
  ]
}

function named(page: string): Attempt[] {
  const names: [attempt: string, name: string][] = [
    ['a name that climbs', '../../../../etc/passwd'],
    ['a name that climbs on Windows', '..\\..\\windows\\win.ini'],
    ['a name that climbs in an escaped form', '..%2f..%2fetc%2fpasswd'],
    ['an absolute name', '/etc/cron.d/evil'],
    ['a name of a device', 'CON'],
    ['a name with a line break', 'a.png\r\nX-Injected: yes\r\n\r\n<script>alert(1)</script>'],
    ['a name with a quotation mark', 'a"; filename="evil.html'],
    ['a name with an extended parameter', "a'; filename*=UTF-8''evil.html"],
    ['a name that reads backwards', 'invoice_\u202Egnp.exe'],
    ['a name with isolates', '\u2066evil\u2069.exe'],
    ['a name with a zero byte', 'photo.png\0.html'],
    ['a name with controls', 'a\u0001\u001B[2Jb\u007F.txt'],
    ['a name of a page', '<img src=x onerror=alert(1)>.png'],
    ['a name with two extensions', 'photo.png.html'],
    ['a name with a semicolon', 'evil.html;.png'],
    ['a name of dots', '..'],
    ['a name of blank space', '   '],
    ['a name in letters of all kinds', '報告 ñandú 🙂 .html'],
    ['a name with a lone surrogate', 'a\uD800b.html'],
    ['a very long name', `${'x'.repeat(5_000)}.html`],
  ]
  return names.map(([attempt, name]) => file(attempt, name, 'text/html', page))
}

function damaged(): Attempt[] {
  return [
    file(
      'a picture of no pixels',
      'none.png',
      'image/png',
      Buffer.concat([images.PNG_SIGNATURE, images.pngHeader(0, 0), images.PNG_END]),
    ),
    file('a picture that ends early', 'cut.png', 'image/png', images.png(50, 50).subarray(0, 60)),
    file(
      'a picture with a chunk that is longer than the file',
      'long.png',
      'image/png',
      Buffer.concat([images.PNG_SIGNATURE, Buffer.from('ffffffff', 'hex'), Buffer.from('IHDR')]),
    ),
    images
      .jpeg(50, 50)
      .then(image =>
        file('a photograph that ends early', 'cut.jpg', 'image/jpeg', image.subarray(0, image.length / 2)),
      ),
    images
      .jpeg(8, 8)
      .then(image =>
        file(
          'a photograph whose metadata points outside',
          'exif.jpg',
          'image/jpeg',
          images.withSegment(image, 0xe1, Buffer.from('4578696600004d4d002affffffff', 'hex')),
        ),
      ),
    images
      .jpeg(8, 8)
      .then(image =>
        file(
          'a photograph whose metadata points to itself',
          'loop.jpg',
          'image/jpeg',
          images.withSegment(image, 0xe1, Buffer.from('4578696600004d4d002a00000008000000000008', 'hex')),
        ),
      ),
    images
      .jpeg(8, 8)
      .then(image =>
        file(
          'a photograph turned in a way that does not exist',
          'turned.jpg',
          'image/jpeg',
          images.withSegment(image, 0xe1, images.exif(99)),
        ),
      ),
    images.webp(8, 8).then(image => file('a WebP that ends early', 'cut.webp', 'image/webp', image.subarray(0, 24))),
    file('an animation that never ends', 'open.gif', 'image/gif', images.animatedGif(10, 10).subarray(0, 30)),
    file('a bitmap of negative size', 'negative.bmp', 'image/bmp', negativeBitmap()),
    file(
      'an archive whose entry is longer than the file',
      'cut.zip',
      'application/zip',
      Buffer.from(`504b03041400000008000000000000000000ffffffffffffffff0400000061626364`, 'hex'),
    ),
    file('zeros', 'zeros', 'application/octet-stream', Buffer.alloc(1_000)),
    file('one byte', 'one', 'application/octet-stream', Buffer.from([0xff])),
  ]
}

function negativeBitmap(): Buffer {
  const bitmap = images.bitmap(2, 2)
  bitmap.writeInt32LE(-2_147_483_648, 18)
  bitmap.writeInt32LE(-2_147_483_648, 22)
  return bitmap
}

function bombs(): Attempt[] {
  const much = Buffer.alloc(4 << 20)
  return [
    file(
      'a picture that claims a huge size',
      'huge.png',
      'image/png',
      Buffer.concat([
        images.PNG_SIGNATURE,
        images.pngHeader(60_000, 60_000),
        images.pngChunk('IDAT', deflateSync(Buffer.alloc(10))),
        images.PNG_END,
      ]),
    ),
    file(
      'a picture of a line',
      'line.png',
      'image/png',
      Buffer.concat([
        images.PNG_SIGNATURE,
        images.pngHeader(0x7fffffff, 1),
        images.pngChunk('IDAT', deflateSync(much)),
        images.PNG_END,
      ]),
    ),
    file('an animation that claims a huge size', 'huge.gif', 'image/gif', images.animatedGif(65_535, 65_535)),
    file(
      'a picture whose profile inflates',
      'profile.png',
      'image/png',
      images.png(3, 3, images.pngChunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), deflateSync(much)]))),
    ),
    file(
      'a picture whose text inflates',
      'text.png',
      'image/png',
      images.png(3, 3, images.pngChunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), deflateSync(much)]))),
    ),
    file(
      'a picture with more pixels than it claims',
      'more.png',
      'image/png',
      Buffer.concat([
        images.PNG_SIGNATURE,
        images.pngHeader(3, 3),
        images.pngChunk('IDAT', deflateSync(much)),
        images.PNG_END,
      ]),
    ),
    file('text that inflates', 'bomb.gz', 'application/gzip', gzipSync(much)),
    file('an archive that inflates', 'bomb.zip', 'application/zip', zipOf('bomb.txt', much)),
    file(
      'an archive whose entry climbs',
      'slip.zip',
      'application/zip',
      zipOf('../../../../tmp/evil.sh', Buffer.from('echo evil')),
    ),
    images.jpeg(8, 8).then(image =>
      file(
        'a photograph with much metadata',
        'heavy.jpg',
        'image/jpeg',
        Array.from({ length: 30 }).reduce<Buffer>(
          heavier => images.withSegment(heavier, 0xe2, Buffer.alloc(60_000)),
          image,
        ),
      ),
    ),
  ]
}

function zipOf(name: string, content: Buffer): Buffer {
  const data = deflateRawSync(content)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(8, 8)
  header.writeUInt32LE(data.length, 18)
  header.writeUInt32LE(content.length, 22)
  header.writeUInt16LE(Buffer.byteLength(name), 26)
  return Buffer.concat([header, Buffer.from(name), data])
}
