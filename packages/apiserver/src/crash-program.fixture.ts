import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeBuildFolder } from "../../../scripts/build-folder.fixture.ts";
import { buildProgram } from "../../../scripts/build-program.ts";

const source = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
const runner = new URL("../../cli/bin/run-built.js", import.meta.url);

/** A server as `crash.fixture.ts` says, that starts in a fraction of a second; `file` takes a folder. */
export interface CrashProgram {
  readonly file: string;
  readonly remove: () => void;
}

/** Builds it as users' program is built, and starts it once, so that its compiled code is kept. Throws where it does not start. */
export async function buildCrashProgram(): Promise<CrashProgram> {
  const folder = makeBuildFolder("crash");
  const [built, file, first] = [join(folder, "server.cjs"), join(folder, "start.mjs"), join(folder, "first")];
  await buildProgram(source, built);
  const [from, args] = [JSON.stringify(runner.href), "process.argv.slice(2)"];
  writeFileSync(
    file,
    `import { runBuilt } from ${from};\nrunBuilt(${JSON.stringify(built)}, ${JSON.stringify(join(folder, "cache"))}, ${args});\n`,
  );
  mkdirSync(first);
  const { status, stderr } = spawnSync(process.execPath, [file, first, "once"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the server does not start: ${stderr}`);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
