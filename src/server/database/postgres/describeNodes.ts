import type { Pool } from 'pg'

/** A node, as people see it. */
export interface DescribedNode {
  id: string
  address: string | null
  version: string
  activeRuns: number
}

/** The nodes that nobody has found dead and that have not left. */
export async function describeNodes(pool: Pool): Promise<DescribedNode[]> {
  const { rows } = await pool.query<DescribedNode>(`
    select id, address, version,
      (select count(*)::int from runs where node_id = nodes.id and status = 'active') as "activeRuns"
    from nodes where dead_at is null and not has_left order by id`)
  return rows
}
