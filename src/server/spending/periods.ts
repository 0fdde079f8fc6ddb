const DAY = 86_400_000

/** A day in UTC, as `2026-11-29`. `time`: milliseconds since 1970. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** A month in UTC, as `2026-11`. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7)
}

/** When the next day in UTC begins. */
export function nextDay(time: number): number {
  return (Math.floor(time / DAY) + 1) * DAY
}

/** When the next month in UTC begins. */
export function nextMonth(time: number): number {
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/** The day before that of `time`, and the month before that of `time`. */
export function periodsBefore(time: number): { day: string; month: string } {
  const date = new Date(time)
  return {
    day: dayOf(time - DAY),
    month: monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1)),
  }
}

/** Whether a period is a day, and not a month. */
export function isDay(period: string): boolean {
  return period.length === '2026-11-29'.length
}
