import type { Type } from "../check/type.ts";

/**
 * A CEL value. Integers are `bigint` and doubles `number`, so that the kinds never mix; all that JavaScript lacks has a class.
 * A fault is a value too (`CelError`): `||`, `&&` and folds absorb it, all else hands it on.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | ListValue
  | MapValue
  | Struct
  | Opaque
  | TypeValue
  | Optional
  | CelError;

/** A fault at run time, with cel-go's words. */
export class CelError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch; years 1 to 9999. */
export class Timestamp {
  readonly nanos: bigint;
  /** Minutes east of UTC of the text that it was read from: its own text is of the same zone. */
  readonly offset: number;

  constructor(nanos: bigint, offset = 0) {
    this.nanos = nanos;
    this.offset = offset;
  }
}

/** A span in nanoseconds, of int64's range as in Go. */
export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** An ordered sequence; `at` is only asked within `size`. */
export abstract class ListValue {
  abstract readonly size: number;
  abstract at(index: number): Value;

  *[Symbol.iterator](): Generator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }

  /** All of them; the array may be the list's own. */
  get elements(): readonly Value[] {
    const all: Value[] = [];
    for (let index = 0; index < this.size; index++) all.push(this.at(index));
    return all;
  }
}

export class ArrayList extends ListValue {
  readonly #elements: readonly Value[];

  constructor(elements: readonly Value[]) {
    super();
    this.#elements = elements;
  }

  get size(): number {
    return this.#elements.length;
  }

  at(index: number): Value {
    return this.#elements[index] as Value;
  }

  override get elements(): readonly Value[] {
    return this.#elements;
  }
}

/** A key of a map. */
export type Key = boolean | bigint | Uint | string;

export abstract class MapValue {
  abstract readonly size: number;
  /** The value of a key, undefined when there is none; numbers of all kinds find equal keys. */
  abstract find(key: Value): Value | undefined;
  abstract keys(): Iterable<Key>;

  has(key: Value): boolean {
    return this.find(key) !== undefined;
  }
}

/** A message or object of a declared type. */
export abstract class Struct {
  abstract readonly typeName: string;
  /** The field's value or its default; undefined when the type has no such field. */
  abstract get(field: string): Value | undefined;
  /** Whether the field is set; undefined when the type has no such field. */
  abstract has(field: string): boolean | undefined;
  abstract equals(other: Struct): boolean;

  /** Whether no field is set. */
  isZero(): boolean {
    return false;
  }
}

/** A value of a library's own type (quantity, IP, URL). */
export abstract class Opaque {
  abstract readonly type: Type;

  /** Two values of other types are never equal. */
  equals(other: Opaque): boolean {
    return this === other;
  }

  /** Whether the reference evaluator cannot compare others with it: `==` with it on the right is no overload. */
  get isIncomparable(): boolean {
    return false;
  }

  /** What cost estimates take for its size. */
  get size(): number | undefined {
    return undefined;
  }
}

export class TypeValue {
  readonly type: Type;

  constructor(type: Type) {
    this.type = type;
  }
}

/** `optional.of(value)`, or `optional.none()` without a value. */
export class Optional {
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }

  static readonly none: Optional = new Optional(undefined);
}
