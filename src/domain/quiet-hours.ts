import type { Preferences } from '../../contracts/entities.ts'

type Range = Preferences['quiet_hours'][number]
type Day = Range['days'][number]

const DAYS: readonly Day[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** Time zones whose formatters are kept. */
const MAX_ZONES = 100

/** The day and the time of day, `HH:MM`, that a clock on the wall shows. */
interface LocalTime {
  day: Day
  time: string
}

/**
 * Tells whether it is quiet for a user. What counts is what the clock on the wall shows in the range's time zone: an hour that
 * comes twice when summer time ends is quiet twice, and one that is left out is never quiet. Keeps the formatters of time zones,
 * which cost more than what they format.
 */
export class QuietHours {
  readonly #formatters = new Map<string, Intl.DateTimeFormat>()

  isQuiet(ranges: readonly Range[], now: Date): boolean {
    return ranges.some(range => includes(range, this.#localTime(range.tz, now)))
  }

  #localTime(timeZone: string, now: Date): LocalTime {
    const parts = this.#formatter(timeZone).formatToParts(now)
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.find(each => each.type === type)?.value ?? ''
    const weekday = part('weekday').toLowerCase()
    const day = DAYS.find(each => each === weekday) ?? 'sun'
    return { day, time: `${part('hour')}:${part('minute')}` }
  }

  #formatter(timeZone: string): Intl.DateTimeFormat {
    const known = this.#formatters.get(timeZone)
    if (known) return known
    const [oldest] = this.#formatters.keys()
    if (oldest !== undefined && this.#formatters.size >= MAX_ZONES) this.#formatters.delete(oldest)
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    this.#formatters.set(timeZone, made)
    return made
  }
}

/** A range that does not end later on its day ends on the next one. */
function includes({ days, from, to }: Range, { day, time }: LocalTime): boolean {
  if (from < to) return days.includes(day) && from <= time && time < to
  return (days.includes(day) && time >= from) || (days.includes(dayBefore(day)) && time < to)
}

function dayBefore(day: Day): Day {
  return DAYS[(DAYS.indexOf(day) + DAYS.length - 1) % DAYS.length] ?? day
}
