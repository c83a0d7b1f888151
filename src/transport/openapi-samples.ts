import { fieldsIn, pathNames, type Operation } from '../../contracts/kit.ts'
import type { Json } from './openapi-schemas.ts'

/** Where the samples of a server without an address of its own find it. */
const LOCAL = 'http://localhost:3000'

interface Sample {
  lang: string
  label: string
  source: string
}

/** How to call an operation, with its example as input. Each is a whole program. */
export function samplesOf(name: string, operation: Operation, server: string): Sample[] {
  const call = callOf(operation, server === '/' ? LOCAL : server.replace(/\/$/, ''))
  const typescript = operation.request_headers ? plainTypescript(call) : client(name, operation, call)
  return [
    { lang: 'shell', label: 'curl', source: curl(call) },
    { lang: 'typescript', label: 'TypeScript', source: typescript },
    { lang: 'python', label: 'Python', source: python(call) },
  ]
}

interface Call {
  method: string
  url: string
  server: string
  headers: Readonly<Record<string, string>>
  signed: boolean
  /** The fields of the body; null: none. */
  json: Json | null
  /** The fields of a form beside its file; null: no form. */
  form: Json | null
  /** The body is bytes of any kind. */
  bytes: boolean
  answers: 'json' | 'nothing'
}

function callOf(operation: Operation, server: string): Call {
  const { method, path, allow, request_headers = {}, output, body, status } = operation
  const { input } = operation.example
  const inPath = pathNames(operation)
  const rest = Object.entries(input).filter(([key]) => !inPath.includes(key))
  const place = fieldsIn(operation)
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, key: string) => encodeURIComponent(String(input[key])))
  const query = new URLSearchParams(place === 'query' ? rest.map(([key, value]) => [key, String(value)]) : [])
  const fields = Object.fromEntries(rest)
  return {
    method,
    url: `${server}${filled}${query.size > 0 ? `?${query.toString()}` : ''}`,
    server,
    headers: request_headers,
    signed: allow !== 'anyone',
    json: place === 'body' && rest.length > 0 ? fields : null,
    form: place === 'form' ? fields : null,
    bytes: body === 'bytes' && method !== 'POST',
    answers: output !== null && status[0] !== 204 ? 'json' : 'nothing',
  }
}

function curl({ method, url, headers, signed, json, form, bytes }: Call): string {
  const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
  const lines = [
    `curl --fail-with-body -X ${method} ${quote(url)}`,
    ...(signed ? ['-H "Authorization: Bearer $PARLEY_TOKEN"'] : []),
    ...Object.entries(headers).map(([key, value]) => `-H ${quote(`${key}: ${value}`)}`),
    ...(json ? [`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(json))}`] : []),
    ...Object.entries(form ?? {}).map(([key, value]) => `-F ${quote(`${key}=${String(value)}`)}`),
    ...(form ? ['-F file=@picture.png'] : []),
    ...(bytes ? ['--data-binary @picture.png'] : []),
  ]
  return lines.join(' \\\n  ')
}

function client(name: string, { example, body, allow }: Operation, { server, answers }: Call): string {
  const [group, verb = ''] = name.split('.')
  const method = verb.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())
  const fields = JSON.stringify(example.input, null, 2)
  const input = body === undefined ? fields : fields.replace(/\s*\}$/, ",\n  file: new Blob(['…'])\n}")
  const signIn = `await client.auth.login({ username: 'ada', password: 'correct horse battery staple' })\n`
  const call = `await client.${group}.${method}(${Object.keys(example.input).length > 0 || body ? input : '{}'})`
  return `import { createClient } from 'parley-client'

const client = createClient({ url: '${server}' })
${allow === 'anyone' ? '' : signIn}${answers === 'json' ? `const answer = ${call}\nconsole.log(answer)` : call}
client.close()
`
}

/** For protocols that have their fields in headers. */
function plainTypescript({ method, url, headers, signed, bytes }: Call): string {
  const sent = { ...(signed ? { authorization: 'Bearer <access token>' } : {}), ...headers }
  return `const answer = await fetch('${url}', {
  method: '${method}',
  headers: ${JSON.stringify(sent, null, 2).replaceAll('\n', '\n  ')},${bytes ? "\n  body: new Blob(['…'])," : ''}
})
console.log(answer.status, answer.headers.get('upload-offset'))

export {}
`
}

function python({ method, url, headers, signed, json, form, bytes, answers }: Call): string {
  const token = `"Authorization": "Bearer " + os.environ["PARLEY_TOKEN"]`
  const named = [...(signed ? [token] : []), ...Object.entries(headers).map(([key, value]) => `"${key}": "${value}"`)]
  const file = `open("picture.png", "rb")`
  const options = [
    ...(named.length > 0 ? [`headers={${named.join(', ')}}`] : []),
    ...(json ? [`json=${literal(json)}`] : []),
    ...(form ? [`data=${literal(form)}`, `files={"file": ${file}}`] : []),
    ...(bytes ? [`data=${file}`] : []),
    'timeout=30',
  ]
  const imports = signed ? 'import os\n\nimport requests' : 'import requests'
  return `${imports}

answer = requests.request(
    "${method}",
    "${url}",
${options.map(option => `    ${option},\n`).join('')})
answer.raise_for_status()
print(${answers === 'json' ? 'answer.json()' : 'answer.status_code'})
`
}

/** A value as Python writes it. */
function literal(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${literal(inner)}`)
  return `{${entries.join(', ')}}`
}
