import { join, relative } from "node:path";
import { buildLibrary } from "./build-library.ts";
import { buildProgram, builtProgram, programEntry } from "./build-program.ts";

// `npm run build`: what is published, the program in packages/cli/dist and the engine as a library in packages/rego/dist. `-- --program`
// makes the program alone.
const bytes = await buildProgram(programEntry, builtProgram);
console.log(`${relative(process.cwd(), builtProgram)}: ${(bytes / 1e6).toFixed(1)} MB`);
if (!process.argv.includes("--program")) {
  await buildLibrary("rego", join(import.meta.dirname, "../packages/rego/dist"));
  console.log("packages/rego/dist");
}
