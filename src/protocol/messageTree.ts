interface TreeNode {
  id: string
  parentId: string | null
}

/** The path through a tree of messages from the first one down to the message `last`. Empty if there is no such message. */
export function pathTo<Node extends TreeNode>(nodes: readonly Node[], last: string | null): Node[] {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const path: Node[] = []
  let id = last
  while (id !== null) {
    const node = byId.get(id)
    if (!node) break
    // Visits each node once, because parents that form a ring would never end.
    byId.delete(id)
    path.push(node)
    id = node.parentId
  }
  return path.reverse()
}
