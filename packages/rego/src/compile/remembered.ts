/** The same function, which computes once for each immutable object; what it knows of an object is gone with that. */
export function remembered<Key extends object, Value extends NonNullable<unknown>>(
  compute: (key: Key) => Value,
): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    const earlier = known.get(key);
    if (earlier !== undefined) return earlier;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}

/** What a function without parameters makes, when it is first asked for. What the function held is let go then. */
export function once<Value extends object>(make: () => Value): () => Value {
  let making: (() => Value) | undefined = make;
  let value: Value | undefined;
  return () => {
    value ??= (making as () => Value)();
    making = undefined;
    return value;
  };
}
