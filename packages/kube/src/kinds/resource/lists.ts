import { canonical } from "../../canonical.ts";
import { inGoOrder } from "../../go/order.ts";
import { declared, duplicate, type FieldError, tooMany } from "../../names.ts";
import { itemsOf } from "../checks.ts";
import type { Fields } from "../rules.ts";

const group = "k8s.io.api.resource.v1";

export interface ListRules {
  /** More are refused without a look at any. */
  readonly max?: number;
  /** What no two items share; shown whole when two do. */
  readonly key?: (item: Fields) => unknown;
  /** The type of an item, as it is shown. */
  readonly type?: string;
}

/** A list that upstream's declared rules bound, and whose items are checked one by one. */
export function listOf(
  path: string,
  list: unknown,
  { max = Number.POSITIVE_INFINITY, key, type }: ListRules,
  check: (item: Fields, path: string) => readonly FieldError[],
): readonly FieldError[] {
  const items = itemsOf(list, path);
  if (items.length > max) return declared([tooMany(path, items.length, max)]);
  const keys = key === undefined ? [] : items.map(([item]) => canonical(key(item) ?? ""));
  const twice = items.filter((_, i) => keys.indexOf(keys[i] as string) < i && keys.length > 0);
  return [
    ...items.flatMap(([item, field]) => check(item, field)),
    ...declared(
      twice.map(([item, field]) => duplicate(field, type === undefined ? item : inGoOrder(item, `${group}.${type}`))),
    ),
  ];
}

/** A set of texts that upstream's declared rules bound. */
export function setOf(
  path: string,
  list: unknown,
  max: number,
  check: (text: string, path: string) => readonly FieldError[],
): readonly FieldError[] {
  return listOf(path, list, { max, key: (text) => text }, (text, field) => check(text as unknown as string, field));
}

/** The entries of a map, in upstream's order of none: by their keys. */
export function entriesOf(map: unknown): readonly (readonly [key: string, value: Fields])[] {
  return Object.entries((map ?? {}) as { readonly [key: string]: Fields });
}
