import { defineConfig } from "vite";

// The package for the pages of others: one module, nothing to be loaded beside it.
export default defineConfig({
  build: {
    outDir: "package/dist",
    emptyOutDir: true,
    copyPublicDir: false,
    target: "es2022",
    lib: { entry: "src/components.ts", formats: ["es"], fileName: "vivavoce-components" },
  },
});
