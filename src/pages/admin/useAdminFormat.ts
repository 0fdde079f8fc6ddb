import { useFormatter } from 'use-intl'
import { useAdminTexts } from './useAdminTexts.ts'

/** How these pages write numbers and times. */
export function useAdminFormat() {
  const format = useFormatter()
  const texts = useAdminTexts()
  const seconds = (ms: number) =>
    format.number(ms / 1000, {
      style: 'unit',
      unit: 'second',
      unitDisplay: 'short',
      maximumFractionDigits: ms < 10_000 ? 2 : 0,
    })
  return {
    number: (value: number) => format.number(value),
    /** `days` are dates in UTC. */
    day: (day: string) => format.dateTime(new Date(day), { day: 'numeric', month: 'short', timeZone: 'UTC' }),
    date: (time: number) => format.dateTime(new Date(time), { dateStyle: 'long', timeZone: 'UTC' }),
    time: (time: number | null) =>
      time === null
        ? texts.none
        : format.dateTime(new Date(time), { dateStyle: 'medium', timeStyle: 'short' }),
    clock: (time: number) => format.dateTime(new Date(time), { timeStyle: 'medium' }),
    seconds,
    money: (amount: number, currency: string) =>
      format.number(amount, {
        style: 'currency',
        currency,
        maximumFractionDigits: amount > 0 && amount < 1 ? 4 : 2,
      }),
  }
}
