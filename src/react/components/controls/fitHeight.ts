/** Makes a field as tall as its text, up to the bound in its style. An empty field has one row. */
export function fitHeight(field: HTMLTextAreaElement, text: string): void {
  field.style.height = 'auto'
  if (text !== '') field.style.height = `${field.scrollHeight}px`
}
