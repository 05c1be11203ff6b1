import { ArrayList, CelError, type Value } from "../value/value.ts";

/**
 * The list that a fold of `map` or `filter` gathers. It grows in place: nothing but the fold's own step can see it before
 * the fold ends, so that n elements take n steps and not n².
 */
export class GrowingList extends ArrayList {
  readonly #elements: Value[];

  constructor() {
    const elements: Value[] = [];
    super(elements);
    this.#elements = elements;
  }

  push(value: Value): void {
    this.#elements.push(value);
  }
}

/** `list + [value]` of such a list. */
export function append(list: Value, value: Value): Value {
  if (list instanceof CelError) return list;
  if (value instanceof CelError) return value;
  if (!(list instanceof GrowingList)) return new CelError("no such overload");
  list.push(value);
  return list;
}
