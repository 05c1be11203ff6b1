import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

/** A first build of the largest, OPA, fetches and compiles for about two minutes; without an answer from the network it ends here. */
const buildLimitMs = 300_000;

/**
 * A program of a Go module: built in a copy of the folder below the user's cache, where what a build has made is kept for the next run.
 * `what` is a package, as `go build` takes it; `modfile` stands in for `go.mod`. Else why it cannot be built here.
 */
export function buildGo(
  folder: string,
  name: string,
  what = ".",
  modfile = "go.mod",
): { readonly file: string } | { readonly skipped: string } {
  const go = ["go", "/usr/local/go/bin/go"].find((command) => spawnSync(command, ["version"]).status === 0);
  if (go === undefined) return { skipped: "no Go toolchain" };
  const cwd = copied(folder);
  if (cwd === undefined) return { skipped: `${cacheFolder()} cannot be written` };
  const failure = build(go, ["build", `-modfile=${modfile}`, "-o", name, what], cwd, { GOFLAGS: "-mod=mod" });
  return failure === undefined ? { file: join(cwd, name) } : { skipped: failure };
}

/** The source of a peer where it may be built; undefined where nothing may be written. */
export function copied(folder: string): string | undefined {
  const copy = join(cacheFolder(), "sallyport", "peers", basename(join(folder, "..")), basename(folder));
  try {
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  } catch {
    return undefined;
  }
  return copy;
}

/** The user's. https://specifications.freedesktop.org/basedir-spec/latest/ */
function cacheFolder(): string {
  return process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
}

/** Undefined, or why it failed. */
export function build(
  tool: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  limitMs: number = buildLimitMs,
): string | undefined {
  const { status, stderr, error } = spawnSync(tool, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: limitMs,
  });
  if (status === 0) return undefined;
  return `${basename(tool)} ${args[0]}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
}
