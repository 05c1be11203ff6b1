import { runtimeTypeName } from "../check/type.ts";
import { typeOf } from "../value/type-of.ts";
import { CelError, type Key, ListValue, MapValue, type Value } from "../value/value.ts";

/** What a fold goes through. A generator would cost more than most folds do in a round. */
interface Rounds {
  readonly count: number;
  /** The first variable's value in a round: of lists the element, or the index where there is a second variable, of maps the key. */
  readonly first: (round: number) => Value;
  /** The element or value. */
  readonly second: (round: number) => Value;
}

/** The rounds of a fold with one variable or, where it is paired, two. */
export function roundsOf(over: Value, isPaired: boolean): Rounds | CelError {
  if (over instanceof ListValue) return isPaired ? new IndexedRounds(over) : new ListRounds(over);
  if (over instanceof MapValue) return new MapRounds(over);
  if (over instanceof CelError) return over;
  const name = `types.${goName(over)}`;
  return new CelError(
    isPaired ? `unsupported comprehension range type: ${name}` : `got '${name}', expected iterable type`,
  );
}

/** cel-go tells what it cannot go through by its own name of the type. */
function goName(value: Value): string {
  const name = runtimeTypeName(typeOf(value)).replace(/^google\.protobuf\.|_type$/g, "");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

class ListRounds implements Rounds {
  readonly #list: ListValue;
  readonly count: number;

  constructor(list: ListValue) {
    this.#list = list;
    this.count = list.size;
  }

  first(round: number): Value {
    return this.#list.at(round);
  }

  second(round: number): Value {
    return this.#list.at(round);
  }
}

class IndexedRounds extends ListRounds {
  override first(round: number): Value {
    return BigInt(round);
  }
}

class MapRounds implements Rounds {
  readonly #map: MapValue;
  readonly #keys: readonly Key[];
  readonly count: number;

  constructor(map: MapValue) {
    this.#map = map;
    this.#keys = [...map.keys()];
    this.count = this.#keys.length;
  }

  first(round: number): Value {
    return this.#keys[round] as Key;
  }

  second(round: number): Value {
    return this.#map.find(this.first(round)) as Value;
  }
}
