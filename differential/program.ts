import type { RegoVersion } from "@sallyport/rego";
import { builtinCall } from "./calls.ts";
import { dialect } from "./dialect.ts";
import { document, objectDocument } from "./document.ts";
import { body } from "./literals.ts";
import { packageMetadata, ruleMetadata } from "./metadata.ts";
import { pathsOf } from "./paths.ts";
import { rule } from "./rules.ts";
import type { NamedRule, Scope } from "./scope.ts";
import { Tape } from "./tape.ts";

export interface Program {
  /** A v1 module of the package `p`; all its rules are asked as one document. Rules are apart by blank lines. */
  readonly module: string;
  /** A module of the package `p.lib`, whose rules the other one calls. */
  readonly library: string | undefined;
  /** JSON. */
  readonly input: string;
  /** JSON of all base data. */
  readonly data: string;
  readonly regoVersion: RegoVersion;
  readonly strict: boolean;
}

/** Terms inside terms; deeper ones are mostly undefined. */
const maxTermDepth = 3;
const maxRules = 5;

/** A random program. Most compile; those that do not must be refused by both sides. */
export function program(numbers: readonly number[]): Program {
  const tape = new Tape(numbers);
  const input = objectDocument(tape);
  const data = objectDocument(tape);
  const written = dialect(tape);
  const scope: Scope = {
    tape,
    grammar: { builtinCall, body },
    dialect: written,
    vars: [],
    rules: [],
    depth: 1 + tape.below(maxTermDepth),
    wildcards: true,
    paths: pathsOf({ input, "data.d": data }),
    careful: !tape.oneIn(4),
    names: { next: 0 },
  };
  const library = tape.oneIn(4) ? rules(scope, "p.lib", "l", 2) : undefined;
  const imported = tape.pick(imports);
  const known = (library?.named ?? []).map((each) => ({ ...each, name: `${imported.name}.${each.name}` }));
  const documents = tape.oneIn(4) ? tape.list(2, () => tape.pick(importedDocuments), 1) : [];
  const main = rules({ ...scope, rules: [...known, ...documents.map(documentRule)] }, "p", "r", maxRules);
  const texts = [...(library === undefined ? [] : [imported.text]), ...new Set(documents.map(({ text }) => text))];
  return {
    module: packageMetadata(tape) + moduleText("p", [...written.imports, ...texts], main.text),
    library: library && packageMetadata(tape) + moduleText("p.lib", written.imports, library.text),
    input,
    data: `{"d": ${data}${tape.oneIn(3) ? `, "p": ${besideRules(tape)}` : ""}}`,
    regoVersion: written.regoVersion,
    strict: tape.oneIn(12),
  };
}

/** How the main module names the library. */
const imports: readonly { readonly name: string; readonly text: string }[] = [
  { name: "lib", text: "data.p.lib" },
  { name: "other", text: "data.p.lib as other" },
  { name: "data.p.lib", text: "input.a as unused" },
  { name: "up.lib", text: "data.p as up" },
];

/** Documents under names of their own. */
const importedDocuments = [
  { name: "ina", text: "input.a as ina", path: "input.a" },
  { name: "b", text: "input.b", path: "input.b" },
  { name: "dd", text: "data.d as dd", path: "data.d" },
  { name: "z", text: "data.p.z", path: "data.p.z" },
] as const;

function documentRule({ name, path }: { readonly name: string; readonly path: string }): NamedRule {
  return { name, path, kind: "complete", arity: 0 };
}

function moduleText(name: string, imported: readonly string[], text: string): string {
  return [`package ${name}`, ...imported.map((each) => `import ${each}`), text].join("\n\n");
}

/** Base data in packages of the program, under names that no rule has. */
function besideRules(tape: Tape): string {
  return `{"z": ${document(tape, 2)}, "lib": {"z": ${document(tape, 1)}}, "x": ${document(tape, 1)}}`;
}

function rules(scope: Scope, packagePath: string, prefix: string, most: number): { text: string; named: NamedRule[] } {
  const named: NamedRule[] = [];
  const texts = scope.tape.list(
    most,
    () => {
      const name = `${prefix}${named.length}`;
      const written = rule({ ...scope, rules: [...scope.rules, ...named] }, name);
      named.push({ ...written.named, path: `data.${packagePath}.${name}` });
      return ruleMetadata(scope.tape) + written.text;
    },
    1,
  );
  return { text: texts.join("\n\n"), named };
}
