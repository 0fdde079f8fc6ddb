/** The logo: two lines of water. It has no label, because the name is beside it or in the page's title. */
export function Logo({ className = '', isFlowing = false }: { className?: string; isFlowing?: boolean }) {
  return (
    <svg
      viewBox="0 0 32 32"
      // For a page without styles, because a logo without a size fills the screen.
      width="32"
      height="32"
      aria-hidden="true"
      className={`mark ${isFlowing ? 'flowing' : ''} ${className}`}
    >
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="3" strokeLinecap="round">
        <path d="M6 11.5c3.5-3.5 6.5-3.5 10 0s6.5 3.5 10 0" />
        <path d="M6 20.5c3.5-3.5 6.5-3.5 10 0s6.5 3.5 10 0" />
      </g>
    </svg>
  )
}
