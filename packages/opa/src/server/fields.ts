import { isObject, type JsonObject, lookup, type Value } from "@sallyport/rego";
import { ApiError, badRequest } from "./api-error.ts";
import type { ServerRequest } from "./exchange.ts";
import { bodyText, goKind, metadataOf, parseOr } from "./input.ts";

/** What a member of a request's body must be. */
export type FieldKind = "string" | "strings" | "any" | "object";

/** The members of a request's body that are known, of the right kinds, and under `metadata` all others. */
export type Fields<Kinds> = { readonly [key in keyof Kinds]: Value | undefined } & {
  readonly metadata: JsonObject | undefined;
};

/**
 * The members of a request's body that are known, of the right kinds. `name` is that of Go's struct, which
 * OPA's messages tell. Throws `ApiError`.
 */
export async function fieldsOfBody<const Kinds extends { readonly [name: string]: FieldKind }>(
  request: ServerRequest,
  name: string,
  kinds: Kinds,
): Promise<Fields<Kinds>> {
  const doing = "error(s) occurred while decoding request: ";
  const body = parseOr(await bodyText(request), doing);
  if (body !== null && !isObject(body))
    throw badRequest(`${doing}json: cannot unmarshal ${goKind(body)} into Go value of type types.${name}`);
  const found = Object.entries(kinds).map(([key, kind]) => {
    const value = body === null ? undefined : (lookup(body, key) ?? undefined);
    const fault = value === undefined ? undefined : faultOf(value, kind);
    if (fault !== undefined)
      throw badRequest(
        `${doing}json: cannot unmarshal ${goKind(fault.value)} into Go struct field ${name}.${key} of type ${fault.type}`,
      );
    return [key, value] as const;
  });
  const metadata = body === null ? undefined : metadataOf(body, Object.keys(kinds));
  return { ...Object.fromEntries(found), metadata } as Fields<Kinds>;
}

interface KindFault {
  readonly value: Value;
  readonly type: string;
}

function faultOf(value: Value, kind: FieldKind): KindFault | undefined {
  switch (kind) {
    case "any":
      return undefined;
    case "string":
      return typeof value === "string" ? undefined : { value, type: "string" };
    case "object":
      return isObject(value) ? undefined : { value, type: "struct" };
    case "strings": {
      if (!Array.isArray(value)) return { value, type: "[]string" };
      const odd = value.find((each: Value) => typeof each !== "string" && each !== null) as Value | undefined;
      return odd === undefined ? undefined : { value: odd, type: "string" };
    }
  }
}

/** OPA's way to say that a whole request failed inside. */
export function internalError(message: string): ApiError {
  return new ApiError(500, "internal_error", message);
}
