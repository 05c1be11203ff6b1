import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "../client.ts";
import { readCases } from "./cases.ts";
import type { CompileTimes } from "./compile-library.ts";

/** Of three processes, the median. */
export function measureCompile(): CompileTimes {
  const script = fileURLToPath(new URL("./compile-library.ts", import.meta.url));
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", script];
  const templates = readCases().filter(({ name }) => name.startsWith("gatekeeper/"));
  const input = JSON.stringify(templates.map((each) => ({ ...each, inputs: [] })));
  const runs = [1, 2, 3].map(() => {
    const output = execFileSync(process.execPath, flags, { encoding: "utf8", input });
    return JSON.parse(output) as CompileTimes;
  });
  return {
    library: median(runs.map(({ library }) => library)),
    policy: median(runs.map(({ policy }) => policy)),
  };
}
