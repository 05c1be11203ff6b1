import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkRegoV1,
  formatModule,
  type LanguageCapabilities,
  languageOf,
  type Module,
  parseModule,
} from "@sallyport/rego";

/** The release whose formatter ours follows; another one may differ rightly. */
export const formatterVersion = "1.22";

/** What a module is parsed as and written for. */
export type FormatMode = "v1" | "v0" | "v0v1";

const flags: Readonly<Record<FormatMode, readonly string[]>> = { v1: [], v0: ["--v0-compatible"], v0v1: ["--v0-v1"] };

/** Template strings are none of v0's. */
export function capabilitiesOf(mode: FormatMode): LanguageCapabilities {
  const language = languageOf(mode === "v1" ? "v1" : "v0");
  return { ...language, future_keywords: [...(language.future_keywords ?? []), "and", "or"] };
}

export interface FormatDifference {
  readonly source: string;
  /** Undefined when OPA cannot parse it. */
  readonly opa: string | undefined;
  readonly sallyport: string;
}

/** The `opa` of `SALLYPORT_OPA_FMT`; else why there is none. */
export function findFormatter(): { readonly file: string } | { readonly missing: string } {
  const file = process.env["SALLYPORT_OPA_FMT"];
  if (!file) return { missing: "no opa in SALLYPORT_OPA_FMT" };
  const { stdout } = spawnSync(file, ["version"], { encoding: "utf8" });
  const version = /^Version: (\S+)/m.exec(stdout ?? "")?.[1] ?? "unknown";
  if (!version.startsWith(`${formatterVersion}.`)) return { missing: `opa is ${version}, not ${formatterVersion}` };
  return { file };
}

/** Enough for one process that starting it costs little. */
const batch = 400;

/** Those of the modules that we parse, and what is different; OPA formats many in one process. */
export function compareFormats(
  file: string,
  sources: readonly string[],
  mode: FormatMode,
): { readonly compared: number; readonly differences: readonly FormatDifference[] } {
  const parsed = sources.flatMap((source) => {
    const module = parsedModule(source, mode);
    return module === undefined ? [] : [{ source, module }];
  });
  const differences: FormatDifference[] = [];
  for (let from = 0; from < parsed.length; from += batch) {
    const some = parsed.slice(from, from + batch);
    const texts = formattedByOpa(
      file,
      some.map(({ source }) => source),
      mode,
    );
    for (const [i, { source, module }] of some.entries()) {
      const sallyport = ownText(module, mode);
      if (texts[i] !== sallyport) differences.push({ source, opa: texts[i], sallyport });
    }
  }
  return { compared: parsed.length, differences };
}

function parsedModule(source: string, mode: FormatMode): Module | undefined {
  const { module } = parseModule(source, {
    regoVersion: mode === "v1" ? "v1" : "v0",
    capabilities: capabilitiesOf(mode),
  });
  return module !== undefined && (mode === "v0" || checkRegoV1(module).length === 0) ? module : undefined;
}

function ownText(module: Module, target: FormatMode): string {
  try {
    return formatModule(module, { target });
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : error}`;
  }
}

/** OPA's texts; undefined for what it refuses. It stops at the first of these, so that those that do not parse are taken away before. */
function formattedByOpa(file: string, sources: readonly string[], mode: FormatMode): readonly (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), "format-"));
  try {
    const refused = refusedByOpa(file, sources, mode, folder);
    for (;;) {
      for (const each of refused) rmSync(join(folder, `${each}.rego`), { force: true });
      const args = ["fmt", "-w", "--check-result=false", ...flags[mode], folder];
      const { status, stderr } = spawnSync(file, args, { encoding: "utf8" });
      if (status === 0) break;
      // What was formatted before it is read anew the next time.
      writeAll(folder, sources);
      const more = /(\d+)\.rego:\d/.exec(stderr)?.[1] ?? panicOf(file, mode, folder, refused);
      if (more === undefined || refused.has(more)) throw new Error(`opa fmt: ${stderr.slice(0, 500)}`);
      refused.add(more);
    }
    return sources.map((_, i) =>
      refused.has(String(i)) ? undefined : readFileSync(join(folder, `${i}.rego`), "utf8"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The number of the file over which OPA panics. */
function panicOf(file: string, mode: FormatMode, folder: string, refused: ReadonlySet<string>): string | undefined {
  let numbers = readdirSync(folder)
    .flatMap((name) => name.split(".").slice(0, 1))
    .filter((each) => !refused.has(each));
  while (numbers.length > 1) {
    const half = numbers.slice(0, numbers.length >> 1);
    const args = ["fmt", "--check-result=false", ...flags[mode], ...half.map((each) => join(folder, `${each}.rego`))];
    const { status } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    numbers = status === 0 ? numbers.slice(half.length) : half;
  }
  return numbers[0];
}

/** Writes the sources to files with numbers for names, and tells the numbers of those that OPA cannot parse. */
function refusedByOpa(file: string, sources: readonly string[], mode: FormatMode, folder: string): Set<string> {
  writeAll(folder, sources);
  // A fault of its own keeps OPA from compiling the others, which may conflict with each other.
  const fault = join(folder, "fault.rego");
  writeFileSync(fault, "package");
  const args = [
    "check",
    "--format",
    "json",
    "--max-errors",
    "-1",
    ...(mode === "v1" ? [] : ["--v0-compatible"]),
    folder,
  ];
  const { stderr } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  rmSync(fault);
  const { errors } = JSON.parse(stderr) as {
    errors: readonly { readonly location?: { readonly file: string }; readonly message: string }[];
  };
  // The formatter does not read annotations.
  const faults = errors.filter(({ message }) => !/METADATA block|annotation|yaml/.test(message));
  return new Set(faults.flatMap(({ location }) => /(\d+)\.rego$/.exec(location?.file ?? "")?.[1] ?? []));
}

function writeAll(folder: string, sources: readonly string[]): void {
  for (const [i, source] of sources.entries()) writeFileSync(join(folder, `${i}.rego`), source);
}
