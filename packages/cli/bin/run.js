// Keeps compiled code beside the program, so that the next start is twice as fast; where nothing may be written, it is as it was.
// JavaScript, and run before anything else: for a first file in TypeScript, which no cache holds, Node would load its transpiler at each start.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("../.cache", import.meta.url)));
const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
