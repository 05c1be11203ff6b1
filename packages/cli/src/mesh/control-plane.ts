import type { Client } from "@sallyport/cluster";
import { defaultMesh } from "@sallyport/mesh";
import { ClusterFollower, reviewPodToken, serveConfigs } from "@sallyport/mesh/control";
import {
  Authority,
  folderStore,
  OwnServingCertificate,
  RootConfigMaps,
  reviewToken,
  serveCertificates,
} from "@sallyport/mesh/identity";

export interface ControlPlaneOptions {
  /** May do all that is done here. */
  readonly client: Client;
  /** Where pods reach this machine. */
  readonly address: string;
  /** Where the authority lies. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

/** As of Istio, so that its agents find an authority, too. */
const [namespace, service] = [defaultMesh.rootNamespace, "istiod"];
const ports = { certificates: 15_012, control: 15_010 };
export const controlHost = `${service}.${namespace}.svc`;
export const controlAddresses = {
  ca: `${controlHost}:${ports.certificates}`,
  control: `${controlHost}:${ports.control}`,
};
export const tokenAudience = "istio-ca";

const day = 24 * 3600_000;
const lives = { leafMs: day, longestMs: 90 * day, propagationMs: 3600_000 };
/** How often the authority is looked at: a change of its root is due once in years. */
const checkMs = 60_000;
const closingMs = 2_000;

/** Serves the mesh of this machine's pods: certificates, and what each sidecar must know. Rejects when it cannot. */
export async function startControlPlane(
  options: ControlPlaneOptions,
): Promise<{ readonly close: () => Promise<void> }> {
  const { client, address, say } = options;
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const each of closers.reverse()) await each();
  };
  try {
    const authority = await openAuthority(options);
    const names = [controlHost, `${controlHost}.cluster.local`];
    const own = new OwnServingCertificate(authority, names, lives.leafMs, Date.now);
    const certificates = await serveCertificates({
      authority,
      host: address,
      port: 0,
      serving: () => own.current,
      review: (token) => reviewToken(client, token, [tokenAudience]),
      defaultLifeMs: lives.leafMs,
      longestLifeMs: lives.longestMs,
      onCall: ({ code, id = "nobody", fault }) => {
        if (fault !== undefined) say(`mesh: no certificate for ${id}: ${code}: ${fault}`);
      },
    });
    closers.push(() => certificates.close(closingMs));
    const { configs, follower } = await serveControl(options, own);
    closers.push(() => configs.close());
    closers.push(() => follower.stop());
    const maps = new RootConfigMaps({
      client,
      name: "istio-ca-root-cert",
      roots: () => authority.roots.join(""),
      onFault: ({ message }) => say(`mesh: ${message}`),
      random: Math.random,
    });
    closers.push(() => maps.stop());
    const renewed = (isAsked: boolean) => {
      if (!own.renew(isAsked)) return;
      certificates.renew();
      configs.renew();
    };
    authority.onChange(() => {
      maps.update();
      renewed(true);
    });
    const timer = setInterval(() => {
      authority.check().then(
        () => renewed(false),
        ({ message }: Error) => say(`mesh: ${message}`),
      );
    }, checkMs);
    closers.push(() => clearInterval(timer));
    await publish(options, { certificates: certificates.port, control: configs.port });
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

function openAuthority({ folder, say }: ControlPlaneOptions): Promise<Authority> {
  return Authority.open({
    trustDomain: defaultMesh.trustDomain,
    store: folderStore(folder),
    now: Date.now,
    say: (text) => say(`mesh: ${text}`),
    propagationMs: lives.propagationMs,
    longestLeafMs: lives.longestMs,
  });
}

/** Nobody is told anything before all is known: a policy might be missing. */
async function serveControl({ client, address, say }: ControlPlaneOptions, own: OwnServingCertificate) {
  const told: { changed: () => void } = { changed: () => {} };
  const follower = new ClusterFollower({
    client,
    mesh: defaultMesh,
    onChange: () => told.changed(),
    onFault: ({ message }) => say(`mesh: ${message}`),
    random: Math.random,
  });
  try {
    await follower.synced();
    const configs = await serveConfigs({
      host: address,
      port: 0,
      serving: () => own.current,
      review: (token) => reviewPodToken(client, token, tokenAudience),
      configOf: (pod) => follower.configOf(pod),
      onFault: ({ message }) => say(`mesh: ${message}`),
    });
    told.changed = configs.changed;
    return { configs, follower };
  } catch (error) {
    follower.stop();
    throw error;
  }
}

/** The Service by which sidecars find us, wherever we listen. */
async function publish(
  { client, address }: ControlPlaneOptions,
  listening: { readonly certificates: number; readonly control: number },
): Promise<void> {
  const labels = { "app.kubernetes.io/managed-by": "sallyport" };
  const named = (port: keyof typeof ports) => ({ name: `tls-${port}`, port: ports[port] });
  const own = ["certificates", "control"] as const;
  const apply = (path: string, object: object) =>
    client.ask(`${path}?fieldManager=sallyport-mesh&force=true`, {
      method: "PATCH",
      type: "application/apply-patch+yaml",
      body: object,
    });
  await apply(`/api/v1/namespaces/${namespace}`, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels },
  });
  await apply(`/api/v1/namespaces/${namespace}/services/${service}`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: service, namespace, labels },
    spec: { ports: own.map(named) },
  });
  await apply(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${service}`, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: service, namespace, labels: { ...labels, "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: own.map((port) => ({ name: `tls-${port}`, port: listening[port], protocol: "TCP" })),
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  });
}
