import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildProgram } from "../../scripts/build-program.ts";
import { readCases } from "./cases.ts";
import type { CompileTimes } from "./compile-library.ts";

/** As users have it: a built program, whose compiled code is kept from its first run on. `firstRun` is that first one. */
export interface CompileReport extends CompileTimes {
  readonly firstRun: CompileTimes;
}

/** Of five processes after the first, the quickest each: what else a machine does only adds to what a process takes once. */
export async function measureCompile(): Promise<CompileReport> {
  const folder = mkdtempSync(join(tmpdir(), "bench-compile-"));
  try {
    const built = join(folder, "compile-library.cjs");
    await buildProgram(fileURLToPath(new URL("./compile-library.ts", import.meta.url)), built);
    return measureRuns(built, join(folder, "cache"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureRuns(built: string, cache: string): CompileReport {
  const runner = pathToFileURL(join(import.meta.dirname, "../../packages/cli/bin/run-built.js"));
  const code = `import { runBuilt } from ${JSON.stringify(runner)}; runBuilt(${JSON.stringify(built)}, ${JSON.stringify(cache)}, []);`;
  const templates = readCases().filter(({ name }) => name.startsWith("gatekeeper/"));
  const input = JSON.stringify(templates.map((each) => ({ ...each, inputs: [] })));
  const flags = ["--input-type=module", "--eval", code];
  const run = () => JSON.parse(execFileSync(process.execPath, flags, { encoding: "utf8", input })) as CompileTimes;
  const firstRun = run();
  const runs = [1, 2, 3, 4, 5].map(run);
  const least = (key: keyof CompileTimes) => Math.min(...runs.map((each) => each[key]));
  return { library: least("library"), plans: least("plans"), cpu: least("cpu"), policy: least("policy"), firstRun };
}
