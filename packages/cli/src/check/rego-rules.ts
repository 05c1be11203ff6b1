import type { PolicySource, Reason } from "@sallyport/admission";
import { createEffects } from "@sallyport/effects";
import {
  compileParsed,
  type EvaluateOptions,
  EvaluationError,
  formatDiagnostic,
  isObject,
  jsonText,
  lookup,
  type Module,
  parseModule,
  type RegoPolicy,
  RegoSet,
  type Value,
} from "@sallyport/rego";
import { InputError } from "../manifests.ts";

/** What rules found in one object. */
export interface RuleFindings {
  readonly failures: readonly Reason[];
  readonly warnings: readonly string[];
  /** Failures that an `exception` lets pass. */
  readonly exceptions: readonly { readonly rule: string; readonly message: string }[];
}

/** An object of several that rules see together; conftest's `--combine`. */
export interface CombinedInput {
  readonly path: string;
  readonly contents: { readonly [field: string]: unknown };
}

export interface RuleOptions {
  /** Packages whose rules are asked, as `main`; all but those that decide in a cluster, too, when `all`. */
  readonly namespaces: readonly string[] | "all";
  /** `data` beside the rules. */
  readonly data: Value;
}

/** `deny_team` is of the kind `deny`, and is exempt by the name `team`. */
const ruleName = /^(deny|violation|warn)(?:_(.+))?$/;

interface NamedRule {
  /** `main/deny_team`. */
  readonly path: string;
  readonly isWarning: boolean;
  readonly exemptBy: string;
}

/**
 * conftest's rules: `deny`, `violation` and `warn`, with names behind `_`, over each object as it is written; `exception` names those that do
 * not hold for it. They are asked beside the admission chain, not by a cluster. Throws `InputError`.
 */
export class RegoRules {
  readonly #policy: RegoPolicy;
  readonly #packages: ReadonlyMap<string, { readonly rules: readonly NamedRule[]; readonly hasExceptions: boolean }>;
  readonly #data: Value;
  readonly #effects = createEffects();

  constructor(sources: readonly PolicySource[], { namespaces, data }: RuleOptions) {
    const modules = sources.map(moduleOf);
    const { policy, diagnostics } = compileParsed(modules);
    if (policy === undefined) throw new InputError(diagnostics.map(formatDiagnostic).join("; "));
    this.#policy = policy;
    this.#data = data;
    this.#packages = packagesOf(modules, namespaces);
  }

  /** What they find in an object, or in several together. Throws `InputError` when a rule fails. */
  ask(value: { readonly [field: string]: unknown } | readonly CombinedInput[]): RuleFindings {
    const failures: Reason[] = [];
    const warnings: string[] = [];
    const exceptions: { rule: string; message: string }[] = [];
    const options = { input: value as unknown as Value, data: this.#data, effects: this.#effects };
    for (const [path, { rules, hasExceptions }] of this.#packages) {
      const exempt = hasExceptions ? this.#exempt(path, options) : new Set<string>();
      for (const rule of rules) {
        const found = membersOf(this.#evaluate(rule.path, options));
        if (found.length === 0) continue;
        const reasons = this.#reasons(rule.path, found, options);
        if (rule.isWarning) warnings.push(...reasons.map(({ message }) => message));
        else if (!exempt.has(rule.exemptBy)) failures.push(...reasons);
        else exceptions.push(...reasons.map(({ message }) => ({ rule: dotted(rule.path), message })));
      }
    }
    return { failures, warnings, exceptions };
  }

  #exempt(path: string, options: EvaluateOptions): ReadonlySet<string> {
    const names = membersOf(this.#evaluate(`${path}/exception`, options)).flatMap(membersOf);
    return new Set(names.filter((each): each is string => typeof each === "string"));
  }

  #reasons(path: string, found: readonly Value[], options: EvaluateOptions): readonly Reason[] {
    const { derivations } = this.#policy.explain(path, options);
    return found.map((member) => {
      const origin = derivations.find(({ value }) => jsonText(value) === jsonText(member));
      const place = origin === undefined ? {} : { file: origin.file, line: origin.row };
      return {
        code: "rego-rule",
        message: messageOf(member),
        fieldPath: "",
        source: { policy: dotted(path), ...place },
      };
    });
  }

  #evaluate(path: string, options: EvaluateOptions): Value | undefined {
    try {
      return this.#policy.evaluate(path, options);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      throw new InputError(`${dotted(path)}: ${error.code}: ${error.message}`);
    }
  }
}

/** Rego v1, or v0 where a module only parses as such. */
function moduleOf({ file, text }: PolicySource): Module {
  const current = parseModule(text, { file, regoVersion: "v1" });
  const module = current.module ?? parseModule(text, { file, regoVersion: "v0" }).module;
  if (module === undefined) throw new InputError(current.diagnostics.map(formatDiagnostic).join("; "));
  return module;
}

/** What conftest would ask in these modules, and a cluster does not: packages with rules that nobody asks. */
export function unaskedPackages(
  sources: readonly PolicySource[],
  namespaces: readonly string[] | "all",
): readonly string[] {
  if (namespaces === "all") return [];
  const all = packagesOf(sources.map(moduleOf), "all");
  return [...all.keys()].map((path) => path.replaceAll("/", ".")).filter((path) => !namespaces.includes(path));
}

function packagesOf(modules: readonly Module[], namespaces: RuleOptions["namespaces"]) {
  const packages = new Map<string, { rules: NamedRule[]; hasExceptions: boolean }>();
  for (const module of modules) {
    const keys = module.package.path.terms.slice(1).map((term) => (term.kind === "string" ? term.value : ""));
    // Those decide about requests, in a cluster as here.
    const isAsked =
      namespaces === "all" ? keys[0] !== "system" && !isDeciding(keys) : namespaces.includes(keys.join("."));
    if (!isAsked) continue;
    const path = keys.join("/");
    for (const { head } of module.rules) {
      const first = head.ref.terms[0];
      const name = first?.kind === "var" ? first.name : "";
      const match = ruleName.exec(name);
      if (match === null && name !== "exception") continue;
      const known = packages.get(path) ?? { rules: [], hasExceptions: false };
      packages.set(path, known);
      if (match === null) known.hasExceptions = true;
      else if (!known.rules.some((each) => each.path === `${path}/${name}`))
        known.rules.push({ path: `${path}/${name}`, isWarning: match[1] === "warn", exemptBy: match[2] ?? "" });
    }
  }
  return packages;
}

function isDeciding([first, second]: readonly string[]): boolean {
  return first === "kubernetes" && second === "admission";
}

/** Members of a set, items of an array, or one value; nothing when undefined or false. */
function membersOf(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === false) return [];
  if (value instanceof RegoSet) return value.sorted();
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

function messageOf(member: Value): string {
  if (typeof member === "string") return member;
  const message = isObject(member) ? lookup(member, "msg") : undefined;
  return typeof message === "string" ? message : jsonText(member);
}

function dotted(path: string): string {
  return `data.${path.replaceAll("/", ".")}`;
}
