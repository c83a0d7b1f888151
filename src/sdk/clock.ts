const TICK_MS = 2_000
/** What a busy event loop or a hidden page's timers may be late. */
const JUMP_MS = 10_000

/**
 * Calls `jumped` when the clock shows much more or less than the time between two ticks: the machine has slept, or the clock
 * was set. Returns what ends it.
 */
export function watchClock(now: () => number, jumped: () => void): () => void {
  let last = now()
  const timer = setInterval(() => {
    const passed = now() - last
    last += passed
    if (Math.abs(passed - TICK_MS) > JUMP_MS) jumped()
  }, TICK_MS)
  return () => clearInterval(timer)
}
