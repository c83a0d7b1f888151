import type { Message } from '../wire-types.ts'

/** Messages with consecutive seqs, oldest first. */
export type Window = readonly [Message, ...Message[]]
/** The messages of a conversation that are loaded: windows in order, with messages missing between each two. */
export type Windows = readonly Window[]

/** Brings messages into windows. Of two versions of a message the later one stays. */
export function windowsOf(messages: Iterable<Message>): Windows {
  const latest = new Map<number, Message>()
  for (const message of messages) {
    const known = latest.get(message.seq)
    if (!known || message.change > known.change) latest.set(message.seq, message)
  }
  const windows: [Message, ...Message[]][] = []
  let last: [Message, ...Message[]] | undefined
  let next = 0
  for (const message of [...latest.values()].sort((a, b) => a.seq - b.seq)) {
    if (last && message.seq === next) last.push(message)
    else windows.push((last = [message]))
    next = message.seq + 1
  }
  return windows
}

export function lastOf(window: Window): Message {
  return window.at(-1) ?? window[0]
}

/** Adds the newest message, unless it is loaded already. */
export function appended(windows: Windows, message: Message): Windows {
  const tail = windows.at(-1)
  if (tail && lastOf(tail).seq + 1 === message.seq) return [...windows.slice(0, -1), [...tail, message]]
  return tail && lastOf(tail).seq >= message.seq ? windowsOf([message, ...windows.flat()]) : [...windows, [message]]
}

/** Replaces each message by what `next` answers; the same windows if it changes none. */
export function changed(windows: Windows, next: (message: Message) => Message): Windows {
  let some = false
  const mapped = windows.map(window => {
    const at = window.findIndex(message => next(message) !== message)
    if (at < 0) return window
    some = true
    // Cast: a copy of a window is not empty.
    return window.map((message, index) => (index < at ? message : next(message))) as unknown as Window
  })
  return some ? mapped : windows
}

/** The window with the message of this seq. */
export function windowAt(windows: Windows, seq: number): Window | undefined {
  return windows.find(window => window[0].seq <= seq && seq <= lastOf(window).seq)
}

/** At most so many messages: those nearest to the one with this seq. */
export function trimmed(windows: Windows, most: number, seq: number): Windows {
  const all = windows.flat()
  if (all.length <= most) return windows
  const far = (message: Message | undefined) => Math.abs((message?.seq ?? seq) - seq)
  let from = 0
  let to = all.length
  while (to - from > most) {
    if (far(all[from]) >= far(all[to - 1])) from += 1
    else to -= 1
  }
  return windowsOf(all.slice(from, to))
}
