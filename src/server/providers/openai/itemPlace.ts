/** How an event names its item. Some servers give an item another id with each event, so the index comes first. */
export interface ItemPlace {
  output_index?: unknown
  item_id?: unknown
}

export function keyOf({ output_index, item_id }: ItemPlace): unknown {
  return output_index ?? item_id
}
