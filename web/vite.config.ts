import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `carrel serve` (or the mock) listens while the pages come from `npm run dev`. */
const server = process.env.CARREL_URL ?? "http://localhost:8787";

export default defineConfig({
  plugins: [react()],
  // The server puts its root path before the addresses in index.html; all else finds its files beside itself.
  base: "./",
  // Fonts and pictures stay files, so that the pages need no `data:` addresses in their content security policy.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  server: {
    proxy: { "/api": server, "/s/": { target: server, ws: true }, "/sign-in": server, "/signed-out": server },
  },
  test: { include: ["src/**/*.test.ts"] },
});
