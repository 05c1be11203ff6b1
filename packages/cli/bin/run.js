// Runs the program in this process: the built one, or, asked by the condition `source` or without a build, its sources.
// JavaScript, and before anything else: for a first file in TypeScript, which no cache holds, Node would load its transpiler at each start.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { runBuilt } from "./run-built.js";

const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const built = fileURLToPath(new URL("../dist/sallyport.cjs", import.meta.url));

if (process.execArgv.includes("--conditions=source") || !existsSync(built)) {
  enableCompileCache(cache);
  await import(new URL("../src/main.ts", import.meta.url).href);
} else {
  runBuilt(built, cache, process.argv.slice(2));
}
