import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:https";
import { hostname } from "node:os";
import type { AdmissionEffects, Plugin } from "@sallyport/admission";
import {
  type Catalogue,
  type LeaseTimes,
  leaseTimes,
  type RuntimeConfig,
  servedCatalogue,
  timestampOf,
} from "@sallyport/kube";
import { type Encryption, EncryptionMetrics } from "@sallyport/secrets/encryption";
import { asksForStreams, serveUpgrades } from "@sallyport/streaming";
import { createRegistry, definitionsOf, type Policies } from "./admitting-registry.ts";
import { annotate } from "./annotate.ts";
import type { AuditOptions } from "./audit/auditor.ts";
import { Authentication, type AuthenticationOptions } from "./authentication/authentication.ts";
import type { ServiceAccountOptions } from "./authentication/service-account-issuer.ts";
import { loadServiceAccountKeys, type ServiceAccountKeys } from "./authentication/service-account-keys.ts";
import { writeBootstrapObjects } from "./authorization/bootstrap.ts";
import { type ConfiguredMode, createAuthorizer } from "./authorization/modes.ts";
import type { WebhookAuthorizerOptions } from "./authorization/webhook.ts";
import { essential, ownControllers } from "./controllers/all.ts";
import type { ControllerWorld } from "./controllers/controller.ts";
import { realClock, runControllers, runElected } from "./controllers/run.ts";
import { selectControllers } from "./controllers/select.ts";
import { CustomCatalogue } from "./custom/catalogue.ts";
import { DefinitionController } from "./custom/definitions-controller.ts";
import { PluginDefinitions } from "./custom/plugin-definitions.ts";
import { writeFirstNamespaces } from "./first-namespaces.ts";
import { FlowControl } from "./flowcontrol/flow-control.ts";
import { healthChecks, liveChecks, readyChecks } from "./health-checks.ts";
import { loadCertificates } from "./http/certificates.ts";
import { createHandler } from "./http/handler.ts";
import type { Checks } from "./http/health.ts";
import { protocols, serveHttp2 } from "./http/http2.ts";
import { kubeconfigText } from "./http/kubeconfig.ts";
import { closeServer, listen, urlOf } from "./http/listen.ts";
import { defaultAddressTypes, type KubeletOptions } from "./kubelet/kubelets.ts";
import { HealthMetrics } from "./metrics/health-metrics.ts";
import type { ProcessStats } from "./metrics/process-metrics.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { Cache } from "./registry/cache.ts";
import type { CacheEvent } from "./registry/history.ts";
import type { Registry, RegistryOptions } from "./registry/registry.ts";
import { addressRange, addressText, defaultServiceRanges, rangesIn } from "./registry/service-ranges.ts";
import { serverIdentityHash } from "./server-identity.ts";
import type { Store } from "./storage/store.ts";
import { versionInfo } from "./version-info.ts";

export interface ApiServerOptions
  extends Pick<RegistryOptions, "storageMediaType" | "eventTtlSeconds" | "serviceRanges"> {
  readonly store: Store;
  /** What seals the store's values, where something does. */
  readonly encryption?: Pick<Encryption, "checks">;
  /** Where CA, server and administrator certificates lie; made when missing. */
  readonly certificateFolder: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The admission chain, in order. */
  readonly plugins: readonly Plugin[];
  readonly effects: AdmissionEffects;
  /** The policies in force, and `data` as they see it; asked at each request. */
  readonly policies: () => Policies | Promise<Policies>;
  /** Which built-in APIs are on and off; those in general availability when absent. */
  readonly runtimeConfig?: RuntimeConfig;
  readonly authentication?: CredentialOptions;
  /** `RBAC` when absent. */
  readonly authorizationModes?: readonly ConfiguredMode[];
  /** For the mode Webhook. */
  readonly authorizationWebhook?: WebhookAuthorizerOptions;
  /** How kubelets are reached: a certificate of the folder is shown to them, and theirs are not looked at, when absent. */
  readonly kubelets?: Partial<KubeletOptions>;
  /** Which controllers run, as kube-controller-manager's `--controllers`; those of namespaces when absent. */
  readonly controllers?: readonly string[];
  /** Whether controllers run only while this server leads all on its store, and how it does; where others may write to it when absent. */
  readonly leaderElection?: LeaseTimes | false;
  /** This machine's own Node, for the controller `host-path-provisioner`. */
  readonly nodeName?: string;
  /** Where the controller `host-path-provisioner` makes volumes. */
  readonly volumeFolder?: string;
  readonly version: string;
  /** Nobody is told of requests when absent. */
  readonly audit?: AuditOptions;
  /** What `/metrics` tells of the process; left out when absent. */
  readonly processStats?: () => ProcessStats;
  /** Where the sealing of the store's values is counted; nothing is sealed when absent. */
  readonly encryptionMetrics?: EncryptionMetrics;
  /** What `/metrics` tells beside the server's own, in Prometheus' format. */
  readonly moreMetrics?: () => string;
  /** How long the server serves on, no longer ready, when it is to stop; kube-apiserver's `--shutdown-delay-duration`. */
  readonly shutdownDelayMs?: number;
  readonly onFault: (error: unknown) => void;
}

/** Which credentials are taken beside certificates of our own CA and tokens of service accounts. */
export interface CredentialOptions
  extends Partial<
    Pick<
      AuthenticationOptions,
      "tokens" | "anonymous" | "anonymousPaths" | "jwt" | "bootstrapTokens" | "requestHeaders" | "oidc" | "webhook"
    >
  > {
  /** Certificates of an authority, in PEM, whose clients are known by their common names. */
  readonly clientCa?: string;
  /** Ours at `https://kubernetes.default.svc` when absent; the first one signs. */
  readonly issuers?: readonly [string, ...string[]];
  /** The issuer when absent. */
  readonly apiAudiences?: readonly string[];
  /** One of the certificate folder when absent. */
  readonly serviceAccountKeys?: ServiceAccountKeys;
  /** Under the server's own URL when absent. */
  readonly jwksUri?: string;
}

export interface ApiServer {
  readonly url: string;
  readonly cache: Cache;
  readonly registry: Registry;
  /** A kubeconfig of the administrator, as YAML-compatible JSON. */
  readonly kubeconfig: () => string;
  /** Sets annotations of an object past admission, as a controller. False when it is gone. */
  readonly annotate: (
    group: string,
    resource: string,
    namespace: string,
    name: string,
    annotations: { readonly [key: string]: string },
  ) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Connections without a request are kept this long, as kube-apiserver keeps them. Node's 5 s would make each client connect anew. */
const idleMs = 90_000;

/** Connections on which nothing was said for so long are probed, as Go probes them. */
const probeAfterMs = 15_000;

/** Starts an API server over a store. Resolves when it answers; `onStart` is called between loading and listening, to subscribe to changes. */
export async function startApiServer(
  options: ApiServerOptions,
  onStart: (
    cache: Cache,
    follow: (listener: (event: CacheEvent) => void) => void,
    catalogue: Catalogue,
  ) => void = () => {},
): Promise<ApiServer> {
  const kinds = options.controllers === undefined ? essential : selectControllers(options.controllers);
  if (typeof kinds === "string") throw new RangeError(kinds);
  const ranges = options.serviceRanges ?? defaultServiceRanges;
  const range = addressRange(ranges.cidr);
  const own = range === undefined ? [] : [addressText(range.first)];
  const certificates = await loadCertificates(options.certificateFolder, options.host, own);
  const cache = await Cache.over(options.store);
  const catalogue = new CustomCatalogue(cache, definitionsOf(options.plugins), servedCatalogue(options.runtimeConfig));
  const modes = options.authorizationModes ?? ["RBAC"];
  const version = versionInfo(options.version);
  const metrics = new ServerMetrics(catalogue, version);
  const { access } = metrics;
  const healthMetrics = new HealthMetrics();
  for (const { count, ...resource } of countObjects(cache)) if (count > 0) metrics.watchCache.loaded(resource, count);
  const { encryptionMetrics = new EncryptionMetrics(serverIdentityHash(hostname())) } = options;
  const authorizer = createAuthorizer(modes, cache.reader, options.authorizationWebhook, access);
  cache.follow(({ resource }) => metrics.watchCache.received(resource));
  const registry = createRegistry(
    {
      ...options,
      effects: { ...options.effects, observer: metrics.admissions },
      catalogue,
      onAllocated: (...allocated) => metrics.services.allocated(...allocated),
      onStored: (...stored) => metrics.stored(...stored),
      onRules: metrics.customs,
      onConverted: (call) => metrics.customs.converted(call),
      onDecision: (decision, operation) => metrics.admission(decision, operation),
    },
    cache,
    authorizer,
  );
  let isStopping = false;
  let url = "";
  const credentials = options.authentication ?? {};
  const { clientCa, requestHeaders } = credentials;
  const serviceAccounts = serviceAccountOptions(options, () => url);
  const clientCas = [certificates.ca.certificate, ...(clientCa === undefined ? [] : [clientCa])];
  // Where everything is allowed, nobody may stay unknown: kube-apiserver's rule.
  const anonymous = credentials.anonymous !== false && !modes.includes("AlwaysAllow");
  const authentication = new Authentication(
    {
      tokens: [],
      bootstrapTokens: false,
      ...credentials,
      anonymous,
      clientCas,
      serviceAccounts,
      onCertificate: access.certified.bind(access),
      onToken: access.tokenUsed.bind(access),
    },
    cache.reader,
    options.effects.now,
  );
  const timestamp = () => timestampOf(options.effects.now());
  await writeFirstNamespaces(cache, registry, timestamp());
  await writeBootstrapObjects(cache, registry, catalogue, timestamp);
  const pluginDefinitions = new PluginDefinitions(cache, registry, definitionsOf(options.plugins), timestamp);
  await pluginDefinitions.start();
  const definitions = new DefinitionController(cache, registry, timestamp);
  definitions.start();
  const world: ControllerWorld = {
    cache,
    registry,
    catalogue,
    clock: realClock(options.effects.now),
    randomBytes: (size) => randomBytes(size),
    ca: certificates.ca,
    serviceAccountKeys: serviceAccounts.keys,
    serviceRanges: ranges,
    authorizer,
    hostname: hostname(),
    ...(options.port === 0 ? {} : { port: options.port }),
    ...(options.nodeName === undefined ? {} : { nodeName: options.nodeName }),
    ...(options.volumeFolder === undefined ? {} : { volumeFolder: options.volumeFolder }),
    observeQueue: (name) => metrics.queues.observerOf(name),
    onFault: options.onFault,
  };
  const stopOwn = await runControllers(ownControllers, world);
  const { leaderElection = options.store.isShared && leaseTimes } = options;
  const stopControllers =
    leaderElection === false
      ? await runControllers(kinds, world)
      : await runElected(kinds, world, `${hostname()}_${randomUUID()}`, leaderElection);
  onStart(cache, (listener) => cache.follow(listener), catalogue);
  const controllers: ReadonlySet<string> = new Set(kinds.map(({ name }) => name));
  const alive = { store: options.store, controllers };
  const health = () => ({ ...alive, providers: providerChecks(options) });
  const flowControl = new FlowControl(cache.reader, undefined, metrics.flows);
  const handler = createHandler({
    catalogue,
    cache,
    registry,
    authentication,
    serviceAccounts,
    authorizer,
    flowControl,
    now: options.effects.now,
    kubelets: { client: certificates.kubeletClient, addressTypes: defaultAddressTypes, ...options.kubelets },
    version,
    liveChecks: () => liveChecks(alive),
    healthChecks: () => healthChecks(health()),
    readyChecks: () => readyChecks(health(), isStopping),
    metrics: {
      began: (...asked) => metrics.began(...asked),
      watchEvent: (...sent) => metrics.watchEvent(...sent),
      bodyRead: (...read) => metrics.bodyRead(...read),
      listed: (...list) => metrics.watchCache.listed(...list),
      waited: (...read) => metrics.watchCache.waited(...read),
      access,
      filters: metrics.filters,
      health: healthMetrics,
      healthText: () => healthMetrics.text(options.processStats?.().startTimeSeconds),
      text: async () => {
        metrics.storageSize(await options.store.size?.());
        metrics.services.holds(cache.list("", "services"), rangesIn(ranges, cache.reader), ranges);
        metrics.apiServices(cache.list("apiregistration.k8s.io", "apiservices"));
        metrics.watchCache.holds(cache.resources, cache.revision);
        const own = metrics.render(countObjects(cache), options.processStats?.());
        return [own, encryptionMetrics.render(), options.moreMetrics?.() ?? ""].join("");
      },
    },
    ...(options.audit === undefined ? {} : { audit: counted(options.audit, metrics) }),
    onFault: options.onFault,
  });
  const server = createServer(
    {
      cert: certificates.server.certificate,
      key: certificates.server.key,
      ca: [...clientCas, ...(requestHeaders === undefined ? [] : [requestHeaders.clientCa])],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      // A watcher whose machine has vanished says nothing, and nothing may be sent to it for hours.
      keepAlive: true,
      keepAliveInitialDelay: probeAfterMs,
      shouldUpgradeCallback: asksForStreams,
      ALPNProtocols: [...protocols],
    },
    (request, response) => void handler(request, response),
  );
  server.on("tlsClientError", () => metrics.handshakeFailed());
  const endUpgrades = serveUpgrades(server, handler);
  const endHttp2 = serveHttp2(server, (request, response) => void handler(request, response), idleMs);
  server.keepAliveTimeout = idleMs;
  await listen(server, options);
  url = urlOf(server, options.host);
  return {
    url,
    cache,
    registry,
    kubeconfig: () => kubeconfigText(url, certificates),
    annotate: (group, resource, namespace, name, annotations) =>
      annotate(cache, registry, group, resource, namespace, name, annotations),
    close: async () => {
      isStopping = true;
      if (options.shutdownDelayMs) await new Promise((done) => setTimeout(done, options.shutdownDelayMs));
      endUpgrades();
      endHttp2();
      await closeServer(server);
      flowControl.close();
      await pluginDefinitions.stop();
      await definitions.stop();
      await stopControllers();
      await stopOwn();
      await options.store.close();
    },
  };
}

function counted({ policy, sink }: AuditOptions, metrics: ServerMetrics): AuditOptions {
  return {
    policy,
    sink: (event) => {
      metrics.audited();
      sink(event);
    },
    onLevel: (level) => metrics.filters.audited(level),
  };
}

/** Those who seal what is stored. A server without them lives, but is of no use. */
function providerChecks({ encryption }: ApiServerOptions): Checks {
  const checks = encryption?.checks ?? [];
  return new Map(
    checks.map(
      ({ name, check }) =>
        [
          name,
          check().then(
            () => undefined,
            (error: Error) => error.message,
          ),
        ] as const,
    ),
  );
}

function* countObjects(cache: Cache): Generator<{ group: string; resource: string; count: number }> {
  for (const { group, resource } of cache.resources)
    yield { group, resource, count: cache.readable(group, resource).length };
}

const defaultIssuer = "https://kubernetes.default.svc";

function serviceAccountOptions(
  { authentication = {}, certificateFolder }: ApiServerOptions,
  url: () => string,
): ServiceAccountOptions {
  const { issuers = [defaultIssuer], apiAudiences = [issuers[0]], serviceAccountKeys, jwksUri } = authentication;
  const keys = serviceAccountKeys ?? loadServiceAccountKeys(certificateFolder);
  return { issuers, apiAudiences, keys, jwksUri: () => jwksUri ?? `${url()}/openid/v1/jwks` };
}
