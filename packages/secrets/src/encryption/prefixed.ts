import { type Opened, type PrefixTransformer, TransformError, type Transformer } from "./transformer.ts";

/**
 * The first transformer writes. A value is read by those whose prefix it has, in their order: a fault of one does not end the
 * search, since two providers or keys may share a name while one is rotated away. kube-apiserver's `prefixTransformers`; `none` is
 * said when no prefix matches.
 */
export function prefixed(
  transformers: readonly [PrefixTransformer, ...PrefixTransformer[]],
  none: string,
): Transformer {
  const [first] = transformers;
  const prefix = Buffer.from(first.prefix);
  const join = (sealed: Uint8Array) => (prefix.length === 0 ? sealed : Buffer.concat([prefix, sealed]));
  return {
    seal: (value, key) => {
      const sealed = first.transformer.seal(value, key);
      return sealed instanceof Promise ? sealed.then(join) : join(sealed);
    },
    open: (stored, key) => openWith(transformers, none, stored, key, 0, []),
  };
}

/** Tries those from `from` on. At once as long as each answers at once. */
function openWith(
  transformers: readonly PrefixTransformer[],
  none: string,
  stored: Uint8Array,
  key: string,
  from: number,
  faults: readonly TransformError[],
): Opened | Promise<Opened> {
  const at = transformers.findIndex(({ prefix }, i) => i >= from && hasPrefix(stored, prefix));
  const found = transformers[at];
  if (found === undefined) throw aggregate(faults) ?? new TransformError(none);
  const told = ({ value, isStale }: Opened): Opened => ({ value, isStale: isStale || at > 0 });
  const goOn = (error: unknown) => {
    if (!(error instanceof TransformError)) throw error;
    // That plaintext was expected where something is encrypted is no news.
    return openWith(transformers, none, stored, key, at + 1, found.prefix === "" ? faults : [...faults, error]);
  };
  try {
    const opened = found.transformer.open(stored.subarray(Buffer.byteLength(found.prefix)), key);
    return opened instanceof Promise ? opened.then(told, goOn) : told(opened);
  } catch (error) {
    return goOn(error);
  }
}

function hasPrefix(stored: Uint8Array, prefix: string): boolean {
  const bytes = Buffer.from(prefix);
  return bytes.equals(stored.subarray(0, bytes.length));
}

/** As Go's aggregates print: each text once, several in brackets. */
function aggregate(faults: readonly TransformError[]): TransformError | undefined {
  const texts = [...new Set(faults.map(({ message }) => message))];
  const [only] = texts;
  if (only === undefined) return undefined;
  return new TransformError(texts.length === 1 ? only : `[${texts.join(", ")}]`);
}
