import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { formatted, itemsOf, portNumber } from "../checks.ts";
import { portName } from "../formats.ts";
import { cidr, cidrWarnings, isStrictSubset, parseCidr } from "../ip.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const protocols = ["TCP", "UDP", "SCTP"];
const policyTypes = ["Ingress", "Egress"];

export const networkPolicy: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    if ((spec["policyTypes"] ?? []).length === 0)
      spec["policyTypes"] = ["Ingress", ...((spec["egress"] ?? []).length === 0 ? [] : ["Egress"])];
    for (const rule of [...(spec["ingress"] ?? []), ...(spec["egress"] ?? [])])
      for (const port of rule?.ports ?? []) port.protocol ??= "TCP";
  },
  validate: (object) => validateSpec(specOf(object)),
  warnings: (object) => {
    const { ingress, egress } = specOf(object);
    return [...blockWarnings(ingress, "spec.ingress", "from"), ...blockWarnings(egress, "spec.egress", "to")];
  },
};

function blockWarnings(rules: unknown, path: string, peers: string): readonly string[] {
  return itemsOf(rules, path).flatMap(([rule, field]) =>
    itemsOf(rule[peers], `${field}.${peers}`).flatMap(([{ ipBlock }, at]) => [
      ...(ipBlock?.cidr ? cidrWarnings(`${at}.ipBlock.cidr`, ipBlock.cidr) : []),
      ...((ipBlock?.except ?? []) as readonly string[]).flatMap((each, i) =>
        cidrWarnings(`${at}.ipBlock.except[${i}]`, each),
      ),
    ]),
  );
}

function validateSpec(spec: Fields): readonly FieldError[] {
  return [
    ...validateLabelSelector(spec["podSelector"], "spec.podSelector"),
    ...validateRules(spec["ingress"], "spec.ingress", "from"),
    ...validateRules(spec["egress"], "spec.egress", "to"),
    ...validateTypes(spec["policyTypes"] ?? []),
  ];
}

function validateTypes(types: readonly string[]): readonly FieldError[] {
  if (types.length > policyTypes.length)
    return [invalid("spec.policyTypes", types, "may not specify more than two policyTypes")];
  return types
    .map((type, i) => [type, `spec.policyTypes[${i}]`] as const)
    .filter(([type]) => !policyTypes.includes(type))
    .map(([type, path]) => notSupported(path, type, policyTypes));
}

function validateRules(rules: unknown, path: string, peers: string): readonly FieldError[] {
  return itemsOf(rules, path).flatMap(([rule, field]) => [
    ...itemsOf(rule["ports"], `${field}.ports`).flatMap(([each, at]) => validatePort(each, at)),
    ...itemsOf(rule[peers], `${field}.${peers}`).flatMap(([each, at]) => validatePeer(each, at)),
  ]);
}

function validatePort({ protocol, port, endPort }: Fields, path: string): readonly FieldError[] {
  const known =
    protocol === undefined || protocols.includes(protocol)
      ? []
      : [notSupported(`${path}.protocol`, protocol, protocols)];
  const end = (detail: string) => (endPort === undefined ? [] : [invalid(`${path}.endPort`, endPort, detail)]);
  if (port === undefined) return [...known, ...end("may not be specified when `port` is not specified")];
  if (typeof port === "string")
    return [
      ...known,
      ...end("may not be specified when `port` is non-numeric"),
      ...formatted(`${path}.port`, port, portName),
    ];
  return [
    ...known,
    ...portNumber(`${path}.port`, port),
    ...(endPort !== undefined && endPort < port ? end("must be greater than or equal to `port`") : []),
    ...(endPort === undefined ? [] : portNumber(`${path}.endPort`, endPort)),
  ];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: Fields, path: string): readonly FieldError[] {
  const selectors = [podSelector, namespaceSelector].filter((each) => each !== undefined).length;
  return [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : validateIpBlock(ipBlock, `${path}.ipBlock`)),
    ...(selectors === 0 && ipBlock === undefined ? [required(path, "must specify a peer")] : []),
    ...(selectors > 0 && ipBlock !== undefined
      ? [forbidden(path, "may not specify both ipBlock and another peer")]
      : []),
  ];
}

function validateIpBlock(block: Fields, path: string): readonly FieldError[] {
  const text = (block["cidr"] ?? "") as string;
  if (text === "") return [required(`${path}.cidr`)];
  const faults = formatted(`${path}.cidr`, text, cidr);
  const outer = parseCidr(text);
  if (outer === undefined) return faults;
  const exceptions = ((block["except"] ?? []) as string[]).flatMap((each, i) => {
    const field = `${path}.except[${i}]`;
    const inner = parseCidr(each);
    const isInside = inner !== undefined && isStrictSubset(inner, outer);
    return [
      ...formatted(field, each, cidr),
      ...(inner === undefined || isInside ? [] : [invalid(field, each, "must be a strict subset of `cidr`")]),
    ];
  });
  return [...faults, ...exceptions];
}
