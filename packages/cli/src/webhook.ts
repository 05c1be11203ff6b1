import {
  admit,
  type ChainOptions,
  createChain,
  type Decision,
  type IncomingReview,
  type Phase,
  type Plugin,
  type PolicySource,
  type Snapshot,
} from "@sallyport/admission";
import { Client, type Connection, SubjectAccessReviews } from "@sallyport/cluster";
import type { SidecarSettings } from "@sallyport/mesh";
import { parseRequest } from "@sallyport/pki";
import {
  type CertificateFiles,
  ClusterView,
  type Configurations,
  certificateFiles,
  type OwnCertificatesOptions,
  ownCertificates,
  type SecretPlace,
  startWebhookServer,
  type TlsSource,
  type WebhookServer,
} from "@sallyport/webhook";
import { createAdmissionEffects } from "./effects/admission.ts";
import { UsageError } from "./errors.ts";
import {
  gatekeeperResources,
  WatchedGatekeeper,
  type WatchedGatekeeperOptions,
} from "./gatekeeper/watched-gatekeeper.ts";
import { LivePolicies } from "./live-policies.ts";

/** A certificate that the replicas make themselves. */
export interface OwnTls {
  readonly secret: SecretPlace;
  readonly names: readonly string[];
  readonly configurations: Configurations;
  /** For tests; see `RotationOptions`. */
  readonly lives?: Pick<OwnCertificatesOptions, "caDays" | "leafDays" | "overlapMs" | "everyMs">;
}

export interface WebhookOptions {
  readonly connection: Connection;
  readonly host: string;
  readonly port: number;
  readonly chain: ChainOptions;
  /** Plugins that run beside RegoPolicies; `default` stands for all that are on by default. */
  readonly plugins: readonly string[];
  /** From files; ConfigMaps bring more while it runs. */
  readonly policies: readonly PolicySource[];
  /** Resources that policies read below `data.kubernetes`, as `pods` or `ingresses.networking.k8s.io`. */
  readonly replicate: readonly string[];
  /** Gatekeeper's objects of the cluster are in force; the name of this process in their statuses. */
  readonly gatekeeper?: {
    readonly id: string;
    readonly namespace: string;
    /** Milliseconds; as `ExternalDataOptions` has it. */
    readonly ttl?: number;
    /** Namespaces that may be left alone by label, beside that of statuses; `*` in front or behind. */
    readonly exemptNamespaces?: readonly string[];
    /** As `WatchedGatekeeperOptions` has it. */
    readonly generation?: WatchedGatekeeperOptions["generation"];
  };
  /** Reviews of pods that come to `/inject` give them sidecars, made by these. */
  readonly sidecars?: SidecarSettings;
  readonly tls: CertificateFiles | OwnTls;
  readonly clientCa?: string;
  readonly drainMs?: number;
  /** One line for the operator. */
  readonly say: (text: string) => void;
}

export interface RunningWebhook {
  readonly server: WebhookServer;
  readonly close: () => Promise<void>;
}

/** What the plugins read of a cluster: as little as the RBAC of a webhook must grant. */
export const readsOf: { readonly [plugin: string]: readonly string[] } = {
  DefaultIngressClass: ["ingressclasses.networking.k8s.io"],
  DefaultStorageClass: ["storageclasses.storage.k8s.io"],
  LimitRanger: ["limitranges"],
  PersistentVolumeClaimResize: ["storageclasses.storage.k8s.io"],
  PodSecurity: ["pods"],
  PodSecurityPolicy: ["podsecuritypolicies.policy"],
  Priority: ["priorityclasses.scheduling.k8s.io"],
  RegoPolicies: ["configmaps"],
  RuntimeClass: ["runtimeclasses.node.k8s.io"],
  ServiceAccount: ["serviceaccounts", "secrets"],
};

/** What only an API server can do: its store, its own policies and webhooks. */
const notHere: ReadonlySet<string> = new Set([
  "MutatingAdmissionPolicy",
  "MutatingAdmissionWebhook",
  "ResourceQuota",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionWebhook",
  "NamespaceAutoProvision",
]);

/** The plugins of a webhook's chain, in order. Throws `UsageError`. */
export function webhookPlugins({
  chain,
  plugins: asked,
}: Pick<WebhookOptions, "chain" | "plugins">): readonly Plugin[] {
  const named = asked.filter((name) => name !== "default");
  const misplaced = named.find((name) => notHere.has(name));
  if (misplaced !== undefined)
    throw new UsageError(`--enable-admission-plugins: ${misplaced} works within an API server only`);
  const plugins = createChain({ ...chain, enable: named });
  if (typeof plugins === "string") throw new UsageError(plugins);
  const isWanted = (name: string) =>
    name === "RegoPolicies" || name === "Gatekeeper" || named.includes(name) || asked.includes("default");
  return plugins.filter(({ name }) => isWanted(name) && !notHere.has(name));
}

/** Everything wired: the cluster watched, policies in force, reviews answered over TLS. Rejects when the server cannot start. */
export async function openWebhook(options: WebhookOptions): Promise<RunningWebhook> {
  let shown: TlsSource | undefined;
  const gatekeeper =
    options.gatekeeper === undefined
      ? undefined
      : new WatchedGatekeeper({
          ...options.gatekeeper,
          // As Gatekeeper's, Providers are shown the webhook's own certificate.
          externalData: { isAsked: true, clientCertificate: () => shown?.current(), ...options.gatekeeper },
          view: () => view,
          onFault: (error) => said(error),
        });
  const others = gatekeeper === undefined ? [] : [gatekeeper.plugin];
  const plugins = webhookPlugins({ ...options, chain: { ...options.chain, others } });
  const client = new Client(options.connection);
  const said = (error: unknown) => options.say((error as Error).message);
  const policies = new LivePolicies({}, () => {}, options.policies);
  const fault = await policies.load();
  if (fault !== undefined) throw new UsageError(fault);
  const resources = new Set([
    "namespaces",
    ...plugins.flatMap(({ name }) => readsOf[name] ?? []),
    ...options.replicate,
    ...(gatekeeper === undefined ? [] : gatekeeperResources),
  ]);
  const view: ClusterView = new ClusterView({
    client,
    resources: [...resources],
    onChange: (change) => {
      policies.apply(change);
      gatekeeper?.apply(change);
    },
    onFault: said,
    random: Math.random,
  });
  let notReady: string | undefined = "not ready: the cluster's objects are still being read";
  const tls = await openTls(options, client, said);
  shown = tls;
  const decided = createDecider(plugins, view, policies, client);
  const decide: typeof decided = async (review, phase) => {
    const started = performance.now();
    const decision = await decided(review, phase);
    gatekeeper?.answered(phase, review, decision, (performance.now() - started) / 1000);
    return decision;
  };
  const injectors = options.sidecars === undefined ? [] : [await injectorOf(options.sidecars)];
  const inject = createDecider(injectors, view, policies, client);
  const server = await startWebhookServer({
    host: options.host,
    port: options.port,
    tls,
    ...(options.clientCa === undefined ? {} : { clientCa: options.clientCa }),
    ...(options.drainMs === undefined ? {} : { drainMs: options.drainMs }),
    decide,
    ...(injectors.length === 0 ? {} : { inject: (review: IncomingReview) => inject(review, "mutating") }),
    ...(gatekeeper === undefined ? {} : { moreMetrics: () => gatekeeper.renderMetrics() }),
    notReady: () => notReady,
    ticks: () => performance.now(),
    onFault: said,
  });
  void follow();
  return {
    server,
    close: async () => {
      await server.close();
      await gatekeeper?.stop();
      view.stop();
      client.close();
    },
  };

  /** Until the cluster is there. */
  async function follow(): Promise<void> {
    let isRead = false;
    for (let delay = 1000; notReady !== undefined; delay = Math.min(delay * 2, 30_000)) {
      try {
        if (!isRead) for (const name of await view.start()) options.say(`${name}: the API server does not serve it`);
        isRead = true;
        await gatekeeper?.start(client);
        notReady = undefined;
      } catch (error) {
        said(error);
        await new Promise((done) => setTimeout(done, delay));
      }
    }
  }
}

async function injectorOf(settings: SidecarSettings): Promise<Plugin> {
  const { injectorPlugin } = await import("./mesh/injector-plugin.ts");
  return injectorPlugin(settings);
}

function openTls({ tls }: WebhookOptions, client: Client, onFault: (error: Error) => void): Promise<TlsSource> {
  if (!("secret" in tls)) return Promise.resolve(certificateFiles(tls, onFault));
  const { lives, ...own } = tls;
  return ownCertificates({ ...own, ...lives, client, now: Date.now, onFault });
}

function createDecider(plugins: readonly Plugin[], view: ClusterView, policies: LivePolicies, client: Client) {
  const reviews = new SubjectAccessReviews(client, Date.now);
  const effects = { ...createAdmissionEffects(), subjectOf: parseRequest };
  return async ({ request }: IncomingReview, phase: Phase): Promise<Decision> => {
    const { set, data } = await policies.current();
    const snapshot: Snapshot = {
      generation: view.objects.generation,
      objects: view.objects,
      catalogue: view.catalogue,
      authorizer: { authorize: (attributes) => reviews.ask(reviewSpec(attributes)) },
      policies: set,
      policyData: data,
    };
    return admit(request, snapshot, effects, { plugins, phase });
  };
}

type Attributes = Parameters<Snapshot["authorizer"]["authorize"]>[0];

function reviewSpec({ user, verb, group, version, resource, subresource, namespace, name, path }: Attributes) {
  const { username, uid, groups, extra } = user;
  const asked = {
    user: username,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
  if (path !== undefined) return { ...asked, nonResourceAttributes: { path, verb } };
  const given = { verb, group, version: version ?? "*", resource, subresource, namespace, name };
  const known = Object.entries(given).filter(
    (each): each is [string, string] => each[1] !== undefined && each[1] !== "",
  );
  return { ...asked, resourceAttributes: Object.fromEntries(known) };
}
