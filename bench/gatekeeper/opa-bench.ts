import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reviewOfObject } from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { asRego, type LibraryPolicy, repeated } from "./policies.ts";

/** Why `opa bench` cannot be measured here; undefined where it can. */
export function missingOpa(): string | undefined {
  return process.env["SALLYPORT_OPA"] ? undefined : "no OPA: SALLYPORT_OPA names its file";
}

/** Evaluations a second by `opa bench` of the same policies and constraints, on the mean over the objects. Throws where OPA does not answer. */
export function measureOpa(policies: readonly LibraryPolicy[], count: number, objects: readonly KubeObject[]): number {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-opa-bench-"));
  try {
    const { modules, data } = asRego(policies, repeated(policies, count));
    mkdirSync(join(folder, "policies"));
    for (const [i, text] of modules.entries()) writeFileSync(join(folder, "policies", `${i}.rego`), text);
    writeFileSync(join(folder, "policies", "data.json"), JSON.stringify(data));
    const times = objects.map((each) => nanoseconds(folder, each));
    return 1e9 / (times.reduce((sum, each) => sum + each, 0) / times.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function nanoseconds(folder: string, object: KubeObject): number {
  const input = join(folder, "input.json");
  const { request } = reviewOfObject(object, { source: "Original" });
  writeFileSync(input, JSON.stringify({ review: request }));
  const words = ["bench", "--v0-compatible", "--format", "json", "-d", join(folder, "policies"), "-i", input];
  // One thread, as ours.
  const env = { ...process.env, GOMAXPROCS: "1" };
  const ran = spawnSync(process.env["SALLYPORT_OPA"] ?? "opa", [...words, "data.main.results"], {
    encoding: "utf8",
    env,
  });
  if (ran.status !== 0) throw new Error(`opa bench: ${ran.stderr || ran.stdout}`);
  const { N, T } = JSON.parse(ran.stdout) as { readonly N: number; readonly T: number };
  return T / N;
}
