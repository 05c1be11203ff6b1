import { type Client, unlessGone } from "@sallyport/cluster";
import {
  type GatekeeperPolicies,
  isGatekeeperGroup,
  isTemplate,
  type Operation,
  podStatusOf,
  type StoredChange,
} from "@sallyport/constraints";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { definitionFor } from "./gatekeeper.ts";
import { type GenerationOptions, generatedPath, PolicyGeneration } from "./policy-generation.ts";
import { applyAsGatekeeper, ensureNamespace, tellPodStatus, writeStatus } from "./told-status.ts";

export interface GatekeeperControllerOptions {
  readonly policies: GatekeeperPolicies;
  /** Names this process in statuses. */
  readonly id: string;
  /** Where statuses by pod lie; made where it is not there. */
  readonly namespace: string;
  readonly operations: readonly Operation[];
  /** A template's constraints are served from here on: `needlabels.constraints.gatekeeper.sh`. */
  readonly onDefined?: (resource: string) => Promise<void>;
  /** ValidatingAdmissionPolicies are made of templates in CEL; none are when absent. */
  readonly generation?: GenerationOptions | undefined;
  /** It is tried again. */
  readonly onFault: (error: Error) => void;
}

const mutationsGroup = "mutations.gatekeeper.sh";
const firstDelayMs = 500;
const longestDelayMs = 30_000;

/** Serves the constraints of templates by CustomResourceDefinitions, and writes what is in force into `status`, as Gatekeeper's controllers do. */
export class GatekeeperController {
  readonly #options: GatekeeperControllerOptions;
  readonly #generation: PolicyGeneration | undefined;
  /** What is to be told, the newest of each place. */
  readonly #queue = new Map<string, StoredChange>();
  /** What was told last, so that one's own writing leads to no more of it. */
  readonly #told = new Map<string, { readonly text: string; readonly path: string }>();
  #running: Promise<void> | undefined;
  /** Undefined while there is no API server to ask. */
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delay = firstDelayMs;

  constructor(options: GatekeeperControllerOptions) {
    this.#options = options;
    this.#generation = options.generation && new PolicyGeneration(options.policies, options.generation);
  }

  /** From here on the API server answers. */
  start(client: Client): void {
    this.#client = client;
    this.#run();
  }

  /** When all that has come was told; at once where something failed, which is tried again. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#client = undefined;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** To be told of each change behind the policies. */
  changed(change: StoredChange): void {
    if (!isGatekeeperGroup(change.resource.group)) return;
    this.#enqueue(change);
    // What a Config excludes stands in the policies of templates, too.
    if (change.resource.group === "config.gatekeeper.sh" && this.#generation !== undefined)
      for (const each of this.#options.policies.own)
        if (isTemplate(each))
          this.#enqueue({
            resource: { group: "templates.gatekeeper.sh", resource: "constrainttemplates" },
            namespace: "",
            name: each.metadata.name ?? "",
            object: each,
          });
    // A template takes its constraints along.
    if (change.object !== undefined && isTemplate(change.object))
      for (const each of this.#options.policies.own)
        if (each.kind.toLowerCase() === change.name)
          this.#enqueue({
            resource: { group: "constraints.gatekeeper.sh", resource: change.name },
            namespace: "",
            name: each.metadata.name ?? "",
            object: each,
          });
    // Mutators that do not agree are told of on both sides.
    if (change.resource.group === mutationsGroup)
      for (const each of this.#options.policies.own)
        if (each.apiVersion.startsWith(`${mutationsGroup}/`))
          this.#enqueue({
            resource: { group: mutationsGroup, resource: each.kind.toLowerCase() },
            namespace: "",
            name: each.metadata.name ?? "",
            object: each,
          });
    if (this.#client !== undefined) this.#run();
  }

  #enqueue(change: StoredChange): void {
    this.#queue.set(keyOf(change), change);
  }

  #run(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
  }

  async #work(): Promise<void> {
    // Not within the event that led here: the store is still telling others of it.
    await new Promise((done) => setImmediate(done));
    for (let client = this.#client; client !== undefined; client = this.#client) {
      const [next] = this.#queue;
      if (next === undefined) return;
      const [key, change] = next;
      this.#queue.delete(key);
      try {
        await this.#tell(client, key, change);
        this.#delay = firstDelayMs;
      } catch (error) {
        if (this.#client === undefined) return;
        this.#options.onFault(error as Error);
        if (!this.#queue.has(key)) this.#queue.set(key, change);
        this.#timer = setTimeout(() => this.#run(), this.#delay);
        this.#delay = Math.min(this.#delay * 2, longestDelayMs);
        return;
      }
    }
  }

  async #tell(client: Client, key: string, change: StoredChange): Promise<void> {
    const { object } = change;
    const { policies, id, namespace, operations } = this.#options;
    if (object === undefined) return this.#forget(client, key);
    const { made, fault } = this.#made(object, policies.faultAt(change));
    const statusOf = (isGenerated: boolean) => podStatusOf(object, { id, namespace, operations, fault, isGenerated });
    let status = statusOf(made !== undefined);
    if (status === undefined) return;
    const told = JSON.stringify([status.object, made]);
    if (this.#told.get(key)?.text === told) return;
    if (isTemplate(object) && fault === undefined) await this.#define(client, object);
    if (made !== undefined && !(await generate(client, object, made))) status = statusOf(false) ?? status;
    if (made === undefined) await this.#ungenerate(client, object);
    await ensureNamespace(client, namespace);
    const { path, byPod } = await tellPodStatus(client, status);
    await writeStatus(client, pathOf(change, object), {
      ...(isTemplate(object) ? { created: fault === undefined } : {}),
      byPod,
    });
    this.#told.set(key, { text: told, path });
  }

  /** The policy of a template, or the binding of a constraint; a constraint that can have none says why. */
  #made(
    object: KubeObject,
    fault: string | undefined,
  ): { readonly made: KubeObject | undefined; readonly fault: string | undefined } {
    if (fault !== undefined) return { made: undefined, fault };
    try {
      return { made: this.#generation?.made(object), fault };
    } catch (error) {
      return { made: undefined, fault: (error as Error).message };
    }
  }

  /** What an earlier process, or an earlier text of the object, has led to. */
  async #ungenerate(client: Client, object: KubeObject): Promise<void> {
    const path = this.#generation?.pathOf(object);
    if (path === undefined) return;
    const found = (await unlessGone(client.ask(path))) as KubeObject | undefined;
    if (found?.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid) !== true) return;
    await unlessGone(client.ask(path, { method: "DELETE" }));
  }

  /** What is gone leaves no status behind. */
  async #forget(client: Client, key: string): Promise<void> {
    const told = this.#told.get(key);
    if (told === undefined) return;
    await unlessGone(client.ask(told.path, { method: "DELETE" }));
    this.#told.delete(key);
  }

  async #define(client: Client, template: KubeObject): Promise<void> {
    const definition = definitionFor(template);
    const { name = "" } = template.metadata;
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    await applyAsGatekeeper(client, path, ownedBy(template, definition));
    await this.#options.onDefined?.(`${name}.constraints.gatekeeper.sh`);
  }
}

/** With the object that it is made of as its controller: what goes takes it along. */
function ownedBy({ apiVersion, kind, metadata: { name = "", uid = "" } }: KubeObject, made: KubeObject): KubeObject {
  const owner = { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
  return { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } };
}

/** Answers whether the API server takes it: before 1.30 it does not serve such policies. */
async function generate(client: Client, object: KubeObject, made: KubeObject): Promise<boolean> {
  try {
    await applyAsGatekeeper(client, generatedPath(made.kind, made.metadata.name ?? ""), ownedBy(object, made));
    return true;
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 404) throw error;
    return false;
  }
}

function pathOf({ resource, namespace, name }: StoredChange, { apiVersion }: KubeObject): string {
  return `/apis/${apiVersion}/${namespace === "" ? "" : `namespaces/${namespace}/`}${resource.resource}/${name}`;
}

function keyOf({ resource: { group, resource }, namespace, name }: StoredChange): string {
  return `${group}/${resource}/${namespace}/${name}`;
}
