import { compile, declareSchema, Program, type SchemaDeclaration, typeCheckEnvironment } from "@sallyport/cel";
import { type Catalogue, type KubeObject, parseApiVersion, type ResourceInfo, structuralOf } from "@sallyport/kube";
import { compileVariables } from "../cel/variables.ts";
import { type PolicySpec, specOf } from "./policy.ts";

/** admissionregistration.k8s.io/v1 ExpressionWarning. */
export interface ExpressionWarning {
  readonly fieldRef: string;
  readonly warning: string;
}

interface ValidatingSpec extends PolicySpec {
  readonly validations?: readonly { readonly expression: string; readonly messageExpression?: string }[];
}

/** Upstream's limit: a policy about more kinds is checked against some of them. */
const maxTypes = 10;

/**
 * What does not fit in a policy's expressions to the kinds that it is asked about. Rules with a star tell no kinds, and fields may be
 * there that no schema tells: nothing is refused for it.
 */
export function expressionWarnings(policy: KubeObject, catalogue: Catalogue): readonly ExpressionWarning[] {
  const spec = specOf<ValidatingSpec>(policy);
  const kinds = kindsOf(spec, catalogue);
  const compilers = kinds.map((info) => ({ title: titleOf(info), check: checkerOf(info, spec, catalogue) }));
  const warningOf = (text: string) =>
    compilers.flatMap(({ title, check }) => check(text).map((fault) => `${title}: ${fault}\n`)).join("\n");
  return (spec.validations ?? []).flatMap(({ expression, messageExpression = "" }, i) =>
    Object.entries({ expression, messageExpression }).flatMap(([field, text]) => {
      const warning = text === "" ? "" : warningOf(text);
      return warning === "" ? [] : [{ fieldRef: `spec.validations[${i}].${field}`, warning }];
    }),
  );
}

/** As Go prints it, the core group too. */
function titleOf({ group, version, kind }: ResourceInfo): string {
  return `${group}/${version}, Kind=${kind}`;
}

function checkerOf(
  info: ResourceInfo,
  { paramKind, variables = [] }: ValidatingSpec,
  catalogue: Catalogue,
): (text: string) => readonly string[] {
  const params = paramKind && { declaration: paramsOf(paramKind, catalogue) };
  const base = typeCheckEnvironment({ object: declared(info), ...(params === undefined ? {} : { params }) });
  const environment = compileVariables(variables, base).declaredIn(base);
  return (text) => {
    const found = compile(text, environment);
    return found instanceof Program ? [] : [found.message];
  };
}

function paramsOf(
  { apiVersion, kind }: NonNullable<PolicySpec["paramKind"]>,
  catalogue: Catalogue,
): SchemaDeclaration | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  const info = catalogue.findKind(group, version, kind);
  return info && declared(info);
}

function declared(info: ResourceInfo): SchemaDeclaration | undefined {
  const schema = structuralOf(info);
  return schema && declareSchema(schema as Parameters<typeof declareSchema>[0], `object.${info.kind}`, false);
}

/** The kinds that rules name without a star, in order. */
function kindsOf({ matchConstraints }: ValidatingSpec, catalogue: Catalogue): readonly ResourceInfo[] {
  const found = new Map<string, ResourceInfo>();
  for (const rule of matchConstraints?.resourceRules ?? []) {
    const [groups, versions] = [rule.apiGroups ?? [], rule.apiVersions ?? []];
    if ([...groups, ...versions].some((each) => each.includes("*"))) continue;
    const resources = (rule.resources ?? []).filter((each) => !/[*/]/.test(each));
    let count = 0;
    for (const group of groups.toSorted())
      for (const version of versions.toSorted())
        for (const resource of resources.toSorted()) {
          for (const info of mapped(catalogue, { group, version, resource })) {
            found.set(titleOf(info), info);
            count++;
            if (count === maxTypes) return inOrder(found);
          }
        }
  }
  return inOrder(found);
}

/** Upstream takes the core's empty group for none that was said, and finds resources of that name in all groups. */
function mapped(
  catalogue: Catalogue,
  { group, version, resource }: { readonly group: string; readonly version: string; readonly resource: string },
): readonly ResourceInfo[] {
  const isMeant = (info: ResourceInfo) => info.resource === resource && info.version === version;
  return [...catalogue.all()].filter((info) => isMeant(info) && (group === "" || info.group === group));
}

function inOrder(found: ReadonlyMap<string, ResourceInfo>): readonly ResourceInfo[] {
  const key = ({ group, version, kind }: ResourceInfo) => `${group}\0${version}\0${kind}`;
  return [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
