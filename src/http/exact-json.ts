/**
 * Parses JSON whose numbers are kept exactly or refused. `JSON.parse` rounds a number that a double cannot hold before a schema
 * sees it; here such a number is replaced by one that parses as Infinity, which `findFlaw` refuses.
 */
const LOST = '1e999'
/** Characters of the longest number that is compared; no printed double needs more. */
const MAX_LENGTH = 400
/** Only numbers with 16 digits or an exponent can lose precision. */
const SUSPICIOUS = /[\s:,[]-?(?:[\d.]{16}|[\d.]+e)/i
/** Matches strings, so that digits in them are skipped, and numbers. Linear on valid JSON only. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Throws if the text is not JSON. */
export function parseJson(text: string): unknown {
  return JSON.parse(markLostNumbers(text))
}

/** The text with every number that would be rounded replaced. Text that is not JSON is returned unchanged. */
export function markLostNumbers(text: string): string {
  if (!SUSPICIOUS.test(text) || !isJson(text)) return text
  return text.replaceAll(TOKENS, token => (token.startsWith('"') || survives(token) ? token : LOST))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether the number has the same value when it is printed again. Some printers write 0.1 with 17 digits. */
function survives(source: string): boolean {
  const value = Number(source)
  if (source.length > MAX_LENGTH || !Number.isFinite(value)) return false
  const given = decimalOf(source)
  if (given === decimalOf(String(value))) return true
  return !Number.isInteger(value) && given === decimalOf(value.toPrecision(17))
}

/** The absolute value in a canonical form: digits without leading and trailing zeros, and an exponent. */
function decimalOf(number: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}
