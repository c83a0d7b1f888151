import { readEnvironment } from './environment.ts'
import { SECRETS, SETTINGS } from './settings.ts'

const HIDDEN = '***'
/** Parameters of URLs that may be secret however short their value is. */
const SECRET_NAME = /pass|secret|token|key|cred|properties/i
/** Of other parameters shorter values are shown, such as `w=1`, so that messages can be read. */
const SECRET_LENGTH = 6

/**
 * The text without the secrets of the settings, for what is printed or logged: messages of drivers may quote what they were
 * given. Secrets are the values of `SECRETS` and, of every URL, the URL itself, its credentials, and the values of its query.
 */
export function hideSecrets(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  const { values } = readEnvironment(environment, name => Object.hasOwn(SETTINGS, name))
  const found = Object.entries(values).flatMap(([name, value]) => {
    if (SECRETS.some(secret => secret === name)) return [value]
    return value.includes('://') ? secretsIn(value) : []
  })
  // The longest first: one may be a part of another.
  const forms = [...new Set(found.flatMap(formsOf))].toSorted((a, b) => b.length - a.length)
  return forms.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text)
}

/** Of a URL, also of one that has several hosts or is not valid. One without a secret gives none. */
function secretsIn(url: string): string[] {
  const [, rest = ''] = /:\/\/(.*)$/s.exec(url) ?? []
  const [place = '', ...query] = rest.split(/[?#]/)
  // A password may have an @ or a slash that should have been escaped, so both ends are tried.
  const credentials = [rest.lastIndexOf('@'), place.lastIndexOf('@'), place.indexOf('@')].flatMap(end =>
    end > 0 ? credentialsIn(rest.slice(0, end)) : [],
  )
  const parameters = query.flatMap(part => part.split('&')).flatMap(parametersIn)
  const secrets = [...credentials, ...parameters].filter(secret => secret !== '')
  return secrets.length > 0 ? [url, ...secrets] : []
}

/** The value of a parameter and, as in `authMechanismProperties=AWS_SESSION_TOKEN:…,…`, those within it. */
function parametersIn(parameter: string): string[] {
  const equals = parameter.indexOf('=')
  const value = parameter.slice(equals + 1)
  if (value.length < SECRET_LENGTH && !SECRET_NAME.test(parameter.slice(0, Math.max(0, equals)))) return []
  return [value, ...value.split(',').map(each => each.slice(each.indexOf(':') + 1))]
}

/** What stands before the @: a name alone may be a token. */
function credentialsIn(text: string): string[] {
  const colon = text.indexOf(':')
  return colon === -1 ? [text] : [text, text.slice(colon + 1)]
}

/** As it is, and without its escapes. */
function formsOf(secret: string): string[] {
  return [secret, decoded(secret), decoded(secret.replaceAll('+', ' '))].filter(form => form !== '')
}

/** Of a URL; another value may have a percent sign that begins no escape. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
