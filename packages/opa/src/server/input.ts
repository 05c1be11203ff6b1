import { isObject, type JsonObject, jsonFault, lookup, parseJson, parseYaml, type Value } from "@sallyport/rego";
import { badRequest } from "./api-error.ts";
import { headerOf, type ServerRequest } from "./exchange.ts";

const decoder = new TextDecoder();

/** The input of a request; `given` is false where the client sent none, of which it is warned. */
export interface RequestInput {
  readonly value: Value | undefined;
  readonly given: boolean;
  /** What the body has beside the input: metadata of the caller, for the log alone. */
  readonly metadata?: JsonObject | undefined;
}

/** `?input={…}`. Throws `ApiError`. */
export function inputOfQuery({ query }: ServerRequest): RequestInput {
  const text = query.get("input");
  if (text === null) return { value: undefined, given: false };
  return { value: parseOr(text, "parameter contains malformed input document: "), given: true };
}

/** The member `input` of a body in JSON, or in YAML when its type says so. Throws `ApiError`. */
export async function inputOfBody(request: ServerRequest): Promise<RequestInput> {
  const body = await bodyValue(request, "body contains malformed input document: ");
  if (body === undefined || body === null) return { value: undefined, given: false };
  if (!isObject(body))
    throw badRequest(
      `body contains malformed input document: json: cannot unmarshal ${goKind(body)} into Go value of type types.alias`,
    );
  const value = lookup(body, "input");
  const metadata = metadataOf(body, ["input"]);
  if (value === undefined || value === null) return { value: undefined, given: false, metadata };
  return { value, given: true, metadata };
}

/** The members of a body that are none of the API's; undefined when there are none. */
export function metadataOf(body: Value, known: readonly string[]): JsonObject | undefined {
  const others = Object.entries(body as JsonObject).filter(([name]) => !known.includes(name));
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

/** The whole body, of the older API: it is the input. Throws `ApiError`. */
export async function bodyAsInput(request: ServerRequest): Promise<Value | undefined> {
  return bodyValue(request, "unexpected parse error for input: body contains malformed input document: ");
}

/** A body of JSON; `doing` comes before what is wrong with it. Undefined for an empty one. */
async function bodyValue(request: ServerRequest, doing: string): Promise<Value | undefined> {
  const text = await bodyText(request);
  if (text === "") return undefined;
  if (!(headerOf(request, "content-type") ?? "").includes("yaml")) return parseOr(text, doing);
  try {
    return parseYaml(text);
  } catch (error) {
    throw badRequest(`${doing}${(error as Error).message}`);
  }
}

export async function bodyText(request: ServerRequest): Promise<string> {
  return decoder.decode(await request.body());
}

/** As Go's decoder, what follows the first value is not looked at. Throws `ApiError`; `doing` comes before what is wrong. */
export function parseOr(text: string, doing: string = ""): Value {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [, behind] = /after JSON at position (\d+)/.exec(error.message) ?? [];
    if (behind !== undefined) return parseJson(text.slice(0, Number(behind)));
    throw badRequest(`${doing}${jsonFault(text)}`);
  }
}

/** What Go's decoder calls a JSON value. */
export function goKind(value: Value): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return isObject(value) ? "object" : "number";
}
