const ALERT = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)/i

export type AlertKind = 'note' | 'tip' | 'important' | 'warning' | 'caution'

/** The mark of an alert that a text begins with: `[!NOTE]` on a line of its own. */
export function alertIn(text: string): { kind: AlertKind; mark: string } | null {
  const match = ALERT.exec(text)
  return match && { kind: (match[1] ?? '').toLowerCase() as AlertKind, mark: match[0] }
}
