import type { Rule } from "../syntax/ast.ts";
import { ruleChain } from "./parts.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { dataRefs } from "./recursion.ts";
import { remembered } from "./remembered.ts";
import { pathOf } from "./rule-tree.ts";

/** Files whose refs below `data` are constant up to this place, with how many, and those that go on. */
interface Place {
  readonly files: PersistentMap<number>;
  readonly below: PersistentMap<Place>;
}

const nowhere: Place = { files: new PersistentMap(), below: new PersistentMap() };

/** Which files read which documents below `data`. */
export class Readers {
  readonly #root: Place;

  constructor(root: Place = nowhere) {
    this.#root = root;
  }

  with(file: string, rules: readonly Rule[], edit: Edit): Readers {
    return this.#changed(file, rules, 1, edit);
  }

  without(file: string, rules: readonly Rule[], edit: Edit): Readers {
    return this.#changed(file, rules, -1, edit);
  }

  /** The files that may read something at, above or below a path. */
  of(path: readonly string[]): ReadonlySet<string> {
    const files = new Set<string>();
    let place: Place | undefined = this.#root;
    for (const key of path) {
      for (const file of place.files.keys()) files.add(file);
      place = place.below.get(key);
      if (place === undefined) return files;
    }
    collectFiles(place, files);
    return files;
  }

  #changed(file: string, rules: readonly Rule[], by: number, edit: Edit): Readers {
    let root = this.#root;
    for (const rule of rules)
      for (const path of readPaths(rule)) root = changed(root, path, 0, file, by, edit) ?? nowhere;
    return new Readers(root);
  }
}

/** The constant beginnings of the refs of a rule and its else branches, each once. */
const readPaths = remembered((rule: Rule): readonly (readonly string[])[] => {
  const paths = new Map<string, readonly string[]>();
  for (const each of ruleChain(rule))
    for (const { path } of dataRefs(each).map(pathOf)) paths.set(path.join("\0"), path);
  return [...paths.values()];
});

function changed(
  { files, below }: Place,
  path: readonly string[],
  depth: number,
  file: string,
  by: number,
  edit: Edit,
): Place | undefined {
  const key = path[depth];
  const made =
    key === undefined
      ? { files: files.with(file, (files.get(file) ?? 0) + by || undefined, edit), below }
      : { files, below: below.with(key, changed(below.get(key) ?? nowhere, path, depth + 1, file, by, edit), edit) };
  return made.files.isEmpty && made.below.isEmpty ? undefined : made;
}

function collectFiles({ files, below }: Place, into: Set<string>): void {
  for (const file of files.keys()) into.add(file);
  for (const [, place] of below.entries()) collectFiles(place, into);
}
