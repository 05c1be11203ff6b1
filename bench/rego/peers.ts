import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Engine } from "./engine.ts";

/** A peer that runs, or why it cannot here. */
export type Peer = Engine | { readonly name: string; readonly skipped: string };

/** What a peer answers to a request: `us` to `load` and `time`, `values` to `values`. */
interface Answer {
  readonly error?: string;
  readonly us?: number;
  readonly values?: readonly unknown[];
}

/** Real OPA, from the Go module, built here. */
export function startOpa(): Peer {
  const go = ["go", "/usr/local/go/bin/go"].find((name) => spawnSync(name, ["version"]).status === 0);
  if (go === undefined) return { name: "opa", skipped: "no Go toolchain" };
  const folder = mkdtempSync(join(tmpdir(), "sallyport-opa-"));
  cpSync(join(import.meta.dirname, "peer-opa"), folder, { recursive: true });
  const env = { ...process.env, GOFLAGS: "-mod=mod" };
  const build = spawnSync(go, ["build", "-o", "peer", "."], { cwd: folder, env, encoding: "utf8" });
  if (build.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return { name: "opa", skipped: `go build: ${build.stderr.trim().split("\n").at(-1)}` };
  }
  return startPeer("opa", join(folder, "peer"), [], () => rmSync(folder, { recursive: true, force: true }));
}

/** regorus by its Python package. */
export function startRegorus(): Peer {
  const python = process.env["PYTHON"] ?? "python3";
  if (spawnSync(python, ["-c", "import regorus"]).status !== 0)
    return { name: "regorus", skipped: `${python} has no package regorus` };
  return startPeer("regorus", python, [join(import.meta.dirname, "peer-regorus.py")], () => undefined);
}

function startPeer(name: string, command: string, args: readonly string[], clean: () => void): Engine {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ask = askByLine(name, child);
  return {
    name,
    load: async ({ name: _, ...workload }) => (await ask({ op: "load", ...workload })).us ?? Number.NaN,
    values: async () => ((await ask({ op: "values" })).values ?? []).map((value) => JSON.stringify(value)),
    time: async (basis, ms) => (await ask({ op: "time", basis, ms })).us ?? Number.NaN,
    stop: () => {
      child.kill();
      clean();
    },
  };
}

/** One request a line, one answer a line, strictly in turn. */
function askByLine(
  name: string,
  child: ChildProcessByStdio<Writable, Readable, null>,
): (request: object) => Promise<Answer> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (request) => {
    child.stdin.write(JSON.stringify(request) + "\n");
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} ended`);
    const answer = JSON.parse(value) as Answer;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
}
