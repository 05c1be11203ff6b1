/** The same function, which computes once for each immutable object; what it knows of an object is gone with that. */
export function remembered<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const earlier = known.get(key);
    if (earlier !== undefined) return earlier.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
