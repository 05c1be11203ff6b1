import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readCases } from "./cases.ts";
import type { CompileTimes } from "./compile-library.ts";

/** Of five processes, the quickest each: what else a machine does only adds to what a process takes once. */
export function measureCompile(): CompileTimes {
  const script = fileURLToPath(new URL("./compile-library.ts", import.meta.url));
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", script];
  const templates = readCases().filter(({ name }) => name.startsWith("gatekeeper/"));
  const input = JSON.stringify(templates.map((each) => ({ ...each, inputs: [] })));
  const runs = [1, 2, 3, 4, 5].map(() => {
    const output = execFileSync(process.execPath, flags, { encoding: "utf8", input });
    return JSON.parse(output) as CompileTimes;
  });
  const least = (key: keyof CompileTimes) => Math.min(...runs.map((run) => run[key]));
  return { library: least("library"), plans: least("plans"), cpu: least("cpu"), policy: least("policy") };
}
