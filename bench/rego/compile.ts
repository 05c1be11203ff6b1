import { execFileSync } from "node:child_process";
import { median } from "../client.ts";
import { readCases } from "./cases.ts";
import { compileCase } from "./sallyport.ts";

/** Milliseconds of a cold process: compile and plan every template of gatekeeper-library; and one policy, on the median. */
export interface CompileTimes {
  readonly library: number;
  readonly policy: number;
}

/** Each measurement is of a process of its own, as warm compilers are several times faster; the median of three. */
export function measureCompile(): CompileTimes {
  const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning", import.meta.filename];
  const runs = [1, 2, 3].map(() => {
    const text = execFileSync(process.execPath, flags, { encoding: "utf8" });
    return JSON.parse(text) as CompileTimes;
  });
  return {
    library: median(runs.map(({ library }) => library)),
    policy: median(runs.map(({ policy }) => policy)),
  };
}

function compileLibrary(): CompileTimes {
  const templates = readCases().filter(({ name }) => name.startsWith("gatekeeper/"));
  const times = templates.map((template) => {
    const start = performance.now();
    compileCase(template).plan(template.query);
    return performance.now() - start;
  });
  return { library: times.reduce((sum, ms) => sum + ms, 0), policy: median(times) };
}

if (import.meta.main) console.log(JSON.stringify(compileLibrary()));
