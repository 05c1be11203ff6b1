/**
 * Lists and maps that were given with nothing in them. Go keeps them apart from those that were not given, in what it says of an object
 * and in whose its fields are, until the object is stored; in its JSON it writes neither. So they stand beside an object's fields, where
 * whoever does not ask for them does not meet them.
 */
const emptied: unique symbol = Symbol("emptied");

type Fields = { readonly [field: string]: unknown };

interface WithEmptied {
  readonly [emptied]?: Fields;
}

/** Remembers that fields of an object were given empty. Without any, that something below was. */
export function markEmptied(object: object, fields: Fields): void {
  Object.defineProperty(object, emptied, { value: fields, enumerable: true, configurable: true });
}

/** What was given empty of an object's fields; undefined where nothing was, here and below. */
export function emptiedOf(object: object): Fields | undefined {
  return (object as WithEmptied)[emptied];
}

/** A field as it was given: an empty list or map where it was one. */
export function givenField(object: Fields, name: string): unknown {
  return object[name] ?? emptiedOf(object)?.[name];
}
