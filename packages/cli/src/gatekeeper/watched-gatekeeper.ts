import type { Decision, IncomingReview, Phase, Plugin } from "@sallyport/admission";
import type { Client, FollowedChange } from "@sallyport/cluster";
import { GatekeeperMetrics, type GatekeeperPolicies } from "@sallyport/constraints";
import type { GroupVersionKind } from "@sallyport/kube";
import type { ClusterView } from "@sallyport/webhook";
import { GatekeeperController } from "./controller.ts";
import type { ExternalDataSettings } from "./external-data.ts";
import { createGatekeeper, storedIn } from "./gatekeeper.ts";
import type { GenerationOptions } from "./policy-generation.ts";

export interface WatchedGatekeeperOptions {
  /** Names this process in statuses. */
  readonly id: string;
  /** Where statuses by pod lie. */
  readonly namespace: string;
  /** What is watched of the cluster; asked for when something has come of it, or later. */
  readonly view: () => ClusterView;
  readonly onFault: (error: Error) => void;
  /** Beside the namespace of statuses; as `GatekeeperPluginOptions` has them. */
  readonly exemptNamespaces?: readonly string[] | undefined;
  /** ValidatingAdmissionPolicies are made of templates in CEL; none are when absent. */
  readonly generation?: Pick<GenerationOptions, "templates" | "bindings"> | undefined;
  /** How Providers are asked; they are not when absent. */
  readonly externalData?: ExternalDataSettings | undefined;
}

/** What is watched from the beginning; constraints follow their templates. */
export const gatekeeperResources: readonly string[] = [
  "constrainttemplates.templates.gatekeeper.sh",
  "assign.mutations.gatekeeper.sh",
  "assignimage.mutations.gatekeeper.sh",
  "assignmetadata.mutations.gatekeeper.sh",
  "modifyset.mutations.gatekeeper.sh",
  "providers.externaldata.gatekeeper.sh",
  "expansiontemplate.expansion.gatekeeper.sh",
  "configs.config.gatekeeper.sh",
  "syncsets.syncset.gatekeeper.sh",
];

/** Gatekeeper's objects of a cluster that somebody else serves: constraints and what is replicated are watched as soon as something names them. */
export class WatchedGatekeeper {
  readonly plugin: Plugin;
  readonly #options: WatchedGatekeeperOptions;
  readonly #policies: GatekeeperPolicies;
  readonly #controller: GatekeeperController;
  readonly #metrics = new GatekeeperMetrics();
  #isStarted = false;

  constructor(options: WatchedGatekeeperOptions) {
    this.#options = options;
    const stored = (kind: GroupVersionKind) => storedIn(options.view().objects, options.view().catalogue, kind);
    const { policies, plugin } = createGatekeeper(stored, {
      isWebhook: true,
      exemptNamespaces: [options.namespace, ...(options.exemptNamespaces ?? [])],
      externalData: options.externalData,
    });
    this.#policies = policies;
    this.plugin = plugin;
    this.#controller = new GatekeeperController({
      policies,
      id: options.id,
      namespace: options.namespace,
      operations: ["generate", "mutation-webhook", "status", "webhook"],
      generation:
        options.generation === undefined
          ? undefined
          : { ...options.generation, exemptNamespaces: [options.namespace, ...(options.exemptNamespaces ?? [])] },
      onDefined: (resource) => this.#follow(resource),
      onFault: options.onFault,
    });
  }

  apply(change: FollowedChange): void {
    this.#policies.apply(change);
    this.#controller.changed(change);
    const { group } = change.resource;
    const isConfiguration = group === "config.gatekeeper.sh" || group === "syncset.gatekeeper.sh";
    if (this.#isStarted && isConfiguration) void this.#followReplicated().catch(this.#options.onFault);
  }

  /** Resolves when all constraints and all that policies read are known; from here on a review may be answered. Rejects where they cannot be. */
  async start(client: Client): Promise<void> {
    this.#isStarted = true;
    await this.#followReplicated();
    const templates = this.#options.view().objects.list("templates.gatekeeper.sh", "constrainttemplates");
    this.#controller.start(client);
    await this.#controller.idle();
    for (const { metadata } of templates)
      if (this.#policies.framework.has(metadata.name ?? ""))
        await this.#follow(`${metadata.name}.constraints.gatekeeper.sh`);
  }

  /** As Prometheus reads them, by Gatekeeper's names. */
  renderMetrics(): string {
    return this.#metrics.render(this.#policies.stored()) + this.#policies.renderMetrics();
  }

  /** A review that was answered. */
  answered(phase: Phase, { request }: IncomingReview, decision: Decision, seconds: number): void {
    const status = phase === "mutating" ? mutationStatus(decision) : validationStatus(decision);
    this.#metrics.answered(phase === "mutating" ? "mutation" : "validation", status, request.dryRun === true, seconds);
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  async #followReplicated(): Promise<void> {
    const { catalogue } = this.#options.view();
    for (const { group, version, kind } of this.#policies.configuration.replicated) {
      const resource = catalogue.findKind(group, version, kind)?.resource ?? kind.toLowerCase();
      await this.#follow(group === "" ? resource : `${resource}.${group}`);
    }
  }

  async #follow(resource: string): Promise<void> {
    if (await this.#options.view().follow(resource)) return;
    throw new Error(`${resource}: the API server does not serve it`);
  }
}

function isError({ status }: Decision): boolean {
  return status?.code === 500;
}

function mutationStatus(decision: Decision): string {
  if (isError(decision)) return "error";
  return decision.steps.some(({ outcome }) => outcome === "mutated") ? "success" : "skip";
}

function validationStatus(decision: Decision): string {
  if (isError(decision)) return "error";
  return decision.allowed ? "allow" : "deny";
}
