import {
  applySchemaDefaults,
  dns1123Subdomain,
  faultsText,
  type KubeObject,
  parseApiVersion,
  prune,
  type Structural,
  validateBySchema,
} from "@sallyport/kube";
import { type Enforcement, enforcementOf } from "./enforcement.ts";
import { constraintFault, FrameworkError } from "./fault.ts";
import { type Fields, isFields, nested } from "./fields.ts";
import type { Match } from "./match/match.ts";
import { checkSelectors } from "./match/selectors.ts";
import { constraintGroup } from "./template/definition.ts";

/** A constraint in force: checked, with its template's defaults. */
export interface Constraint {
  readonly kind: string;
  readonly name: string;
  /** As written, with defaults and without status. */
  readonly object: KubeObject;
  readonly match: Match;
  readonly enforcement: Enforcement;
}

export function isConstraint({ apiVersion }: { readonly apiVersion: string }): boolean {
  return apiVersion.startsWith(`${constraintGroup}/`);
}

/** `spec.parameters`, as policies read it. */
export function parametersOf({ object }: Constraint): Fields {
  const parameters = nested(object, "spec", "parameters");
  return isFields(parameters) ? parameters : {};
}

/** The part of a constraint that can be told without its template. Throws `FrameworkError`. */
export function checkIdentity({ apiVersion, kind, metadata }: KubeObject): void {
  const { name = "" } = metadata;
  if (name === "") throw constraintFault("missing metadata.name");
  if (kind === "") throw constraintFault("missing kind");
  const { group } = parseApiVersion(apiVersion);
  if (group !== constraintGroup)
    throw constraintFault(
      `wrong API Group for Constraint ${JSON.stringify(name)}, got ${JSON.stringify(group)} but need ${JSON.stringify(constraintGroup)}`,
    );
}

/** Reads a constraint of a template with this schema. Throws `FrameworkError`. */
export function readConstraint(object: KubeObject, schema: Structural): Constraint {
  checkSelectors(object);
  checkName(object);
  checkSchema(object, schema);
  const { status: _, ...defaulted } = applySchemaDefaults(object, schema) as KubeObject & Fields;
  const match = nested(defaulted, "spec", "match");
  return {
    kind: object.kind,
    name: object.metadata.name ?? "",
    object: defaulted as KubeObject,
    match: isFields(match) ? match : {},
    enforcement: enforcementOf(object),
  };
}

function checkName({ apiVersion, metadata: { name = "" } }: KubeObject): void {
  const faults = dns1123Subdomain(name);
  if (faults.length > 0) throw constraintFault(`invalid name: ${JSON.stringify(faults.join("\n"))}`);
  const { version } = parseApiVersion(apiVersion);
  if (version !== "v1beta1" && version !== "v1alpha1")
    throw constraintFault(
      `unsupported version ${JSON.stringify(version)} for Constraint ${JSON.stringify(name)}; supported versions: map[v1alpha1:true v1beta1:true]`,
    );
}

function checkSchema(object: KubeObject, schema: Structural): void {
  // Gatekeeper's paths begin at a root without a name.
  const faults = validateBySchema(object, schema, "").map(({ field, message }) => ({ field: `[].${field}`, message }));
  if (faults.length > 0) throw new FrameworkError("schema", `schema validation failed: ${faultsText(faults)}`);
  const { unknown } = prune(object, schema, true);
  if (unknown.length > 0) throw constraintFault(`unknown fields: [${unknown.join(" ")}]`);
}
