import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { build, buildGo, copied } from "../../scripts/build-peer.ts";
import type { Engine } from "./engine.ts";

/** A peer that runs, or why it cannot here. */
export type Peer = Engine | { readonly name: string; readonly skipped: string };

/** What a peer answers to a request: `us` to `load` and `time`, `values` to `values`, `bytes` to `heap`. */
interface Answer {
  readonly error?: string;
  readonly us?: number;
  readonly values?: readonly unknown[];
  readonly bytes?: number;
}

/** Real OPA, from the Go module, built here. */
export function startOpa(): Peer {
  const built = buildOpa("peer", ".");
  return "skipped" in built ? { name: "opa", ...built } : startPeer("opa", built.file, []);
}

/** The command `opa`: that of `SALLYPORT_OPA`, or the same module's, built here; or why there is none. */
export function findOpaCommand(): { readonly file: string } | { readonly skipped: string } {
  const file = process.env["SALLYPORT_OPA"];
  return file === undefined || file === "" ? buildOpa("opa", "github.com/open-policy-agent/opa") : { file };
}

function buildOpa(name: string, what: string): { readonly file: string } | { readonly skipped: string } {
  return buildGo(join(import.meta.dirname, "peer-opa"), name, what);
}

/** With all that it needs, on a machine that does other things too. */
const releaseLimitMs = 1_800_000;

/** regorus, from the crate, built here, by each of its two evaluators: which is faster depends on the policy. */
export function startRegorus(): readonly Peer[] {
  const home = join(process.env["CARGO_HOME"] ?? join(homedir(), ".cargo"), "bin", "cargo");
  const cargo = ["cargo", home].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (cargo === undefined) return [{ name: "regorus", skipped: "no cargo" }];
  const folder = copied(join(import.meta.dirname, "peer-regorus"));
  if (folder === undefined) return [{ name: "regorus", skipped: "the user's cache cannot be written" }];
  const env = { CARGO_TARGET_DIR: join(folder, "target") };
  const failure = build(cargo, ["build", "--release", "--locked"], folder, env, releaseLimitMs);
  if (failure !== undefined) return [{ name: "regorus", skipped: failure }];
  const file = join(folder, "target", "release", "peer-regorus");
  return ["interpreter", "rvm"].map((kind) => startPeer("regorus", file, [kind], kind));
}

function startPeer(name: string, command: string, args: readonly string[], variant?: string): Engine {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ask = askByLine(name, child);
  return {
    name,
    variant,
    load: async ({ name: _, ...workload }) => (await ask({ op: "load", ...workload })).us ?? Number.NaN,
    values: async () => ((await ask({ op: "values" })).values ?? []).map((value) => JSON.stringify(value)),
    time: async (basis, ms) => (await ask({ op: "time", basis, ms })).us ?? Number.NaN,
    ...(name === "opa" && { heapBytes: async () => (await ask({ op: "heap" })).bytes ?? Number.NaN }),
    stop: () => child.kill(),
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
