import type { Value } from "./value.ts";

/** Sets an entry of an object that is being made, also one that plain assignment takes for the prototype. */
export function setEntry(object: { [key: string]: Value }, key: string, value: Value): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
