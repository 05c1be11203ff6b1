import { relative } from "node:path";
import { buildProgram, builtProgram, programEntry } from "./build-program.ts";

// `npm run build`: the program as it is published, in packages/cli/dist.
const bytes = await buildProgram(programEntry, builtProgram);
console.log(`${relative(process.cwd(), builtProgram)}: ${(bytes / 1e6).toFixed(1)} MB`);
