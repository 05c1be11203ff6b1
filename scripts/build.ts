import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildLibrary } from "./build-library.ts";
import { buildPackage } from "./build-package.ts";
import { buildPrograms } from "./build-program.ts";

// `npm run build`: the program in packages/cli/dist, its sidecar as a script of its own, and the engine as a library in packages/rego/dist. `-- --program` makes the program
// alone, `-- --package DIR` the folder that is published and that images hold.
const { values } = parseArgs({ options: { program: { type: "boolean" }, package: { type: "string" } } });

if (values.package !== undefined) {
  await buildPackage(resolve(values.package));
  console.log(`${values.package}: npm install --omit=dev there, or npm publish`);
} else {
  for (const { file, bytes } of await buildPrograms())
    console.log(`${relative(process.cwd(), file)}: ${(bytes / 1e6).toFixed(1)} MB`);
  if (values.program !== true) {
    await buildLibrary("rego", join(import.meta.dirname, "../packages/rego/dist"));
    console.log("packages/rego/dist");
  }
}
