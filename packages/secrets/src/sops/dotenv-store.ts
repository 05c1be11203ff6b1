import type { PlainValue } from "./encrypted-value.ts";
import type { Slot, SopsStore } from "./slots.ts";
import { SopsError } from "./sops-error.ts";

interface Line {
  /** Absent for comments. */
  readonly name?: string;
  value: string;
}

const prefix = "sops_";

/** A file of `NAME=value` lines. Line breaks in values are `\n`; empty lines are left out, as sops does. Throws `SopsError`. */
export function dotenvStore(text: string): SopsStore {
  const lines = linesOf(text);
  const own = lines.filter(({ name }) => name?.startsWith(prefix) !== true);
  const told = lines.filter(({ name }) => name?.startsWith(prefix) === true);
  return {
    slots: () => slotsOf(own),
    metadata: told.length === 0 ? undefined : nested(told),
    print: (metadata) => {
      const added = metadata === undefined ? [] : flattened(metadata, "sops", false);
      const rows = [...own.map(lineText), ...added.map(([name, value]) => `${name}=${escaped(value)}`)];
      return rows.map((row) => `${row}\n`).join("");
    },
  };
}

function linesOf(text: string): readonly Line[] {
  return text.split("\n").flatMap((line, i): readonly Line[] => {
    if (line === "") return [];
    if (line.startsWith("#")) return [{ value: line.slice(1) }];
    const equals = line.indexOf("=");
    if (equals < 0) throw new SopsError(`line ${i + 1}: expected NAME=value, or a comment`);
    return [{ name: line.slice(0, equals), value: line.slice(equals + 1).replaceAll("\\n", "\n") }];
  });
}

function* slotsOf(lines: readonly Line[]): Generator<Slot> {
  const active: string[] = [];
  for (const line of lines) {
    const isComment = line.name === undefined;
    if (isComment) active.push(line.value);
    yield {
      isComment,
      path: line.name === undefined ? [] : [line.name],
      comments: [[...active]],
      read: (): PlainValue => ({ type: isComment ? "comment" : "str", text: line.value }),
      write: ({ text }) => {
        line.value = text;
      },
    };
    if (!isComment) active.length = 0;
  }
}

function lineText({ name, value }: Line): string {
  return name === undefined ? `#${value}` : `${name}=${escaped(value)}`;
}

function escaped(value: string): string {
  return value.replaceAll("\n", "\\n");
}

/** `sops_age__list_0__map_enc`: the path of a value in the metadata. */
function flattened(value: unknown, name: string, isBelow: boolean): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => flattened(item, `${name}__list_${i}`, true));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, inner]) =>
      flattened(inner, isBelow ? `${name}__map_${key}` : `${name}_${key}`, true),
    );
  return [[name, String(value)]];
}

function nested(lines: readonly Line[]): unknown {
  const root: Record<string, unknown> = {};
  for (const { name = "", value } of lines) put(root, tokensOf(name.slice(prefix.length)), value);
  return listed(root);
}

function tokensOf(name: string): readonly string[] {
  return name.split(/__(?:map|list)_/);
}

function put(into: Record<string, unknown>, [first = "", ...rest]: readonly string[], value: string): void {
  if (!/^\w+$/.test(first) || first === "__proto__") throw new SopsError("metadata with a name that is none of sops'");
  if (rest.length === 0) into[first] = value;
  else put((into[first] ??= {}) as Record<string, unknown>, rest, value);
}

/** Maps whose keys count from 0 are lists. */
function listed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, listed(inner)] as const);
  return entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))
    ? entries.map(([, inner]) => inner)
    : Object.fromEntries(entries);
}
