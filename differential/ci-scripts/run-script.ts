import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "../../scripts/free-port.ts";

/** Scripts as a pipeline has them, written for `opa`. A line `# needs TOOL` names what they need beside it. */
export function ciScripts(): readonly string[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".sh"))
    .map((name) => name.slice(0, -".sh".length));
}

/** A tool that a script needs and that is not here. */
export function missingTool(script: string): string | undefined {
  const needed = [...textOf(script).matchAll(/^# needs (\S+)$/gm)].map(([, tool]) => tool as string);
  return needed.find((tool) => spawnSync(tool, ["--version"]).error !== undefined);
}

/** What a real OPA has answered. */
export function recordedOutput(script: string): string {
  return readFileSync(join(import.meta.dirname, `${script}.out`), "utf8");
}

export function recordOutput(script: string, output: string): void {
  writeFileSync(join(import.meta.dirname, `${script}.out`), output);
}

/** A script takes some 5 s; one that waits for something that never comes is ended. */
const longestRun = 120_000;

/** Runs a script in a new folder with the files beside it; `opa` is the program, with those words before its own. Both streams and the status. */
export async function runScript(script: string, [program = "", ...words]: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-ci-"));
  try {
    const [tools, work] = [join(folder, "tools"), join(folder, "work")];
    mkdirSync(tools);
    cpSync(join(import.meta.dirname, "files"), work, { recursive: true });
    const line = [program, ...words].map((word) => `'${word}'`).join(" ");
    writeFileSync(join(tools, "opa"), `#!/bin/sh\nexec ${line} "$@"\n`);
    chmodSync(join(tools, "opa"), 0o755);
    const path = `${tools}${delimiter}${process.env["PATH"] ?? ""}`;
    const { stdout, status } = spawnSync("sh", ["-c", `exec 2>&1\n${textOf(script)}`], {
      cwd: work,
      encoding: "utf8",
      env: { PATH: path, HOME: folder, LC_ALL: "C.UTF-8", PORT: String(await freePort()) },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: longestRun,
    });
    return `${stdout}status ${status}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textOf(script: string): string {
  return readFileSync(join(import.meta.dirname, `${script}.sh`), "utf8");
}
