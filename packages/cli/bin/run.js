// Runs the program in this process: the built one, or, asked by the condition `source` or without a build, its sources.
// JavaScript, and before anything else: for a first file in TypeScript, which no cache holds, Node would load its transpiler at each start.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { runBuilt } from "./run-built.js";

const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const args = process.argv.slice(2);
// What runs beside each pod is a script of its own: neither the text nor the compiled code of the rest is read for it.
const isAlone = args[0] === "mesh" && ["proxy", "sidecar"].includes(args[1]);
const name = isAlone ? `mesh-${args[1]}` : "sallyport";
const built = fileURLToPath(new URL(`../dist/${name}.cjs`, import.meta.url));

if (process.execArgv.includes("--conditions=source") || !existsSync(built)) {
  enableCompileCache(cache);
  await import(new URL("../src/main.ts", import.meta.url).href);
} else {
  runBuilt(built, isAlone ? `${cache}/${name}` : cache, args);
}
