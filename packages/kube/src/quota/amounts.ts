import { parseQuantity, type Quantity, quantityText } from "../go/quantity.ts";

/** core/v1 ResourceList: amounts by resource name, as they are written. */
export type ResourceList = { readonly [name: string]: string | number };

/** The same, read. */
export type Amounts = ReadonlyMap<string, Quantity>;

export const zero: Quantity = { nanos: 0n, format: "DecimalSI" };

/** A plain number. */
export function countOf(count: number): Quantity {
  return { nanos: BigInt(count) * 1_000_000_000n, format: "DecimalSI" };
}

/** Of a list that has been decoded, thus holds quantities. */
export function amountsOf(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, amount]) => [name, quantityOf(amount)]));
}

function quantityOf(amount: string | number): Quantity {
  const quantity = parseQuantity(String(amount));
  return typeof quantity === "string" ? zero : quantity;
}

export function listOf(amounts: Amounts): ResourceList {
  return Object.fromEntries([...amounts].sort(byName).map(([name, amount]) => [name, quantityText(amount)]));
}

/** Both together. A sum is written in the family of its first part that is not zero. */
export function plus(a: Amounts, b: Amounts): Map<string, Quantity> {
  const sum = new Map(a);
  for (const [name, amount] of b) {
    const known = sum.get(name) ?? zero;
    const format = known.nanos === 0n ? amount.format : known.format;
    sum.set(name, { nanos: known.nanos + amount.nanos, format });
  }
  return sum;
}

/** What `a` has more than `b`; never less than nothing. */
export function moreThan(a: Amounts, b: Amounts): Map<string, Quantity> {
  const rest = new Map<string, Quantity>([...b.keys()].map((name) => [name, zero]));
  for (const [name, { nanos, format }] of a) {
    const left = nanos - (b.get(name)?.nanos ?? 0n);
    rest.set(name, left > 0n ? { nanos: left, format } : zero);
  }
  return rest;
}

/** The larger of each. */
export function larger(a: Amounts, b: Amounts): Map<string, Quantity> {
  const most = new Map(a);
  for (const [name, amount] of b) {
    const known = most.get(name);
    if (known === undefined || amount.nanos > known.nanos) most.set(name, amount);
  }
  return most;
}

/** Those of the names alone. */
export function only(amounts: Amounts, names: Iterable<string>): Map<string, Quantity> {
  const wanted = new Set(names);
  return new Map([...amounts].filter(([name]) => wanted.has(name)));
}

export function isSameAmounts(a: Amounts, b: Amounts): boolean {
  return a.size === b.size && [...a].every(([name, { nanos }]) => b.get(name)?.nanos === nanos);
}

function byName([a]: readonly [string, Quantity], [b]: readonly [string, Quantity]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
