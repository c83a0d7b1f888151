/**
 * JSON whose numbers are as they were written, or refused. `JSON.parse` rounds what a double cannot hold before a schema sees
 * it: such a number is replaced by one that parses as Infinity, and `findFlaw` refuses that.
 */
const LOST = '1e999'
/** Longest number that is compared; no double needs more characters, whichever way it is printed. */
const MAX_LENGTH = 400
/** Numbers that can lose something have 16 digits or an exponent. */
const SUSPICIOUS = /[\s:,[]-?(?:[\d.]{16}|[\d.]+e)/i
/** Strings, so that nothing in them is taken for a number, and numbers. Linear on what is JSON only. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Throws for what is no JSON. */
export function parseJson(text: string): unknown {
  return JSON.parse(markLostNumbers(text))
}

/** The text with every number that would not survive marked; what is no JSON stays as it is. */
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

/** Whether the number is given out again with the same value. Printers of 17 digits write 0.1 as 0.10000000000000001. */
function survives(source: string): boolean {
  const value = Number(source)
  if (source.length > MAX_LENGTH || !Number.isFinite(value)) return false
  const given = decimalOf(source)
  if (given === decimalOf(String(value))) return true
  return !Number.isInteger(value) && given === decimalOf(value.toPrecision(17))
}

/** The absolute value in one spelling: digits without zeros around them, and an exponent. */
function decimalOf(number: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}
