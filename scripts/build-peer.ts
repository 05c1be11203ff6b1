import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";

/**
 * A program of a Go module: built in a copy of the folder below the folder of temporary files, where what a build has made is kept for the
 * next run. `what` is a package, as `go build` takes it. Else why it cannot be built here.
 */
export function buildGo(
  folder: string,
  name: string,
  what = ".",
): { readonly file: string } | { readonly skipped: string } {
  const go = ["go", "/usr/local/go/bin/go"].find((command) => spawnSync(command, ["version"]).status === 0);
  if (go === undefined) return { skipped: "no Go toolchain" };
  const cwd = copied(folder);
  const failure = build(go, ["build", "-o", name, what], cwd, { GOFLAGS: "-mod=mod" });
  return failure === undefined ? { file: join(cwd, name) } : { skipped: failure };
}

/** The source of a peer where it may be built. */
export function copied(folder: string): string {
  const copy = join(tmpdir(), `sallyport-peers-${userInfo().username}`, basename(join(folder, "..")), basename(folder));
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** Undefined, or why it failed. */
export function build(tool: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  const { status, stderr } = spawnSync(tool, args, { cwd, env: { ...process.env, ...env }, encoding: "utf8" });
  return status === 0 ? undefined : `${basename(tool)} ${args[0]}: ${stderr.trim().split("\n").at(-1)}`;
}
