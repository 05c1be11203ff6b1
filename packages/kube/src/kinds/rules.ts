import { canonical } from "../canonical.ts";
import { givenField } from "../go/emptied.ts";
import { type InternalType, internalValue } from "../go/internal.ts";
import { type FieldError, invalid } from "../names.ts";
import type { KubeObject } from "../object.ts";
import type { Expressions } from "./expressions.ts";

// biome-ignore lint/suspicious/noExplicitAny: rules look into free-form fields that decoding has checked already
export type Fields = { [field: string]: any };

/**
 * What Go code, not OpenAPI, knows of a kind. One file per kind; `all.ts` lists them. Objects come in the version that is stored, and
 * `asked` is the apiVersion in which the client wrote them.
 */
export interface KindRules {
  /** SetDefaults_*: fills absent fields of a copy that is its own; times with `now`, in RFC 3339, where it is known. */
  readonly defaults?: (object: Fields, now: string | undefined) => void;
  /** True for kinds whose own rules do not look at metadata: it is looked at when they found nothing. */
  readonly metadataLast?: true;
  /** ValidateX: what a new object, and each later version of it, must be. Metadata is validated for all kinds alike. */
  readonly validate?: (object: KubeObject, expressions: Expressions, asked: string) => readonly FieldError[];
  /** ValidateXUpdate: what may not change. Asked beside `validate`, not in its stead. */
  readonly validateUpdate?: (object: KubeObject, old: KubeObject) => readonly FieldError[];
  /** ValidateXStatusUpdate: of an update of `/status`, where it is asked at all. */
  readonly validateStatus?: (object: KubeObject, old: KubeObject, expressions: Expressions) => readonly FieldError[];
  /** The same of updates of other subresources, each as a whole. */
  readonly validateParts?: {
    readonly [subresource: string]: (object: KubeObject, old: KubeObject) => readonly FieldError[];
  };
  /** WarningsOnCreate and WarningsOnUpdate: what is let in, but should better be otherwise. */
  readonly warnings?: (object: KubeObject, old: KubeObject | undefined, expressions: Expressions) => readonly string[];
  /** WarningsOnUpdate of the strategy of `/status`. */
  readonly statusWarnings?: (object: KubeObject) => readonly string[];
  /** ValidateXUpdate as a whole, for kinds where it is not `validate` with `validateUpdate` after it. */
  readonly validateReplacement?: (
    object: KubeObject,
    old: KubeObject,
    expressions: Expressions,
    asked: string,
  ) => readonly FieldError[];
}

/** Sets the fields that are absent. */
export function fill(target: Fields, defaults: Fields): void {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= value;
}

/** ValidateImmutableField for each path (`spec.selector`); `types` are those of whole structs, which are shown as Go has them. */
export function immutable(
  object: KubeObject,
  old: KubeObject,
  paths: readonly string[],
  types: { readonly [path: string]: InternalType } = {},
): readonly FieldError[] {
  return paths
    .filter((path) => canonical(valueAt(object, path)) !== canonical(valueAt(old, path)))
    .map((path) => {
      const [value, type] = [valueAt(object, path), types[path]];
      return invalid(path, type === undefined ? value : internalValue(type, value), "field is immutable");
    });
}

function valueAt(object: KubeObject, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value === undefined ? undefined : givenField(value as Fields, key)), object);
}

/** `spec`, or nothing in it. */
export function specOf(object: KubeObject): Fields {
  return (object["spec"] ?? {}) as Fields;
}
