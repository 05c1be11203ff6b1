import { builtinCall } from "./calls.ts";
import { objectDocument } from "./document.ts";
import { body } from "./literals.ts";
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
  /** JSON of what lies at `data.d`. */
  readonly data: string;
}

/** Terms inside terms; deeper ones are mostly undefined. */
const maxTermDepth = 3;
const maxRules = 5;

/** A random program. Most compile; those that do not must be refused by both sides. */
export function program(numbers: readonly number[]): Program {
  const tape = new Tape(numbers);
  const input = objectDocument(tape);
  const data = objectDocument(tape);
  const scope: Scope = {
    tape,
    grammar: { builtinCall, body },
    vars: [],
    rules: [],
    depth: 1 + tape.below(maxTermDepth),
    wildcards: true,
    paths: pathsOf({ input, "data.d": data }),
    careful: !tape.oneIn(4),
    names: { next: 0 },
  };
  const library = tape.oneIn(5) ? rules(scope, "p.lib", "l", 2) : undefined;
  const known = (library?.named ?? []).map((each) => ({ ...each, name: `lib.${each.name}` }));
  const main = rules({ ...scope, rules: known }, "p", "r", maxRules);
  const imports = library === undefined ? "" : "\n\nimport data.p.lib";
  return {
    module: `package p${imports}\n\n${main.text}`,
    library: library && `package p.lib\n\n${library.text}`,
    input,
    data,
  };
}

function rules(scope: Scope, packagePath: string, prefix: string, most: number): { text: string; named: NamedRule[] } {
  const named: NamedRule[] = [];
  const texts = scope.tape.list(
    most,
    () => {
      const name = `${prefix}${named.length}`;
      const written = rule({ ...scope, rules: [...scope.rules, ...named] }, name);
      named.push({ ...written.named, path: `data.${packagePath}.${name}` });
      return written.text;
    },
    1,
  );
  return { text: texts.join("\n\n"), named };
}
