import {
  diagnosticsText,
  type Module,
  parseModule,
  type Ref,
  type RegoVersion,
  refsOfModule,
  refText,
} from "@sallyport/rego";
import { templateFault } from "../fault.ts";
import type { Fields } from "../fields.ts";

/** The package that holds a template's own rules, whatever it says. */
const ownPackage = "template";

/** Parses a template's Rego: its own module, then its libraries. Throws `FrameworkError` also for what no template may look at. */
export function parseSource(source: Fields): readonly Module[] {
  const { rego, version, libs } = source;
  if (typeof rego !== "string") throw templateFault("rego source missing required field: rego");
  const regoVersion = version === "v1" ? "v1" : "v0";
  const own = inPackage(parse(rego, ownPackage, regoVersion));
  if (!own.rules.some(({ head }) => nameOf(head.ref) === "violation"))
    throw templateFault("invalid rego: invalid module: missing required rules: [violation]");
  const libraries = (Array.isArray(libs) ? libs : []).map((text, i) =>
    parse(String(text), `libs["lib_${i}"]`, regoVersion),
  );
  for (const library of libraries) checkLibrary(library);
  const modules = [own, ...libraries];
  for (const module of modules) checkImports(module);
  // Libraries first, as Gatekeeper tells faults.
  for (const module of [...libraries, own]) checkRefs(module);
  return modules;
}

function parse(text: string, file: string, regoVersion: RegoVersion): Module {
  const { module, diagnostics } = parseModule(text, { file, regoVersion });
  if (module === undefined || diagnostics.length > 0) throw templateFault(diagnosticsText(diagnostics));
  return module;
}

function inPackage(module: Module): Module {
  const { path } = module.package;
  const name = { kind: "string", value: ownPackage, loc: path.loc } as const;
  return { ...module, package: { ...module.package, path: { ...path, terms: [path.terms[0] ?? name, name] } } };
}

function nameOf({ terms: [head] }: Ref): string | undefined {
  return head?.kind === "var" ? head.name : undefined;
}

/** Below `data.lib`, and not `data.lib` itself. */
function checkLibrary({ package: { path } }: Module): void {
  if (!isAt(path, "data", "lib") || path.terms.length < 3)
    throw templateFault(`invalid lib prefix: path ${refText(path)} not found in lib prefixes`);
}

function checkImports({ imports }: Module): void {
  for (const { path } of imports) {
    const text = JSON.stringify(refText(path));
    if (isAt(path, "input")) throw templateFault(`invalid import: cannot import input: ${text}`);
    const isAllowed = isAt(path, "data", "lib") || isAt(path, "future") || isAt(path, "rego");
    if (!isAllowed) throw templateFault(`invalid import: bad import: ${text}`);
  }
}

/** Of data a template sees its libraries and the inventory. */
function checkRefs(module: Module): void {
  const faults = refsOfModule(module)
    .filter((ref) => nameOf(ref) === "data" && !isAt(ref, "data", "inventory") && !isAt(ref, "data", "lib"))
    .map((ref) => `disallowed ref ${refText(ref)}`);
  if (faults.length === 0) return;
  const { file } = module.package.path.loc;
  throw templateFault(
    `invalid data references: check refs failed on module {${file}}: errors (${faults.length}):\n${faults.join("\n")}\n`,
  );
}

function isAt({ terms: [head, ...rest] }: Ref, root: string, ...path: readonly string[]): boolean {
  if (head?.kind !== "var" || head.name !== root) return false;
  return path.every((name, i) => {
    const term = rest[i];
    return term?.kind === "string" && term.value === name;
  });
}
