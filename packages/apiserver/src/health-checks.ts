import { kubernetesService } from "./controllers/kubernetes-service.ts";
import { serviceCidr } from "./controllers/service-cidr.ts";
import { serviceIpAddresses } from "./controllers/service-ip-addresses.ts";
import type { Checks } from "./http/health.ts";
import type { Store } from "./storage/store.ts";

/**
 * What kube-apiserver does when it starts, by its names and in its order, as far as there is such a thing here: all of it is done
 * before the server listens. Some is the work of a controller that may be off.
 */
const started: readonly (readonly [hook: string, controller?: string])[] = [
  ["poststarthook/start-apiserver-admission-initializer"],
  ["poststarthook/generic-apiserver-start-informers"],
  ["poststarthook/priority-and-fairness-config-consumer"],
  ["poststarthook/priority-and-fairness-filter"],
  ["poststarthook/storage-object-count-tracker-hook"],
  ["poststarthook/start-apiextensions-informers"],
  ["poststarthook/start-apiextensions-controllers"],
  ["poststarthook/crd-informer-synced"],
  ["poststarthook/start-system-namespaces-controller"],
  ["poststarthook/start-kube-apiserver-identity-lease-controller"],
  ["poststarthook/start-kube-apiserver-identity-lease-garbage-collector"],
  ["poststarthook/storage-readiness"],
  ["poststarthook/start-service-ip-repair-controllers", serviceIpAddresses.name],
  ["poststarthook/rbac/bootstrap-roles"],
  ["poststarthook/scheduling/bootstrap-system-priority-classes"],
  ["poststarthook/priority-and-fairness-config-producer"],
  ["poststarthook/bootstrap-controller", kubernetesService.name],
  ["poststarthook/start-kubernetes-service-cidr-controller", serviceCidr.name],
  ["poststarthook/start-kube-aggregator-informers"],
  ["poststarthook/apiservice-status-local-available-controller"],
  ["poststarthook/apiservice-status-remote-available-controller"],
  ["poststarthook/apiservice-registration-controller"],
  ["poststarthook/kube-apiserver-autoregistration"],
  ["autoregister-completion"],
];

export interface HealthOptions {
  readonly store: Store;
  /** Those who seal what is stored, by name: a server without them lives, but is of no use. */
  readonly providers: Checks;
  /** The names of the controllers that run. */
  readonly controllers: ReadonlySet<string>;
}

/** What must be right for as long as the process lives. By kube-apiserver's names, for what we have of it. */
export function liveChecks({ store, controllers }: Omit<HealthOptions, "providers">): Checks {
  return new Map([...basic, ["etcd", storeFault(store)], ...hooks(controllers)]);
}

/** The same, and who seals what is stored. */
export function healthChecks({ store, providers, controllers }: HealthOptions): Checks {
  return new Map([...basic, ["etcd", storeFault(store)], ...providers, ...hooks(controllers)]);
}

/** What must be right for who sends requests. */
export function readyChecks({ store, providers, controllers }: HealthOptions, isStopping: boolean): Checks {
  const fault = storeFault(store);
  return new Map([
    ...basic,
    ["etcd", fault],
    ["etcd-readiness", fault],
    ...providers,
    ["informer-sync", undefined],
    ...hooks(controllers),
    ["shutdown", isStopping ? "process is shutting down" : undefined],
  ]);
}

const basic: readonly (readonly [string, undefined])[] = [
  ["ping", undefined],
  ["log", undefined],
];

/** Probes ask for etcd, whatever keeps the objects. */
function storeFault(store: Store): string | undefined {
  const { name, fault } = store.health();
  return fault === undefined ? undefined : `${name}: ${fault}`;
}

function hooks(controllers: ReadonlySet<string>): readonly (readonly [string, undefined])[] {
  return started
    .filter(([, controller]) => controller === undefined || controllers.has(controller))
    .map(([hook]) => [hook, undefined]);
}
