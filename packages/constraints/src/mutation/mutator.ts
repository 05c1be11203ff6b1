import type { KubeObject } from "@sallyport/kube";
import { kindOf } from "../group-version-kind.ts";
import { type Match, type Matchable, matchesObject } from "../match/match.ts";
import { type AppliesTo, appliesTo, type Binding, bindingsOf, readAppliesTo } from "./applies-to.ts";
import type { Setter } from "./change.ts";
import { type Path, PathError, parsePath } from "./path.ts";
import { type PathTest, type PathTests, readPathTests } from "./path-tests.ts";

/** What is changed: an object with the namespace it lies in, who sent it, and by which operation (empty where nobody did). */
export interface Mutable extends Matchable {
  readonly operation: string;
  readonly username: string;
}

/** What is at the end of a path, as far as a mutator's kind tells. */
export type TerminalType = "Unknown" | "List" | "Set" | "String";

/** An Assign, AssignMetadata, ModifySet or AssignImage, ready to use. mutations.gatekeeper.sh */
export interface Mutator {
  /** `Assign.mutations.gatekeeper.sh /name`: mutators run in this order. */
  readonly id: string;
  readonly path: Path;
  readonly tests: PathTests;
  /** What it takes for granted of objects of which kinds; AssignMetadata of all kinds takes nothing for granted. */
  readonly bindings: readonly Binding[] | undefined;
  readonly terminal: TerminalType;
  /** No other mutator may reach further than its path. */
  readonly mustTerminate: boolean;
  readonly matches: (mutable: Mutable) => boolean;
  readonly setter: (mutable: Mutable) => Setter;
}

/** What mutators of all kinds have. */
export interface MutatorSpec {
  readonly applyTo?: readonly AppliesTo[];
  readonly match?: Match;
  readonly location?: string;
  readonly parameters?: { readonly pathTests?: readonly PathTest[]; readonly [parameter: string]: unknown };
}

export function specOf(object: KubeObject): MutatorSpec {
  return (object["spec"] ?? {}) as MutatorSpec;
}

export function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}

export function idOf(object: KubeObject): string {
  return `${object.kind}.mutations.gatekeeper.sh /${nameOf(object)}`;
}

/** Throws an error of one line. */
export function locationOf(object: KubeObject): Path {
  const { location = "" } = specOf(object);
  let path: Path;
  try {
    path = parsePath(location);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    const about =
      object.kind === "AssignMetadata"
        ? `for AssignMetadata ${nameOf(object)}: ${location}`
        : `\`${location}\` for ${object.kind === "AssignImage" ? "assignImage" : object.kind} ${nameOf(object)}`;
    throw new Error(`invalid location format ${about}: ${error.message}`);
  }
  if (path.length === 0) throw new Error("empty path");
  return path;
}

export function isMetadata(path: Path): boolean {
  const [root] = path;
  return root?.kind === "object" && root.field === "metadata";
}

/** Throws where the key of an item would be changed by which the item is found. */
export function checkKeys(path: Path): void {
  const [list, last] = [path.at(-2), path.at(-1)];
  if (list?.kind === "list" && last?.kind === "object" && last.field === list.key)
    throw new Error("invalid path format: changing the item key is not allowed");
}

/** What those have in common that apply to named kinds. Throws an error of one line. */
export function boundParts(object: KubeObject, path: Path): Pick<Mutator, "tests" | "bindings" | "matches"> {
  const { applyTo = [], match = {}, parameters = {} } = specOf(object);
  const tests = readPathTests(path, parameters.pathTests ?? []);
  readAppliesTo(applyTo, object.kind, nameOf(object));
  return {
    tests,
    bindings: bindingsOf(applyTo),
    matches: (mutable) => {
      const kind = kindOf(mutable.object);
      const applies = applyTo.some((each) => appliesTo(each, kind, mutable.operation));
      return applies && matchesObject(match, mutable);
    },
  };
}
