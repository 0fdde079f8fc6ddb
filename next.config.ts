import type { NextConfig } from 'next'

const config: NextConfig = {
  poweredByHeader: false,
  compress: false,
  reactStrictMode: true,
  // The project's own check types every file once; a build of the pages is no second place to do so.
  typescript: { ignoreBuildErrors: true },
}

export default config
