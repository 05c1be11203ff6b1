import type { Annotations, Module, Rule, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { packageKey } from "./globals.ts";
import { type ChainEntry, typeFault } from "./stage.ts";
import { refText, termText } from "./text.ts";
import { varsOfTerm } from "./vars.ts";

/** OPA's stage SetAnnotationSet: which annotations lie around each rule, over all modules. */
export class AnnotationSet {
  readonly #documents = new Map<string, Annotations>();
  readonly #packages = new Map<string, Annotations>();
  readonly #subpackages = new Map<string, Annotations>();
  /** Of what is annotated twice; the first annotation counts. */
  readonly faults: readonly Diagnostic[];

  constructor(modules: readonly Module[]) {
    this.faults = modules.filter(({ annotations }) => annotations.length > 0).flatMap((each) => this.#add(each));
  }

  #add(module: Module): readonly Diagnostic[] {
    const documents = new Map(
      module.rules.flatMap((rule) => rule.annotations.map((each) => [each, this.#ruleKey(module, rule)] as const)),
    );
    return module.annotations.flatMap((each) => {
      if (each.scope === "package") return this.#declare(this.#packages, packageKey(module), each);
      if (each.scope === "subpackages") return this.#declare(this.#subpackages, packageKey(module), each);
      const key = documents.get(each);
      return each.scope === "document" && key !== undefined ? this.#declare(this.#documents, key, each) : [];
    });
  }

  #declare(known: Map<string, Annotations>, key: string, each: Annotations): readonly Diagnostic[] {
    const first = known.get(key);
    if (first === undefined) known.set(key, each);
    if (first === undefined) return [];
    const { file, row } = first.loc;
    return [typeFault(each.loc, `${each.scope} annotation redeclared: ${file}:${row}`)];
  }

  /**
   * Innermost first: the rule (even without annotations), with what stands nearest to it, its document, its package, and the packages above.
   */
  chain(rule: Rule, module: Module): readonly ChainEntry[] {
    const packagePath = module.package.path.terms.slice(1);
    const path = [...packagePath, ...this.#groundTerms(module, rule).map(stringOf)];
    const own = rule.annotations.filter(({ scope }) => scope === "rule").reverse();
    const entries: ChainEntry[] = own.length === 0 ? [{ path, annotations: undefined }] : [];
    for (const annotations of own) entries.push({ path, annotations });
    const document = this.#documents.get(this.#ruleKey(module, rule));
    if (document !== undefined) entries.push({ path, annotations: document });
    const key = packageKey(module);
    const ofPackage = this.#packages.get(key);
    if (ofPackage !== undefined) entries.push({ path: packagePath, annotations: ofPackage });
    for (let length = packagePath.length; length > 0; length--) {
      const annotations = this.#subpackages.get(key.split("\0", length + 1).join("\0"));
      if (annotations !== undefined) entries.push({ path: packagePath.slice(0, length), annotations });
    }
    return entries;
  }

  #ruleKey(module: Module, rule: Rule): string {
    return `${packageKey(module)}\0${refText({ ...rule.head.ref, terms: this.#groundTerms(module, rule) })}`;
  }

  /** Up to the first that has a variable. */
  #groundTerms(module: Module, rule: Rule): readonly Term[] {
    const terms = this.#localTerms(module, rule);
    const end = terms.findIndex((term) => !isGround(term));
    return end < 0 ? terms : terms.slice(0, end);
  }

  /** The rule's ref below its package, as strings, whether its head is whole already or as written. */
  #localTerms(module: Module, { head }: Rule): readonly Term[] {
    const terms = head.ref.terms;
    const first = terms[0] as Term;
    if (first.kind === "var" && first.name === "data") return terms.slice(module.package.path.terms.length);
    return [first.kind === "var" ? { kind: "string", loc: first.loc, value: first.name } : first, ...terms.slice(1)];
  }
}

/** As OPA has it in paths of annotations: what is no string becomes one. */
function stringOf(term: Term): Term {
  return term.kind === "string" ? term : { kind: "string", loc: term.loc, value: termText(term) };
}

function isGround(term: Term): boolean {
  return varsOfTerm(term).size === 0;
}
