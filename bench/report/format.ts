/** Three significant digits, with commas between thousands. */
export function number(value: number): string {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 2) })
}

export function orDash(value: number | undefined, format: (value: number) => string = number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : format(value)
}

export const kilobytes = (bytes: number): string => number(bytes / 1000)
export const megabytes = (bytes: number): string => number(bytes / 1e6)
export const percent = (share: number): string => `${number(share * 100)} %`

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join(
    '\n',
  )
}
