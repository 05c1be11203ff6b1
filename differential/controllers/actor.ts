import { ApiClient } from "../apiserver/api-client.ts";
import { type Peer, token } from "../apiserver/peers.ts";
import { type Act, collectionOf, compared, type Json, objectOf } from "./scenario.ts";
import { statusOf } from "./states.ts";

/** Nothing may happen for so long until all counts as done, and not for ever. */
const quietMs = 1_500;
const patienceMs = 45_000;
const pauseMs = 300;

/** Plays one scenario at one server, in a namespace of its own. */
export class Actor {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #texts: readonly (readonly [string, string])[];
  #addresses = 0;

  /** `texts` stand for what is in parentheses in acts. */
  constructor({ url }: Peer, namespace: string, texts: { readonly [text: string]: string }) {
    this.#client = new ApiClient(url, token);
    this.#namespace = namespace;
    this.#texts = Object.entries({ ...texts, "(ns)": namespace });
  }

  /** Makes the namespace, with what every namespace gets. */
  async begin(): Promise<void> {
    await this.#ask("POST", "/api/v1/namespaces", { metadata: { name: this.#namespace } });
    await this.#ask("POST", "/api/v1/nodes", { metadata: { name: `${this.#namespace}-node` } });
    await this.settled(quietMs);
  }

  /** Does one thing, and waits until the controllers are done. Answers what the server refused. */
  async play(act: Act): Promise<string | undefined> {
    const filled = this.#filled(act);
    const refusal = await this.#act(filled);
    await this.settled(act.quiet === undefined ? quietMs : act.quiet * 1000);
    return refusal;
  }

  /** All objects of the scenario, by resource. */
  async objects(): Promise<readonly Json[]> {
    const lists = [
      ...compared.namespaced.map((resource) => this.#list(resource)),
      ...compared.cluster.map(async (resource) =>
        (await this.#list(resource)).filter((each: Json) => this.#isOwn(each)),
      ),
    ];
    return (await Promise.all(lists)).flat();
  }

  close(): void {
    this.#client.close();
  }

  /** Resolves when nothing has changed for so long, or patience is over. */
  async settled(quiet: number): Promise<void> {
    const end = performance.now() + patienceMs + quiet;
    let [last, since] = ["", performance.now()];
    while (performance.now() < end) {
      const now = (await this.objects()).map(({ metadata }) => `${metadata.uid}:${metadata.resourceVersion}`).join();
      if (now !== last) [last, since] = [now, performance.now()];
      else if (performance.now() - since > quiet) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #filled<T>(value: T): T {
    const text = this.#texts.reduce((sum, [name, stands]) => sum.replaceAll(name, stands), JSON.stringify(value));
    return JSON.parse(text) as T;
  }

  #isOwn({ metadata: { name } }: Json): boolean {
    return name === this.#namespace || name.startsWith(`${this.#namespace}-`);
  }

  async #act(act: Act): Promise<string | undefined> {
    if ("create" in act) {
      const [resource = "", name = ""] = act.create.split("/");
      const object = this.#filled(objectOf(resource, name, act.with));
      return this.#ask("POST", collectionOf(resource, this.#namespace), object);
    }
    if ("patch" in act) return this.#ask("PATCH", this.#item(act.patch), act.with);
    if ("delete" in act)
      return this.#ask("DELETE", this.#item(act.delete), {
        ...(act.propagation && { propagationPolicy: act.propagation }),
        ...(act.grace !== undefined && { gracePeriodSeconds: act.grace }),
      });
    if (await this.#reap()) await this.settled(quietMs);
    return "reap" in act ? undefined : this.#report(act);
  }

  /** Pods that end are gone, as kubelets would have it. True when there were some. */
  async #reap(): Promise<boolean> {
    const ending = (await this.#list("pods")).filter((each: Json) => each.metadata.deletionTimestamp !== undefined);
    for (const { metadata } of ending)
      await this.#ask("DELETE", this.#item(`pods/${metadata.name}`), { gracePeriodSeconds: 0 });
    return ending.length > 0;
  }

  async #report({
    pods: state,
    of,
    first,
    exit,
  }: Extract<Act, { readonly pods: string }>): Promise<string | undefined> {
    const isReady = (pod: Json) =>
      pod.status.conditions?.some((each: Json) => each.type === "Ready" && each.status === "True");
    const wanted = (await this.#list("pods"))
      .filter((each: Json) => isOf(each, of) && !isOver(each) && !(state === "ready" && isReady(each)))
      // Names are drawn: at both servers the same come first, of old templates, and older ones.
      .toSorted((a: Json, b: Json) => (rankOf(a) < rankOf(b) ? -1 : rankOf(a) > rankOf(b) ? 1 : 0))
      .slice(0, first);
    for (const pod of wanted) {
      const { name } = pod.metadata;
      if (pod.spec.nodeName === undefined) await this.#bind(pod);
      const address = pod.status.podIP ?? `10.7.0.${++this.#addresses}`;
      const status = statusOf(pod, state, address, exit ?? (state === "failed" ? 1 : 0));
      await this.#ask("PATCH", this.#item(`pods/${name}/status`), { status });
    }
    return wanted.length === 0 ? "no pods" : undefined;
  }

  /** To the node that a DaemonSet has chosen, or to the scenario's own. */
  async #bind({ metadata: { name }, spec }: Json): Promise<void> {
    const { nodeAffinity } = spec.affinity ?? {};
    const [term] = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    const target = { kind: "Node", name: term?.matchFields?.[0]?.values?.[0] ?? `${this.#namespace}-node` };
    await this.#ask("POST", this.#item(`pods/${name}/binding`), { metadata: { name }, target });
  }

  #item(reference: string): string {
    const [resource = "", ...rest] = reference.split("/");
    return [collectionOf(resource, this.#namespace), ...rest].join("/");
  }

  async #list(resource: string): Promise<Json> {
    const { body } = (await this.#client.ask({ method: "GET", path: collectionOf(resource, this.#namespace) })) as {
      body: Json;
    };
    return (body.items ?? []).map((each: Json) => ({ ...each, kind: resource }));
  }

  async #ask(method: string, path: string, body: Json): Promise<string | undefined> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = (await this.#client.ask({ method, path, type, body })) as { code: number; body: Json };
    return answer.code < 300 ? undefined : `${answer.code} ${answer.body?.message}`;
  }
}

function isOf({ metadata }: Json, labels: string | undefined): boolean {
  return (labels ?? "")
    .split(",")
    .filter(Boolean)
    .every((each) => {
      const [name = "", value] = each.split("=");
      return metadata.labels?.[name] === value;
    });
}

function isOver({ status, metadata }: Json): boolean {
  return metadata.deletionTimestamp !== undefined || status.phase === "Succeeded" || status.phase === "Failed";
}

function rankOf({ spec, metadata }: Json): string {
  return `${spec.containers[0].image} ${metadata.creationTimestamp}`;
}
