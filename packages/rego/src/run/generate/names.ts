import { RegoObject, RegoSet } from "../../value/collection.ts";
import { Decimal } from "../../value/decimal.ts";

const prototypes = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  BigInt.prototype,
  RegoSet.prototype,
  RegoObject.prototype,
  Decimal.prototype,
];

/** Names that values which are no JSON objects have as properties. */
const inherited = new Set([
  ...prototypes.flatMap((prototype) => Object.getOwnPropertyNames(prototype)),
  ...Object.keys(new Decimal(1n, 0)),
]);

/** True when plain access to this property of any value answers its JSON entry or undefined. */
export function isPlainName(name: string): boolean {
  return !inherited.has(name) && !/^\d/.test(name);
}

/** `name: value` in an object literal; `__proto__` alone would set the prototype. */
export function propertyText(name: string, value: string): string {
  const text = JSON.stringify(name);
  return name === "__proto__" ? `[${text}]: ${value}` : `${text}: ${value}`;
}
