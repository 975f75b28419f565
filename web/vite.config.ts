import { defineConfig } from "vitest/config";

// `base: "./"` lets the pages be served below any path; nothing is inlined, so that a page's Content-Security-Policy
// can stay at 'self'.
export default defineConfig({
  base: "./",
  build: {
    outDir: "dist",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    rolldownOptions: { input: ["index.html", "live.html", "replay.html", "desk.html"] },
  },
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true, changeOrigin: true } } },
  test: { include: ["test/**/*.test.ts"] },
});
