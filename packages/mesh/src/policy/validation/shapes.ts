import type { Structural } from "@sallyport/kube";

const text: Structural = { type: "string" };
const texts: Structural = { type: "array", items: text };
const any: Structural = { "x-kubernetes-preserve-unknown-fields": true };

function object(properties: { readonly [name: string]: Structural }): Structural {
  return { type: "object", properties };
}

function list(items: Structural): Structural {
  return { type: "array", items };
}

/** Each list of values by its name, and the list of what is not meant. */
function withNot(names: readonly string[]): Structural {
  const all = names.flatMap((name) => [name, `not${name.charAt(0).toUpperCase()}${name.slice(1)}`]);
  return object(Object.fromEntries(all.map((name) => [name, texts])));
}

const selector = object({ matchLabels: { type: "object", additionalProperties: text } });
const mtls = object({ mode: { type: "string", enum: ["UNSET", "DISABLE", "PERMISSIVE", "STRICT"] } });
const target = object({ group: text, kind: text, name: text, namespace: text });

const source = withNot([
  "principals",
  "requestPrincipals",
  "namespaces",
  "serviceAccounts",
  "trustDomains",
  "ipBlocks",
  "remoteIpBlocks",
]);
const rule = object({
  from: list(object({ source })),
  to: list(object({ operation: withNot(["hosts", "ports", "methods", "paths"]) })),
  when: list(object({ key: text, values: texts, notValues: texts })),
});

const clientTls = object({
  mode: { type: "string", enum: ["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"] },
  clientCertificate: text,
  privateKey: text,
  caCertificates: text,
  caCrl: text,
  credentialName: text,
  subjectAltNames: texts,
  sni: text,
  insecureSkipVerify: { type: "boolean" },
});
const portNumber = object({ number: { type: "integer", minimum: 0, maximum: 4294967295 } });
/** Beside TLS, a traffic policy speaks of what is no matter of who may call. */
const ofTraffic = { connectionPool: any, loadBalancer: any, outlierDetection: any };
const trafficPolicy = object({
  ...ofTraffic,
  tunnel: any,
  proxyProtocol: any,
  retryBudget: any,
  tls: clientTls,
  portLevelSettings: list(object({ ...ofTraffic, port: portNumber, tls: clientTls })),
});

/** The specs of the mesh's kinds, as https://istio.io/latest/docs/reference/config/ has them. */
export const specShapes: { readonly [kind: string]: Structural } = {
  PeerAuthentication: object({ selector, mtls, portLevelMtls: { type: "object", additionalProperties: mtls } }),
  AuthorizationPolicy: object({
    selector,
    targetRef: target,
    targetRefs: list(target),
    action: { type: "string", enum: ["ALLOW", "DENY", "AUDIT", "CUSTOM"] },
    provider: object({ name: text }),
    rules: list({ ...rule, nullable: true }),
  }),
  DestinationRule: object({
    host: text,
    trafficPolicy,
    subsets: list(object({ name: text, labels: { type: "object", additionalProperties: text }, trafficPolicy })),
    exportTo: texts,
    workloadSelector: selector,
  }),
};
