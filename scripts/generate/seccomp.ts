import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The profile's module, of the Moby project (Apache-2.0). */
export const seccompModule = "github.com/moby/profiles/seccomp@v0.3.0";

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly object[];
  readonly includes?: object;
  readonly excludes?: object;
}

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] | null }[];
  readonly syscalls: readonly Rule[];
}

/** Which system calls containers may make: the data of Moby's default profile, a rule a line, without its comments. */
export function seccompText(profile: Profile): string {
  const rules = profile.syscalls.map(({ names, action, errnoRet, args, includes, excludes }) =>
    JSON.stringify({ names: names.join(" "), action, errnoRet, args, includes, excludes }),
  );
  const { defaultAction, defaultErrnoRet, archMap } = profile;
  const head = JSON.stringify({ source: seccompModule, defaultAction, defaultErrnoRet, archMap }).slice(0, -1);
  return `${head},"syscalls":[\n${rules.join(",\n")}\n]}\n`;
}

/** Writes `packages/node/src/bundle/seccomp.generated.json` of the Go module that carries the profile: needs Go. */
export function generateSeccomp(root: string): readonly string[] {
  const told = execFileSync("go", ["mod", "download", "-json", seccompModule], { encoding: "utf8" });
  const { Dir } = JSON.parse(told) as { readonly Dir: string };
  const file = "packages/node/src/bundle/seccomp.generated.json";
  writeFileSync(join(root, file), seccompText(JSON.parse(readFileSync(join(Dir, "default.json"), "utf8"))));
  return [file];
}
