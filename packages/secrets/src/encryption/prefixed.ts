import {
  type ObserveTransform,
  type Opened,
  type PrefixTransformer,
  TransformError,
  type Transformer,
} from "./transformer.ts";

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
    seal: (value, key, observe) => {
      const since = performance.now();
      const tell = (fault?: unknown) => observe?.("to_storage", first.prefix, secondsSince(since), fault);
      const took = (sealed: Uint8Array) => {
        tell();
        return join(sealed);
      };
      const failed = (error: unknown): never => {
        tell(error);
        throw error;
      };
      try {
        const sealed = first.transformer.seal(value, key, observe);
        return sealed instanceof Promise ? sealed.then(took, failed) : took(sealed);
      } catch (error) {
        return failed(error);
      }
    },
    open: (stored, key, observe) => {
      const since = performance.now();
      const tell: Tell = (prefix, fault) => observe?.("from_storage", prefix, secondsSince(since), fault);
      return openWith({ transformers, none, stored, key, observe, tell }, 0, []);
    },
  };
}

function secondsSince(since: number): number {
  return (performance.now() - since) / 1000;
}

type Tell = (prefix: string, fault?: unknown) => void;

interface Opening {
  readonly transformers: readonly PrefixTransformer[];
  readonly none: string;
  readonly stored: Uint8Array;
  readonly key: string;
  readonly observe: ObserveTransform | undefined;
  readonly tell: Tell;
}

/** Tries those from `from` on. At once as long as each answers at once. */
function openWith(opening: Opening, from: number, faults: readonly TransformError[]): Opened | Promise<Opened> {
  const { transformers, none, stored, key, observe, tell } = opening;
  const at = transformers.findIndex(({ prefix }, i) => i >= from && hasPrefix(stored, prefix));
  const found = transformers[at];
  if (found === undefined) throw aggregate(faults) ?? unknown(none, tell);
  const told = ({ value, isStale }: Opened): Opened => {
    tell(found.prefix === "" ? "identity" : found.prefix);
    return { value, isStale: isStale || at > 0 };
  };
  const goOn = (error: unknown) => {
    // That plaintext was expected where something is encrypted is no news.
    if (found.prefix !== "") tell(found.prefix, error);
    if (!(error instanceof TransformError)) throw error;
    return openWith(opening, at + 1, found.prefix === "" ? faults : [...faults, error]);
  };
  try {
    const opened = found.transformer.open(stored.subarray(Buffer.byteLength(found.prefix)), key, observe);
    return opened instanceof Promise ? opened.then(told, goOn) : told(opened);
  } catch (error) {
    return goOn(error);
  }
}

/** That nobody knows the prefix. */
function unknown(none: string, tell: Tell): TransformError {
  const fault = new TransformError(none);
  tell("unknown", fault);
  return fault;
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
