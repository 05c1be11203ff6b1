import {
  conformStruct,
  type FieldError,
  forbidden,
  invalid,
  invalidStatus,
  isPrintable,
  notSupported,
  parseGoDuration,
  required,
  StatusError,
  tooLong,
} from "@sallyport/kube";
import type { DeleteOptions, WriteContext } from "../registry/context.ts";
import { notRegistered } from "../registry/faults.ts";
import { decodeBody } from "./body.ts";

/** Server-side apply's own media type; its CBOR form is not served, as kube-apiserver does not by default. */
export const applyPatchType = "application/apply-patch+yaml";

/** What a write says of how it is meant. */
export interface WriteOptions extends Pick<WriteContext, "dryRun" | "fieldManager" | "fieldValidation" | "options"> {}

/** Longer names of managers are refused, or cut where they come of a User-Agent. Upstream's FieldManagerMaxLength. */
export const maxManagerBytes = 128;

const validations: readonly string[] = ["", "Ignore", "Strict", "Warn"];

/** Of a query that says nothing. */
const plainWrite: WriteOptions = { dryRun: false, fieldValidation: "Warn" };

/**
 * CreateOptions, UpdateOptions or PatchOptions of meta.k8s.io/v1 in a query; `type` is a patch's content type. Throws `Invalid` with
 * all that is wrong.
 */
export function writeOptions(query: URLSearchParams, verb: string, type: string): WriteOptions {
  if (query.size === 0 && verb !== "patch") return plainWrite;
  const [dryRun, manager, validation] = [
    query.getAll("dryRun"),
    query.get("fieldManager") ?? "",
    query.get("fieldValidation") ?? "",
  ];
  const isPatch = verb === "patch";
  const kind = isPatch ? "PatchOptions" : verb === "update" ? "UpdateOptions" : "CreateOptions";
  refuse(kind, [
    ...(isPatch ? patchErrors(query, manager, type) : []),
    ...managerErrors(manager),
    ...dryRunErrors(dryRun),
    ...(validations.includes(validation) ? [] : [notSupported("fieldValidation", validation, validations)]),
  ]);
  return {
    dryRun: dryRun.length > 0,
    ...(manager === "" ? {} : { fieldManager: manager }),
    fieldValidation: (validation || "Warn") as WriteOptions["fieldValidation"],
    options: {
      ...(dryRun.length === 0 ? {} : { dryRun }),
      ...(manager === "" ? {} : { fieldManager: manager }),
      ...(validation === "" ? {} : { fieldValidation: validation }),
    },
  };
}

function patchErrors(query: URLSearchParams, manager: string, type: string): readonly FieldError[] {
  if (type === applyPatchType) return manager === "" ? [required("fieldManager", "is required for apply patch")] : [];
  return query.has("force") ? [forbidden("force", "may not be specified for non-apply patch")] : [];
}

function managerErrors(manager: string): readonly FieldError[] {
  const bytes = Buffer.from(manager);
  if (bytes.length > maxManagerBytes) return [tooLong("fieldManager", maxManagerBytes)];
  let at = 0;
  for (const char of manager) {
    if (!isPrintable(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      return [invalid("fieldManager", manager, `invalid character U+${code} (at position ${at})`)];
    }
    at += Buffer.byteLength(char);
  }
  return [];
}

function dryRunErrors(dryRun: readonly string[]): readonly FieldError[] {
  return dryRun.every((each) => each === "All") ? [] : [notSupported("dryRun", dryRun, ["All"])];
}

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidStatus({ group: "meta.k8s.io", kind }, "", errors);
}

const policies: readonly string[] = ["Foreground", "Background", "Orphan", "nil"];

/** DeleteOptions of meta.k8s.io/v1: of the body, or of the query where there is none. Throws `BadRequest` and `Invalid`. */
export function deleteOptions(
  query: URLSearchParams,
  bytes: Buffer,
  type: string,
  isCollection: boolean,
): DeleteOptions {
  const options = bytes.length === 0 ? optionsOfQuery(query) : optionsOfBody(bytes, type);
  const { orphanDependents, propagationPolicy, dryRun = [] } = options;
  refuse("DeleteOptions", [
    ...unsafeErrors(options, isCollection),
    ...(orphanDependents !== undefined && propagationPolicy !== undefined
      ? [invalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set")]
      : []),
    ...(propagationPolicy !== undefined && !policies.slice(0, 3).includes(propagationPolicy)
      ? [notSupported("propagationPolicy", propagationPolicy, policies)]
      : []),
    ...dryRunErrors(dryRun),
  ]);
  return options;
}

/** KEP-3926: what cannot be read may be deleted unread, and then nothing else can be asked. */
function unsafeErrors(options: DeleteOptions, isCollection: boolean): readonly FieldError[] {
  const field = "ignoreStoreReadErrorWithClusterBreakingPotential";
  if (options[field] !== true) return [];
  if (isCollection)
    return [invalid(field, true, "is not allowed with DELETECOLLECTION, try again after removing the option")];
  const others = ["gracePeriodSeconds", "orphanDependents", "preconditions", "propagationPolicy"] as const;
  return others
    .filter((name) => options[name] !== undefined)
    .map((name) => invalid(field, true, `cannot be set together with .${name}`));
}

function optionsOfBody(bytes: Buffer, type: string): DeleteOptions {
  const { kind = "DeleteOptions", apiVersion = "meta.k8s.io/v1", ...fields } = decodeBody(bytes, type).value;
  if (kind !== "DeleteOptions") throw new StatusError("BadRequest", notRegistered(String(kind), String(apiVersion)));
  return conformStruct(fields, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "").object as DeleteOptions;
}

function optionsOfQuery(query: URLSearchParams): DeleteOptions {
  const unsafe = "ignoreStoreReadErrorWithClusterBreakingPotential";
  const [uid, resourceVersion] = [query.get("uid"), query.get("resourceVersion")];
  const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
  const [grace, orphan, policy, isUnread] = ["gracePeriodSeconds", "orphanDependents", "propagationPolicy", unsafe].map(
    (name) => query.get(name),
  );
  return {
    ...(grace == null ? {} : { gracePeriodSeconds: parseInt64(grace) }),
    ...(orphan == null ? {} : { orphanDependents: isTrue(orphan) }),
    ...(policy == null ? {} : { propagationPolicy: policy as NonNullable<DeleteOptions["propagationPolicy"]> }),
    ...(query.has("dryRun") ? { dryRun: query.getAll("dryRun") } : {}),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(isUnread == null ? {} : { [unsafe]: isTrue(isUnread) }),
  };
}

/** Every text but `false` and `0` is true, as apimachinery reads query parameters. */
export function isTrue(text: string): boolean {
  return !["false", "0"].includes(text.toLowerCase());
}

/** strconv.ParseInt. Throws `BadRequest` in its words. */
export function parseInt64(text: string): number {
  const fault = (why: string) =>
    new StatusError("BadRequest", `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw fault("invalid syntax");
  const value = BigInt(text.replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) throw fault("value out of range");
  return Number(value);
}

/** The `timeout` of a query, which every request but a stream may have. Throws `BadRequest`. */
export function checkTimeout(query: URLSearchParams): void {
  const text = query.get("timeout") ?? "";
  if (text === "") return;
  const parsed = parseGoDuration(text);
  if (typeof parsed === "number") return;
  throw new StatusError("BadRequest", `invalid timeout specified in the request URL - ${parsed.fault}`);
}

export interface ListOptions {
  /** 0 when there is none. */
  readonly limit: number;
  readonly timeoutSeconds: number;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly continue: string;
  /** Absent when the query does not say. */
  readonly sendInitialEvents?: boolean;
  readonly allowWatchBookmarks: boolean;
}

/** ListOptions of meta.k8s.io/v1, of a list, a deletion of many, or a watch. Throws `BadRequest` and `Invalid`. */
export function listOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const text = (name: string) => query.get(name) ?? "";
  const number = (name: string) => (query.has(name) ? Math.max(0, parseInt64(text(name))) : 0);
  const initial = query.get("sendInitialEvents");
  const options: ListOptions = {
    limit: number("limit"),
    timeoutSeconds: number("timeoutSeconds"),
    resourceVersion: text("resourceVersion"),
    resourceVersionMatch: text("resourceVersionMatch"),
    continue: text("continue"),
    ...(initial === null ? {} : { sendInitialEvents: isTrue(initial) }),
    allowWatchBookmarks: query.has("allowWatchBookmarks") && isTrue(text("allowWatchBookmarks")),
  };
  refuse("ListOptions", isWatch ? watchErrors(options) : listErrors(options));
  return options;
}

const matchField = "resourceVersionMatch";
const matches: readonly string[] = ["Exact", "NotOlderThan", ""];

/** KEP-1432's table of combinations. */
function listErrors({ resourceVersion, resourceVersionMatch, ...options }: ListOptions): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (resourceVersionMatch !== "") {
    if (resourceVersion === "")
      errors.push(forbidden(matchField, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (options.continue !== "")
      errors.push(forbidden(matchField, "resourceVersionMatch is forbidden when continue is provided"));
    if (!matches.includes(resourceVersionMatch)) errors.push(notSupported(matchField, resourceVersionMatch, matches));
    if (resourceVersionMatch === "Exact" && resourceVersion === "0")
      errors.push(forbidden(matchField, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchErrors({ resourceVersionMatch: match, ...options }: ListOptions): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (options.sendInitialEvents !== undefined && match !== "NotOlderThan")
    errors.push(forbidden(matchField, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  if (match !== "") {
    if (options.sendInitialEvents === undefined)
      errors.push(
        forbidden(matchField, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
      );
    if (match !== "NotOlderThan") errors.push(notSupported(matchField, match, ["NotOlderThan"]));
  }
  if (options.continue !== "")
    errors.push(forbidden(matchField, "resourceVersionMatch is forbidden when continue is provided"));
  return errors;
}
