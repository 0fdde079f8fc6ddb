/** The little of a document that React needs to draw into: nodes that know their children. */
class TinyNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly ownerDocument: TinyDocument
  readonly namespaceURI = 'http://www.w3.org/1999/xhtml'
  readonly style: Record<string, string> = {}
  parentNode: TinyNode | null = null
  childNodes: TinyNode[] = []
  #nodeValue = ''

  constructor(ownerDocument: TinyDocument, nodeType: number, nodeName: string) {
    this.ownerDocument = ownerDocument
    this.nodeType = nodeType
    this.nodeName = nodeName
  }

  get tagName(): string {
    return this.nodeName
  }

  get nodeValue(): string {
    return this.#nodeValue
  }

  set nodeValue(text: string) {
    this.#nodeValue = text
    this.#note()
  }

  get textContent(): string {
    return this.nodeValue + this.childNodes.map(child => child.textContent).join('')
  }

  set textContent(text: string) {
    this.childNodes = []
    this.#note()
    if (text !== '') this.appendChild(this.ownerDocument.createTextNode(text))
  }

  get firstChild(): TinyNode | null {
    return this.childNodes[0] ?? null
  }

  appendChild(child: TinyNode): TinyNode {
    return this.insertBefore(child, null)
  }

  insertBefore(child: TinyNode, next: TinyNode | null): TinyNode {
    child.parentNode?.removeChild(child)
    child.parentNode = this
    this.#note()
    this.childNodes.splice(next ? this.childNodes.indexOf(next) : this.childNodes.length, 0, child)
    return child
  }

  removeChild(child: TinyNode): TinyNode {
    this.#note(child)
    this.childNodes = this.childNodes.filter(other => other !== child)
    child.parentNode = null
    return child
  }

  addEventListener(): void {}
  removeEventListener(): void {}

  setAttribute(): void {
    this.#note()
  }

  removeAttribute(): void {
    this.#note()
  }

  contains(node: TinyNode | null): boolean {
    return node !== null && (node === this || this.contains(node.parentNode))
  }

  #note(removed: TinyNode | null = null): void {
    this.ownerDocument.changes.push({ node: this, removed })
  }
}

/** A node whose text, attributes or children changed, and the child that was removed from it. */
interface Change {
  node: TinyNode
  removed: TinyNode | null
}

class TinyDocument {
  readonly nodeType = 9
  readonly changes: Change[] = []
  readonly activeElement = null
  readonly documentElement = this.createElement('html')
  readonly body = this.createElement('body')

  createElement(name: string): TinyNode {
    return new TinyNode(this, 1, name.toUpperCase())
  }

  createElementNS(_namespace: string, name: string): TinyNode {
    return this.createElement(name)
  }

  createTextNode(text: string): TinyNode {
    const node = new TinyNode(this, 3, '#text')
    node.nodeValue = text
    return node
  }

  addEventListener(): void {}
  removeEventListener(): void {}
}

/** Puts a document where React looks for one. Returns an element to draw into. */
export function installTinyDocument(): Element {
  const document = new TinyDocument()
  const window = {
    document,
    event: undefined,
    HTMLIFrameElement: class {},
    addEventListener() {},
    location: {},
  }
  Object.assign(globalThis, { document, window })
  return document.createElement('div') as unknown as Element
}

/** What changed in the document since the last call. */
export function takeChanges(box: Element): { node: Element; removed: Node | null }[] {
  return (box.ownerDocument as unknown as TinyDocument).changes.splice(0) as unknown as ReturnType<
    typeof takeChanges
  >
}
