import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOpa } from "../../differential/opa-server.ts";

interface Entry {
  readonly name: string;
}

interface Capabilities {
  readonly builtins: readonly Entry[];
  readonly [field: string]: unknown;
}

/**
 * What changed from version to version, for capabilities in the order of their versions: the fields beside `builtins` from a version on,
 * the names of builtins that a version brought, and how those were declared that a version declares anew (until then).
 */
export function capabilityVersionsText(versions: readonly (readonly [version: string, Capabilities])[]): string {
  const language: string[] = [];
  const added: string[] = [];
  const before: string[] = [];
  let last = new Map<string, string>();
  let lastRest = "";
  for (const [version, { builtins, ...rest }] of versions) {
    const entries = new Map(builtins.map((entry) => [entry.name, JSON.stringify(entry)]));
    const gone = [...last.keys()].find((name) => !entries.has(name));
    if (gone !== undefined) throw new Error(`${version} has lost ${gone}: this table cannot say so`);
    const restText = JSON.stringify(rest);
    if (restText !== lastRest) language.push(`${JSON.stringify(version)}:${restText}`);
    const names = [...entries.keys()].filter((name) => !last.has(name));
    if (names.length > 0) added.push(`${JSON.stringify(version)}:${JSON.stringify(names)}`);
    const changed = [...last].filter(([name, text]) => entries.get(name) !== text).map(([, text]) => text);
    if (changed.length > 0) before.push(`${JSON.stringify(version)}:[\n${changed.join(",\n")}\n]`);
    last = entries;
    lastRest = restText;
  }
  const names = JSON.stringify(versions.map(([version]) => version));
  const object = (rows: readonly string[]) => `{\n${rows.join(",\n")}\n}`;
  return `{"versions":${names},\n"language":${object(language)},\n"added":${object(added)},\n"before":${object(before)}}\n`;
}

/** The capabilities of all versions that a real OPA knows. Writes nothing where none is on the machine. */
export function generateCapabilityVersions(root: string): readonly string[] {
  const opa = findOpa();
  if ("missing" in opa) return [];
  const ask = (...words: readonly string[]) =>
    spawnSync(opa.file, ["capabilities", ...words], { encoding: "utf8", maxBuffer: 1 << 24 }).stdout;
  const versions = ask().trim().split("\n");
  const text = capabilityVersionsText(
    versions.map((version) => [version, JSON.parse(ask("--version", version)) as Capabilities] as const),
  );
  const file = join(root, "packages/cli/src/opa/capability-versions.generated.json");
  writeFileSync(file, text);
  return [file];
}
