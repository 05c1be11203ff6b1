/** One step of a path; each takes the values so far to the values below them. */
type Step = (values: readonly unknown[]) => readonly unknown[];

/** Longer paths name nothing in any object. */
const maxPathLength = 2000;

/** The values at a JSONPath as printer columns and kubectl write it (`.spec.ports[0].name`, `.items[?(@.type=="a")].x`); undefined when it is none. */
export function findByJsonPath(path: string, value: unknown): readonly unknown[] | undefined {
  return compileJsonPath(path)?.(value);
}

/** A path that is ready to be asked; undefined when it is none. */
export function compileJsonPath(path: string): ((value: unknown) => readonly unknown[]) | undefined {
  if (path.length > maxPathLength) return undefined;
  const steps = parse(path.replace(/^\$/, ""));
  return steps && ((value) => steps.reduce<readonly unknown[]>((values, step) => step(values), [value]));
}

const token =
  /^(?:\.\.(?<deep>[A-Za-z0-9_/-]+|\*)|\.(?<name>(?:\\.|[^.[\]\\])+)|\[(?<index>-?\d+)\]|\[(?<from>-?\d*):(?<to>-?\d*)(?::(?<by>\d*))?\]|\[(?<all>\*)\]|\[(?<quote>['"])(?<key>(?:\\.|(?!\k<quote>).)*)\k<quote>\]|\[\?\((?<filter>(?:'[^']*'|"[^"]*"|[^'"])*?)\)\])/;

function parse(path: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.replace(/\.\[/g, "[");
  while (rest !== "" && rest !== ".") {
    const found = token.exec(rest);
    const step = found?.groups === undefined ? undefined : stepOf(found.groups);
    if (found === null || step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(found[0].length);
  }
  return steps;
}

function stepOf(part: { readonly [group: string]: string | undefined }): Step | undefined {
  const { deep, name, index, from, to, by, all, key, filter } = part;
  if (name === "*" || all !== undefined) return (values) => values.flatMap(childrenOf);
  if (name !== undefined) return named(name.replace(/\\(.)/g, "$1"));
  if (key !== undefined) return named(key.replace(/\\(.)/g, "$1"));
  if (deep !== undefined) {
    const below = deep === "*" ? (values: readonly unknown[]) => values.flatMap(childrenOf) : named(deep);
    return (values) => below(values.flatMap(allBelow));
  }
  if (index !== undefined)
    return (values) => lists(values).flatMap((list) => list.slice(...oneAt(Number(index), list.length)));
  if (filter !== undefined) return filtered(filter);
  const step = Math.max(1, Number(by || 1));
  const end = to === undefined || to === "" ? undefined : Number(to);
  return (values) =>
    lists(values).flatMap((list) => list.slice(Number(from || 0), end).filter((_, i) => i % step === 0));
}

function oneAt(index: number, length: number): [number, number] {
  const at = index < 0 ? length + index : index;
  return at < 0 ? [0, 0] : [at, at + 1];
}

function lists(values: readonly unknown[]): readonly (readonly unknown[])[] {
  return values.filter((value): value is readonly unknown[] => Array.isArray(value));
}

function named(name: string): Step {
  return (values) => values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
}

function childrenOf(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function allBelow(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(allBelow)];
}

function filtered(text: string): Step | undefined {
  const [, left = "", operator = "", right = ""] = /^\s*(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.*?)\s*)?$/.exec(text) ?? [];
  const [a, b] = [operandOf(left), operator === "" ? undefined : operandOf(right)];
  if (a === undefined || (operator !== "" && b === undefined)) return undefined;
  return (values) =>
    lists(values).flatMap((list) =>
      list.filter((item) => (b === undefined ? a(item).length > 0 : compares(a(item)[0], operator, b(item)[0]))),
    );
}

function operandOf(text: string): ((item: unknown) => readonly unknown[]) | undefined {
  if (text.startsWith("@")) return compileJsonPath(text.slice(1));
  const literal = /^'(.*)'$|^"(.*)"$/s.exec(text);
  if (literal !== null) return () => [literal[1] ?? literal[2]];
  if (text === "true" || text === "false") return () => [text === "true"];
  return text !== "" && Number.isFinite(Number(text)) ? () => [Number(text)] : undefined;
}

function compares(a: unknown, operator: string, b: unknown): boolean {
  if (a === undefined || b === undefined) return false;
  const [left, right] = [a as number, b as number];
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
