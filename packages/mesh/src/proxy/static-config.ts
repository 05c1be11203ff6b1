import { isIP } from "node:net";
import type { AuthorizationPolicy } from "../policy/authorization-policy.ts";
import { authorizerOf } from "../policy/authorizer.ts";
import type { Origination } from "../policy/client-tls.ts";
import { type ExtensionProvider, extAuthzOf, providerFault, providerHost } from "../policy/extension-provider.ts";
import type { meshObjectFaults } from "../policy/validation/faults.ts";
import { defaultMesh, type Workload } from "../policy/workload.ts";
import type { Address } from "./address.ts";
import { defaultLimits, type ProxyLimits } from "./limits.ts";
import type { InboundPort, OutboundTarget, PortProtocol, ProxyConfig } from "./proxy-config.ts";

/** What a file says of a listener: `original`, where the kernel turns connections over, asks it for each. */
export interface StaticListener {
  readonly direction: "inbound" | "outbound";
  readonly host: string;
  readonly port: number;
  readonly destination: Address | "original";
}

/** A proxy by a file alone. */
export interface StaticConfig {
  readonly listeners: readonly StaticListener[];
  readonly config: ProxyConfig;
  readonly limits: Partial<ProxyLimits>;
}

/** A file that says nothing sensible: which field, and what would. */
export class StaticConfigError extends Error {
  constructor(place: string, expected: string) {
    super(`${place === "" ? "the file" : place}: ${expected}`);
    this.name = "StaticConfigError";
  }
}

const modes = ["STRICT", "PERMISSIVE", "DISABLE"] as const;
const protocols: readonly PortProtocol[] = "http http2 grpc https tls tcp mongo mysql redis auto".split(
  " ",
) as PortProtocol[];

/** Reads what JSON says (see docs/mesh-proxy.md). Rejects with `StaticConfigError`. */
export async function readStaticConfig(value: unknown): Promise<StaticConfig> {
  const file = fieldsOf(value, "", [
    "listeners",
    "inbound",
    "outbound",
    "workload",
    "trustDomain",
    "policies",
    "extensionProviders",
    "limits",
  ]);
  const listeners = listOf(file["listeners"], "listeners", readListener);
  if (listeners.length === 0) throw new StaticConfigError("listeners", "expected one at least");
  const inbound = readInbound(file["inbound"] ?? {});
  const targets = listOf(file["outbound"] ?? [], "outbound", readTarget);
  const byAddress = new Map(targets.map((target) => [`${target.ip} ${target.port}`, target]));
  const outbound = (ip: string, port: number) => byAddress.get(`${ip} ${port}`);
  const providers = readProviders(file["extensionProviders"] ?? []);
  return {
    listeners,
    config: {
      inbound,
      authorizer: await readAuthorizer(file, providers),
      outbound,
      provider: (name) => providerTarget(providers, name, outbound),
    },
    limits: readLimits(file["limits"] ?? {}),
  };
}

function readListener(value: unknown, place: string): StaticListener {
  const { direction, host, port, destination } = fieldsOf(value, place, ["direction", "host", "port", "destination"]);
  const toward = oneOf(direction, `${place}.direction`, ["inbound", "outbound"] as const);
  return {
    direction: toward,
    // What the workload sends comes from beside us, and nobody else may send in its name.
    host: host === undefined ? (toward === "outbound" ? "127.0.0.1" : "0.0.0.0") : ipOf(host, `${place}.host`),
    port: portOf(port, `${place}.port`),
    destination:
      destination === "original" ? "original" : readAddress(destination, `${place}.destination`, '"original" or '),
  };
}

function readAddress(value: unknown, place: string, or = ""): Address {
  if (typeof value !== "object" || value === null)
    throw new StaticConfigError(place, `expected ${or}an ip and a port: { "ip": "10.0.0.7", "port": 8080 }`);
  const { ip, port } = fieldsOf(value, place, ["ip", "port"]);
  return { ip: ipOf(ip, `${place}.ip`), port: portOf(port, `${place}.port`) };
}

function readInbound(value: unknown): (port: number) => InboundPort {
  const fields = fieldsOf(value, "inbound", ["mode", "ports"]);
  const rest = readPort({ mode: fields["mode"] }, "inbound", "PERMISSIVE");
  const ports = new Map<number, InboundPort>();
  for (const [name, each] of Object.entries(recordOf(fields["ports"] ?? {}, "inbound.ports"))) {
    const place = `inbound.ports[${JSON.stringify(name)}]`;
    ports.set(portOf(/^\d+$/.test(name) ? Number(name) : name, place), readPort(each, place, rest.mode));
  }
  return (port) => ports.get(port) ?? rest;
}

function readPort(value: unknown, place: string, without: InboundPort["mode"]): InboundPort {
  const { mode, protocol } = fieldsOf(value, place, ["mode", "protocol"]);
  return {
    mode: mode === undefined ? without : oneOf(mode, `${place}.mode`, modes),
    protocol: protocol === undefined ? "auto" : oneOf(protocol, `${place}.protocol`, protocols),
  };
}

function readTarget(value: unknown, place: string): OutboundTarget {
  const known = ["ip", "port", "protocol", "tls", "identities", "serverName", "origination"];
  const { ip, port, protocol, tls, identities, serverName, origination } = fieldsOf(value, place, known);
  if ((tls === "originate") !== (origination !== undefined))
    throw new StaticConfigError(`${place}.origination`, 'expected with "tls": "originate", and only there');
  return {
    ...readAddress({ ip, port }, place),
    protocol: protocol === undefined ? "auto" : oneOf(protocol, `${place}.protocol`, protocols),
    tls: oneOf(tls, `${place}.tls`, ["mutual", "none", "originate"] as const),
    ...(origination !== undefined && { origination: readOrigination(origination, `${place}.origination`) }),
    identities: listOf(identities ?? [], `${place}.identities`, readIdentity),
    ...(serverName !== undefined && { serverName: textOf(serverName, `${place}.serverName`) }),
  };
}

/** As `tls` of a DestinationRule, and `host`: whom the server must be where no names are told. */
function readOrigination(value: unknown, place: string): Origination {
  const texts = ["host", "sni", "clientCertificate", "privateKey", "caCertificates", "caCrl"] as const;
  const fields = fieldsOf(value, place, ["mode", "subjectAltNames", "insecureSkipVerify", ...texts]);
  const mode = oneOf(fields["mode"], `${place}.mode`, ["SIMPLE", "MUTUAL"] as const);
  const needed = mode === "MUTUAL" ? (["clientCertificate", "privateKey"] as const) : [];
  for (const name of texts)
    if (fields[name] !== undefined || needed.some((each) => each === name)) textOf(fields[name], `${place}.${name}`);
  const { insecureSkipVerify: skip, subjectAltNames: names } = fields;
  if (skip !== undefined && typeof skip !== "boolean")
    throw new StaticConfigError(`${place}.insecureSkipVerify`, "expected true or false");
  if (names !== undefined) listOf(names, `${place}.subjectAltNames`, textOf);
  return { host: "", ...(fields as object), mode };
}

function readIdentity(value: unknown, place: string): string {
  const text = textOf(value, place);
  if (!/^spiffe:\/\/[^/]+\/.+/.test(text))
    throw new StaticConfigError(place, "expected a SPIFFE ID: spiffe://cluster.local/ns/NAMESPACE/sa/NAME");
  return text;
}

async function readAuthorizer(
  file: Fields,
  extensionProviders: readonly ExtensionProvider[],
): Promise<ProxyConfig["authorizer"]> {
  const known = ["namespace", "name", "labels", "serviceAccount"];
  const { namespace, name, labels, serviceAccount } = fieldsOf(file["workload"] ?? {}, "workload", known);
  const text = (value: unknown, field: string, without: string) =>
    value === undefined ? without : textOf(value, `workload.${field}`);
  const workload: Workload = {
    namespace: text(namespace, "namespace", "default"),
    name: text(name, "name", ""),
    labels: Object.fromEntries(
      Object.entries(recordOf(labels ?? {}, "workload.labels")).map(([key, value]) => [
        key,
        textOf(value, `workload.labels.${key}`),
      ]),
    ),
    serviceAccount: text(serviceAccount, "serviceAccount", "default"),
  };
  const trustDomain = file["trustDomain"] === undefined ? undefined : textOf(file["trustDomain"], "trustDomain");
  const policies = await readPolicies(file["policies"] ?? [], workload.namespace);
  const mesh = { ...defaultMesh, extensionProviders, ...(trustDomain !== undefined && { trustDomain }) };
  return authorizerOf(workload, policies, mesh);
}

/** As MeshConfig has them; `service` is where they are reached, by the address or the name of this machine's resolver. */
function readProviders(value: unknown): readonly ExtensionProvider[] {
  const providers = listOf(value, "extensionProviders", (each, place) => {
    const { name } = fieldsOf(each, place, ["name", "envoyExtAuthzHttp", "envoyExtAuthzGrpc"]);
    const provider = { ...(each as object), name: textOf(name, `${place}.name`) };
    const fault = providerFault(provider);
    if (fault !== undefined) throw new StaticConfigError(place, fault);
    return provider;
  });
  const twice = providers.findIndex(({ name }, i) => providers.findIndex((each) => each.name === name) < i);
  if (twice >= 0) throw new StaticConfigError(`extensionProviders[${twice}].name`, "expected another one: it is there");
  return providers;
}

/** By mutual TLS, where the file says so of its address in `outbound`. */
function providerTarget(
  providers: readonly ExtensionProvider[],
  name: string,
  outbound: ProxyConfig["outbound"],
): ReturnType<NonNullable<ProxyConfig["provider"]>> {
  const provider = providers.find((each) => each.name === name);
  const settings = provider && extAuthzOf(provider);
  if (provider === undefined || settings === undefined) return undefined;
  const [ip, { port }] = [providerHost(settings), settings];
  const protocol = provider.envoyExtAuthzGrpc === undefined ? "http" : "grpc";
  return { provider, target: outbound(ip, port) ?? { ip, port, protocol, tls: "none", identities: [] } };
}

async function readPolicies(value: unknown, namespace: string): Promise<readonly AuthorizationPolicy[]> {
  const given = listOf(value, "policies", (each) => each);
  if (given.length === 0) return [];
  // Schemas and their regular expressions are memory that a proxy without policies does without.
  const { meshObjectFaults } = await import("../policy/validation/faults.ts");
  return given.map((each, i) => readPolicy(each, `policies[${i}]`, namespace, meshObjectFaults));
}

function readPolicy(
  value: unknown,
  place: string,
  namespace: string,
  faultsOf: typeof meshObjectFaults,
): AuthorizationPolicy {
  const policy = recordOf(value, place);
  if (policy["kind"] !== "AuthorizationPolicy")
    throw new StaticConfigError(`${place}.kind`, "expected AuthorizationPolicy");
  const metadata = { namespace, ...recordOf(policy["metadata"] ?? {}, `${place}.metadata`) };
  const whole = { ...policy, kind: "AuthorizationPolicy", metadata };
  const [fault] = faultsOf(whole as never).faults;
  if (fault !== undefined) throw new StaticConfigError(place, fault);
  return whole as unknown as AuthorizationPolicy;
}

function readLimits(value: unknown): Partial<ProxyLimits> {
  const fields = fieldsOf(value, "limits", Object.keys(defaultLimits));
  for (const [name, each] of Object.entries(fields))
    if (!Number.isSafeInteger(each) || (each as number) < 1 || (each as number) > 2 ** 31 - 1)
      throw new StaticConfigError(`limits.${name}`, "expected a whole number from 1 on");
  return fields as Partial<ProxyLimits>;
}

type Fields = { readonly [name: string]: unknown };

function recordOf(value: unknown, place: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new StaticConfigError(place, "expected an object");
  return value as Fields;
}

function fieldsOf(value: unknown, place: string, known: readonly string[]): Fields {
  const fields = recordOf(value, place);
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new StaticConfigError(
      `${place === "" ? "" : `${place}.`}${unknown}`,
      `unknown; known are ${known.join(", ")}`,
    );
  return fields;
}

function listOf<T>(value: unknown, place: string, read: (each: unknown, place: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw new StaticConfigError(place, "expected a list");
  return value.map((each, i) => read(each, `${place}[${i}]`));
}

function oneOf<T extends string>(value: unknown, place: string, values: readonly T[]): T {
  if (!values.includes(value as T)) throw new StaticConfigError(place, `expected ${values.join(", ")}`);
  return value as T;
}

function textOf(value: unknown, place: string): string {
  if (typeof value !== "string" || value === "") throw new StaticConfigError(place, "expected a text");
  return value;
}

function ipOf(value: unknown, place: string): string {
  if (typeof value !== "string" || isIP(value) === 0) throw new StaticConfigError(place, "expected an IP address");
  return value;
}

function portOf(value: unknown, place: string): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 65_535)
    throw new StaticConfigError(place, "expected a port, 1 to 65535");
  return value as number;
}
