import { type AuthorizationPolicy, actionOf, type Condition, notField, type Rule } from "../authorization-policy.ts";
import { operationFields, sourceFields } from "../rule-fields.ts";
import { conditionFaults } from "./condition-faults.ts";
import { dryRunFaults, type Faults, faultIf, selectorFaults, together } from "./findings.ts";
import { valueFaults } from "./value-faults.ts";

type Values = { readonly [field: string]: readonly string[] };

/** What Istio's webhook says of an AuthorizationPolicy that has the shape of one. */
export function authorizationPolicyFaults(policy: AuthorizationPolicy): Faults {
  const { selector, rules = [] } = policy.spec ?? {};
  const action = actionOf(policy);
  const ofPolicy = [...dryRunFaults(policy, action), ...targetFaults(policy), ...actionFaults(policy)];
  const ofRules = rules.flatMap((rule, place) => [
    ...(action === "CUSTOM" && rule !== null ? customFaults(rule) : []),
    ...ruleFaults(rule, place),
  ]);
  const isWide = action === "DENY" && rules.some((rule) => rule !== null && asksOnlyHttp(rule));
  return together(selectorFaults(selector), { faults: [...ofPolicy, ...ofRules], warnings: faultIf(isWide, wide) });
}

const wide =
  "configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port";

function targetFaults({ spec }: AuthorizationPolicy): readonly string[] {
  const { selector, targetRef, targetRefs = [] } = spec ?? {};
  const set = [selector !== undefined, targetRef !== undefined, targetRefs.length > 0].filter(Boolean);
  return faultIf(set.length > 1, "only one of targetRefs or workloadSelector can be set");
}

function actionFaults(policy: AuthorizationPolicy): readonly string[] {
  const { provider, rules = [] } = policy.spec ?? {};
  const action = actionOf(policy);
  const isIdle = (action === "CUSTOM" || action === "DENY") && rules.length === 0;
  return [
    ...faultIf(
      isIdle,
      `${action} action without \`rules\` is meaningless as it will never be triggered, add an empty rule \`{}\` if you want it be triggered for every request`,
    ),
    ...faultIf(action === "CUSTOM" && !isIdle && !provider?.name, "`provider.name` must not be empty"),
    ...faultIf(
      action !== "CUSTOM" && provider !== undefined,
      `\`provider\` must not be with non CUSTOM action, found ${action}`,
    ),
  ];
}

/** A provider is asked before anybody knows who calls. */
function customFaults({ from = [], when = [] }: Rule): readonly string[] {
  const unsupported = ["namespaces", "serviceAccounts", "trustDomains", "principals", "requestPrincipals"];
  const fields = unsupported.flatMap((name) => [name, notField(name)]);
  const inFrom = from.flatMap(({ source = {} }) =>
    fields.filter((name) => (source[name] ?? []).length > 0).map((name) => `From.${capital(name)}`),
  );
  const keys = when
    .map(({ key }) => key)
    .filter((key) => /^(source\.(namespace|serviceAccount|trustDomain|principal)$|request\.auth\.)/.test(key));
  return [...inFrom, ...keys].map((name) => `${name} is currently not supported with CUSTOM action`);
}

function ruleFaults(rule: Rule | null, place: number): readonly string[] {
  if (rule === null) return [`\`rule\` must not be nil, found at rule ${place}`];
  const { from = [], to = [], when = [] } = rule;
  return [
    ...from.flatMap(({ source }) => sideFaults("from.source", source, Object.keys(sourceFields), place)),
    ...from.flatMap(({ source = {} }) => accountsBesideOthers(source, place)),
    ...to.flatMap(({ operation }) => sideFaults("to.operation", operation, Object.keys(operationFields), place)),
    ...when.flatMap((condition: Condition) => conditionFaults(condition)),
  ];
}

function sideFaults(
  side: string,
  values: Values | undefined,
  names: readonly string[],
  place: number,
): readonly string[] {
  if (values === undefined) return [`\`${side}\` must not be nil, found at rule ${place}`];
  const fields = names.flatMap((name) => [name, notField(name)]);
  const isEmpty = fields.every((name) => (values[name] ?? []).length === 0);
  return [
    ...faultIf(isEmpty, `\`${side}\` must not be empty, found at rule ${place}`),
    ...fields.flatMap((name) => valueFaults(capital(name), values[name] ?? [])),
  ];
}

function accountsBesideOthers(source: Values, place: number): readonly string[] {
  const has = (name: string) => [name, notField(name)].some((each) => (source[each] ?? []).length > 0);
  const isBoth = has("serviceAccounts") && (has("principals") || has("namespaces"));
  return faultIf(isBoth, `cannot set serviceAccounts with namespaces or principals, found at rule ${place}`);
}

/** Whether a DENY rule is wider for connections than it reads: it asks of HTTP, and of no port. */
function asksOnlyHttp({ from = [], to = [] }: Rule): boolean {
  const hasAny = (values: Values | undefined, names: readonly string[]) =>
    names.flatMap((name) => [name, notField(name)]).some((name) => values?.[name] !== undefined);
  const ofTcp = Object.keys(sourceFields).filter((name) => name !== "requestPrincipals" && name !== "trustDomains");
  const sources = from.filter(({ source }) => source !== undefined);
  const operations = to.filter(({ operation }) => operation !== undefined);
  const fromIsTcp = sources.some(({ source }) => hasAny(source, ofTcp));
  const toIsTcp = operations.some(({ operation }) => hasAny(operation, ["ports"]));
  return (sources.length > 0 && operations.length === 0 && !fromIsTcp) || (operations.length > 0 && !toIsTcp);
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
