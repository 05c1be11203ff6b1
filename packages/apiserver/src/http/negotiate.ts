import { parseGoBool } from "@sallyport/kube";

export type Format = "json" | "yaml" | "protobuf";

/** What a client wants to read, out of its Accept header. */
export interface Wanted {
  readonly as: "object" | "Table" | "PartialObjectMetadata";
  /** Partial objects were asked for by the name of their list. */
  readonly asList: boolean;
  /** meta.k8s.io's version for tables and partial objects. */
  readonly metaVersion: "v1" | "v1beta1";
  /** Aggregated discovery: apidiscovery.k8s.io/v2, the one version that is left. */
  readonly discovery: boolean;
  readonly format: Format;
  /** JSON with line breaks, for eyes. */
  readonly pretty: boolean;
  /** Nothing that is named can be written, or not in that form. */
  readonly refused: boolean;
}

/** By Kubernetes' names, in the order in which its refusals list them. */
export const mediaTypes: { readonly [format in Format]: string } = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

/** What can be written where. */
export const allFormats: readonly Format[] = ["json", "yaml", "protobuf"];

/** All but one: always the same lists, as what was negotiated before is known by them. */
export const textFormats: readonly Format[] = ["json", "yaml"];

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
}

const plain: Wanted = {
  as: "object",
  asList: false,
  metaVersion: "v1",
  discovery: false,
  format: "json",
  pretty: false,
  refused: false,
};

/** Longer headers are cut: nobody lists so many types. */
const maxClauses = 64;

/** What was found before, by formats and header. Clients send few headers; more are not kept, and neither are long ones. */
const found = new WeakMap<readonly Format[], Map<string, Wanted>>();
const maxFound = 500;
const maxKeptLength = 300;

/** The best clause of the header that can be served in one of the formats, as a table only where there are tables. */
export function negotiate(
  accept: string | undefined,
  formats: readonly Format[] = allFormats,
  hasTables = true,
): Wanted {
  if (accept === undefined || accept === "") return plain;
  if (!hasTables) return chosenOf(accept, formats, hasTables);
  let kept = found.get(formats);
  if (kept === undefined) {
    kept = new Map();
    found.set(formats, kept);
  }
  const known = kept.get(accept);
  if (known !== undefined) return known;
  const made = chosenOf(accept, formats, hasTables);
  if (kept.size < maxFound && accept.length < maxKeptLength) kept.set(accept, made);
  return made;
}

/** The format of a refusal, which has no other form than that of an object: JSON for eyes where the client takes nothing of the kind. */
export function negotiateRefusal(accept: string | undefined, wanted: Wanted): Wanted {
  if (accept === undefined || !formed.test(accept)) return wanted.refused ? { ...plain, pretty: true } : wanted;
  const whole = accept.split(",", maxClauses).filter((each) => !formed.test(each));
  const chosen = whole.length === 0 ? undefined : negotiate(whole.join(","));
  return chosen === undefined || chosen.refused ? { ...plain, pretty: true } : { ...chosen, pretty: wanted.pretty };
}

/** A clause that names a form. */
const formed = /;\s*as\s*=/;

/** Whether a header names one of the types in full, or any: ranges as `application/*` count only where there is no choice of routes. */
export function namesOne(accept: string | undefined, types: readonly string[]): boolean {
  if (accept === undefined || accept === "" || types.includes(accept)) return true;
  const named = accept.split(",", maxClauses).map((each) => each.split(";", 1)[0]?.trim() ?? "");
  return named.some((each) => each === "*/*" || types.includes(each));
}

function chosenOf(accept: string, formats: readonly Format[], hasTables: boolean): Wanted {
  const clauses = parseAccept(accept);
  for (const clause of clauses) {
    for (const format of formats) {
      const wanted = isOf(clause.type, mediaTypes[format]) ? formOf(clause, format) : undefined;
      if (wanted !== undefined && (hasTables || wanted.as !== "Table")) return wanted;
    }
  }
  return { ...plain, refused: true };
}

/**
 * Clauses by their weight; of equal ones the first is the best. A clause that names more goes before a range whatever their weights, as
 * kube-apiserver sorts them: by an order that contradicts itself, and so by inserting one after another.
 */
function parseAccept(accept: string): readonly Clause[] {
  const clauses = accept.split(",", maxClauses).map((text) => {
    const [type = "", ...params] = text.split(";").map((each) => each.trim());
    const pairs = params.map((each) => each.split("=", 2).map((side) => side.trim()) as [string, string]);
    return { type, params: new Map(pairs) };
  });
  const sorted: Clause[] = [];
  for (const clause of clauses) {
    const before = sorted.findLastIndex((each) => !isBetter(clause, each));
    sorted.splice(before + 1, 0, clause);
  }
  return sorted;
}

function isBetter(a: Clause, b: Clause): boolean {
  const weight = ({ params }: Clause) => Number.parseFloat(params.get("q") ?? "1") || 0;
  const [type = "", subtype = ""] = a.type.split("/");
  const [otherType = "", otherSubtype = ""] = b.type.split("/");
  return weight(a) > weight(b) || (type !== "*" && otherType === "*") || (subtype !== "*" && otherSubtype === "*");
}

function isOf(range: string, type: string): boolean {
  return range === type || range === "*/*" || range === "application/*";
}

function formOf({ params }: Clause, format: Format): Wanted | undefined {
  const as = params.get("as");
  const version = params.get("v");
  const base = { ...plain, format, pretty: params.get("pretty") === "1" };
  if (params.has("stream") && params.get("stream") !== "watch") return undefined;
  if (as === undefined) return base;
  if (as === "APIGroupDiscoveryList" && params.get("g") === "apidiscovery.k8s.io")
    return version === "v2" ? { ...base, discovery: true } : undefined;
  if (params.get("g") !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined;
  if (as === "Table") return format === "protobuf" ? undefined : { ...base, as, metaVersion: version };
  return as === "PartialObjectMetadata" || as === "PartialObjectMetadataList"
    ? { ...base, as: "PartialObjectMetadata", asList: as.endsWith("List"), metaVersion: version }
    : undefined;
}

/** Whether JSON is to be laid out: where `?pretty` says so, or a browser or a command line asks and it does not say no. */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const said = query.get("pretty");
  if (said) return parseGoBool(said) === true;
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? "");
}
