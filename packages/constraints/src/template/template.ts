import type { KubeObject } from "@sallyport/kube";
import { FrameworkError, templateFault } from "../fault.ts";
import { type Fields, isFields, nested, textOf } from "../fields.ts";
import { withUnknownFields } from "./legacy-schema.ts";

/** The one target that there is. */
export const targetName = "admission.k8s.gatekeeper.sh";

/** Source in the language of one engine; `source` is as the template has it. */
export interface Code {
  readonly engine: string;
  readonly source: Fields;
}

/** A ConstraintTemplate as it is used. templates.gatekeeper.sh/v1, v1beta1, v1alpha1 */
export interface Template {
  /** The constraints' kind in lower case. */
  readonly name: string;
  /** Of the constraints. */
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly labels: { readonly [label: string]: string };
  /** OpenAPI of `spec.parameters`; undefined where constraints have none. */
  readonly parameters: Fields | undefined;
  readonly code: readonly Code[];
  /** Operations that the webhook asks about; empty for all. */
  readonly operations: readonly string[];
}

export function isTemplate({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean {
  return kind === "ConstraintTemplate" && /^templates\.gatekeeper\.sh\//.test(apiVersion);
}

/** Reads a ConstraintTemplate. Throws `FrameworkError`. */
export function readTemplate(object: KubeObject): Template {
  const { name = "", labels = {} } = object.metadata;
  const target = targetOf(object);
  const names = nested(object, "spec", "crd", "spec", "names");
  const kind = textOf(nested(names, "kind"));
  if (kind === "") throw templateFault(`ConstraintTemplate ${JSON.stringify(name)} does not specify CRD Kind`);
  if (name.toLowerCase() !== kind.toLowerCase())
    throw templateFault(
      `the ConstraintTemplate's name ${JSON.stringify(name)} is not equal to the lowercase of CRD's Kind: ${JSON.stringify(kind.toLowerCase())}`,
    );
  const named = textOf(target["target"]);
  if (named !== targetName)
    throw templateFault(`target ${JSON.stringify(named)} not recognized, known targets [${targetName}]`);
  return {
    name,
    kind,
    labels,
    shortNames: textsOf(nested(names, "shortNames")),
    parameters: parametersOf(object),
    code: codeOf(target),
    operations: textsOf(target["operations"]),
  };
}

function targetOf(object: KubeObject): Fields {
  const targets = nested(object, "spec", "targets");
  const [target, ...others] = Array.isArray(targets) ? targets : [];
  if (!isFields(target) || others.length > 0) throw templateFault("must declare exactly one target");
  if (textOf(target["target"]) === "") throw templateFault("target name must not be empty");
  return target;
}

/** Before v1 schemas were not structural: unless they say so, they keep what they do not know. */
function parametersOf(object: KubeObject): Fields | undefined {
  const validation = nested(object, "spec", "crd", "spec", "validation");
  const schema = nested(validation, "openAPIV3Schema");
  const isLegacy = nested(validation, "legacySchema") ?? object.apiVersion !== "templates.gatekeeper.sh/v1";
  const given = isFields(schema) ? schema : undefined;
  return isLegacy === true ? withUnknownFields(given ?? {}) : given;
}

/** What stands in `rego` and `libs` takes the place of a `code` entry for Rego. */
function codeOf(target: Fields): readonly Code[] {
  const code = (Array.isArray(target["code"]) ? target["code"] : [])
    .filter(isFields)
    .map(({ engine, source }) => ({ engine: textOf(engine), source: isFields(source) ? source : {} }));
  const { rego, libs } = target;
  if (typeof rego !== "string" || rego === "") return code;
  const source = { rego, version: "", ...(Array.isArray(libs) ? { libs } : {}) };
  const index = code.findIndex(({ engine }) => engine === "Rego");
  return index < 0 ? [...code, { engine: "Rego", source }] : code.with(index, { engine: "Rego", source });
}

/** The code that is used: of the first engine in the list that the template has code for. Throws `FrameworkError`. */
export function chooseCode({ code }: Template, engines: readonly string[]): Code {
  for (const engine of engines) {
    const found = code.find((each) => each.engine === engine);
    if (found !== undefined) return found;
  }
  throw new FrameworkError(
    "no-engine",
    `no language driver is installed that handles this constraint template: available drivers: ${engines.join(", ")}, wanted ${code.map(({ engine }) => engine).join(", ") || "none"}`,
  );
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
