/** Makes a field as tall as its text; the style sheet bounds it. An empty one goes back to one row. */
export function fitHeight(field: HTMLTextAreaElement, text: string): void {
  field.style.height = 'auto'
  if (text !== '') field.style.height = `${field.scrollHeight}px`
}
