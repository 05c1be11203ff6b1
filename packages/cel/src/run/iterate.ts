import { runtimeTypeName } from "../check/type.ts";
import { typeOf } from "../value/type-of.ts";
import { CelError, ListValue, MapValue, type Value } from "../value/value.ts";

/** The pairs that a fold goes through: of lists index and element, of maps key and value; with one variable it comes first. */
export function iterationOf(over: Value, isPaired: boolean): Iterable<readonly [Value, Value]> | CelError {
  if (over instanceof ListValue) return isPaired ? indexed(over) : singles(over);
  if (over instanceof MapValue) return isPaired ? entriesOf(over) : singles(over.keys());
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

function* singles(values: Iterable<Value>): Generator<readonly [Value, Value]> {
  for (const value of values) yield [value, value];
}

function* indexed(list: ListValue): Generator<readonly [Value, Value]> {
  for (let index = 0; index < list.size; index++) yield [BigInt(index), list.at(index)];
}

function* entriesOf(map: MapValue): Generator<readonly [Value, Value]> {
  for (const key of map.keys()) yield [key, map.find(key) as Value];
}
