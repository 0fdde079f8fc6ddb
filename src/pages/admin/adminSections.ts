import { ADMIN_SECTIONS } from '../../protocol/admin/adminPaths.ts'

/** The pages of administrators, in the order of their links. */
export const ADMIN_PAGES = ['today', ...ADMIN_SECTIONS] as const
export type AdminSection = (typeof ADMIN_PAGES)[number]

export function sectionPath(section: AdminSection): string {
  return section === 'today' ? '/admin' : `/admin/${section}`
}

/** The section that a path names. The server has no page at any other path. */
export function sectionOf(path: string): AdminSection {
  const name = path.split('/').at(2)
  return ADMIN_SECTIONS.find(section => section === name) ?? 'today'
}
