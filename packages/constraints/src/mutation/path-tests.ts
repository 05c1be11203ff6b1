import { type Path, parsePath, pathText } from "./path.ts";

/** What must be, or must not be, at a step of a location before it is changed. */
export interface PathTests {
  /** Whether a step may find something there. */
  readonly existsOkay: (depth: number) => boolean;
  readonly missingOkay: (depth: number) => boolean;
}

export interface PathTest {
  readonly subPath?: string;
  readonly condition?: string;
}

/** Reads `pathTests`. Throws an error of one line: for paths that lead elsewhere, and for conditions that cannot both hold. */
export function readPathTests(location: Path, tests: readonly PathTest[]): PathTests {
  const conditions = new Map<number, string>();
  for (const { subPath = "", condition = "" } of tests) {
    const path = parsePath(subPath);
    checkPrefix(path, location);
    const depth = path.length - 1;
    const before = conditions.get(depth);
    if (before !== undefined && before !== condition)
      throw new Error(
        `conflicting path test conditions: path ${JSON.stringify(pathText(path))} is marked both MustExist and MustNotExist`,
      );
    conditions.set(depth, condition);
  }
  checkOrder(location, conditions);
  return {
    existsOkay: (depth) => conditions.get(depth) !== "MustNotExist",
    missingOkay: (depth) => conditions.get(depth) !== "MustExist",
  };
}

function checkPrefix(path: Path, location: Path): void {
  const text = pathText(path);
  if (path.length <= location.length && text === pathText(location.slice(0, path.length))) return;
  throw new Error(
    `all subpaths must be a prefix of the \`location\` value of the mutation: subpath ${JSON.stringify(text)} is not a prefix of location ${JSON.stringify(pathText(location))}`,
  );
}

/** Nothing can be where there is no parent. */
function checkOrder(location: Path, conditions: ReadonlyMap<number, string>): void {
  const depths = (condition: string) =>
    [...conditions].filter(([, each]) => each === condition).map(([depth]) => depth);
  const [lowest, highest] = [Math.min(...depths("MustNotExist")), Math.max(...depths("MustExist"))];
  if (highest <= lowest) return;
  const shown = (depth: number) => JSON.stringify(pathText(location.slice(0, depth + 1)));
  throw new Error(
    `conflicting path test conditions: path ${shown(highest)} is marked MustExist but parent ${shown(lowest)} MustNotExist`,
  );
}
