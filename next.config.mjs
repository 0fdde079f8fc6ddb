/** Plain JavaScript: for a TypeScript file Next.js would load its compiler into the server, 26 MB of it. */
/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  reactStrictMode: true,
  // The project's own check types every file once; a build of the pages is no second place to do so.
  typescript: { ignoreBuildErrors: true },
}
