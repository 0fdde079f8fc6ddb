import { Component, type ReactNode } from 'react'

interface BlockBoundaryProps {
  text: string
  children: ReactNode
}

/** If drawing `text` fails, shows it as it was written, until the text changes. */
export class BlockBoundary extends Component<BlockBoundaryProps, { text: string; isBroken: boolean }> {
  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  static getDerivedStateFromProps({ text }: BlockBoundaryProps, state: { text: string }) {
    return text === state.text ? null : { text, isBroken: false }
  }

  override state = { text: this.props.text, isBroken: false }

  override render() {
    const { text, children } = this.props
    return this.state.isBroken ? <p className="whitespace-pre-wrap">{text}</p> : children
  }
}
