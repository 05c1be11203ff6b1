import {
  authorizeByRbac,
  type KubeObject,
  matchesSelector,
  type PolicyRule,
  type RbacReader,
  type RoleRef,
} from "@sallyport/kube";
import type { Identity, Question, WorldObject } from "./world.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects are looked into
type Fields = any;

const rbac = "rbac.authorization.k8s.io";
const certs = "certificates.k8s.io";
const hooks = "admissionregistration.k8s.io";
const all = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };

/** Of what has a template of pods: those that random rules come to. */
const workloads = [
  ["deployments", "apps"],
  ["replicationcontrollers", ""],
] as const;

interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

/** What may be thought of: everything is tried with all of these. */
interface Universe {
  readonly namespaces: readonly string[];
  readonly names: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly accounts: readonly (readonly [string, string])[];
  readonly nodes: readonly string[];
}

/**
 * Whether somebody comes to a secret, found out otherwise than by `Searcher`: an attacker who does all that the API server lets them do, on the
 * objects themselves, until nothing new comes of it. Whether it lets them is asked of RBAC's authorizer, act by act.
 */
export class Attacker {
  readonly #objects: WorldObject[];
  readonly #universe: Universe;
  readonly #question: Question;
  readonly #users = new Map<string, User>();
  readonly #pods = new Set<WorldObject>();
  readonly #homes = new Set<string>();
  #hasRequest = false;
  #hasValue = false;

  constructor(objects: readonly WorldObject[], question: Question) {
    this.#objects = [...objects];
    this.#question = question;
    this.#universe = universeOf(objects, question);
  }

  /** Does everything, as somebody. */
  reaches(start: Identity): boolean {
    this.#become(userOf(start));
    for (let before = ""; before !== this.#progress() && !this.#hasValue; ) {
      before = this.#progress();
      for (const user of [...this.#users.values()]) this.#actAs(user);
      for (const namespace of this.#homes) this.#runPodIn(namespace);
      for (const pod of this.#pods) this.#lookInto(pod);
    }
    return this.#hasValue;
  }

  /** RBAC's own answer, with the bindings that were made meanwhile. */
  may(user: User, verb: string, resource: string, namespace: string, name: string, group = ""): boolean {
    const [plain = "", subresource] = resource.split("/");
    const request = { user, verb, group, resource: plain, namespace, name };
    const asked = subresource === undefined ? request : { ...request, subresource };
    return authorizeByRbac(this.#reader(), asked).allowed;
  }

  #progress(): string {
    const { size } = this.#users;
    return JSON.stringify([size, this.#pods.size, this.#homes.size, this.#objects, this.#hasRequest]);
  }

  #become(user: User): void {
    this.#users.set(JSON.stringify(user), user);
  }

  #actAs(user: User): void {
    const { namespaces, names, accounts } = this.#universe;
    if (this.#readsSecret(user)) this.#hasValue = true;
    for (const namespace of namespaces) {
      if (this.may(user, "create", "pods", namespace, "")) this.#homes.add(namespace);
      for (const [resource, group] of workloads)
        if (
          this.may(user, "create", resource, namespace, "", group) ||
          names.some((name) =>
            ["update", "patch"].some((verb) => this.may(user, verb, resource, namespace, name, group)),
          )
        )
          this.#homes.add(namespace);
    }
    for (const [namespace, name] of accounts) {
      if (this.may(user, "create", "serviceaccounts/token", namespace, name))
        this.#become(accountUser(namespace, name));
      if (this.may(user, "impersonate", "serviceaccounts", namespace, name)) this.#become(accountUser(namespace, name));
    }
    this.#takePods(user);
    this.#readTokens(user);
    this.#impersonate(user);
    this.#certify(user);
    this.#hook(user);
    this.#writeRoles(user);
    this.#writeBindings(user);
    if (user.groups.includes("system:nodes")) this.#actAsNode(user.username.replace("system:node:", ""));
  }

  #readsSecret(user: User): boolean {
    const { namespace, name } = this.#question;
    const names = name === undefined ? this.#universe.names : [name];
    return names.some((each) => this.#reads(user, namespace, each));
  }

  #reads(user: User, namespace: string, name: string): boolean {
    const named = ["get", "list", "watch", "patch"].some((verb) => this.may(user, verb, "secrets", namespace, name));
    return named || this.may(user, "deletecollection", "secrets", namespace, "");
  }

  #takePods(user: User): void {
    for (const pod of this.#allPods()) {
      const { namespace = "", name = "" } = pod.metadata;
      // Of a workload's pods the names are not known, so it must be allowed for any.
      const known = pod.kind === "Pod" ? name : "\0";
      const may = (verb: string, resource: string) => this.may(user, verb, resource, namespace, known);
      const isTaken =
        ["create", "get"].some((verb) => ["exec", "attach", "portforward"].some((each) => may(verb, `pods/${each}`))) ||
        ["patch", "update"].some((verb) => may(verb, "pods") || may(verb, "pods/ephemeralcontainers"));
      const node = specOf(pod)["nodeName"] ?? "\0";
      if (isTaken || ["get", "create"].some((verb) => this.may(user, verb, "nodes/proxy", "", node)))
        this.#pods.add(pod);
    }
  }

  #readTokens(user: User): void {
    for (const { kind, metadata, ...secret } of this.#objects) {
      if (kind !== "Secret" || secret["type"] !== "kubernetes.io/service-account-token") continue;
      const { name = "", namespace = "", annotations } = metadata;
      if (this.#reads(user, namespace, name))
        this.#become(accountUser(namespace, annotations?.["kubernetes.io/service-account.name"] ?? ""));
    }
    for (const [namespace, name] of this.#universe.accounts)
      if (this.may(user, "create", "secrets", namespace, ""))
        if (this.#universe.names.some((each) => this.#reads(user, namespace, each)))
          this.#become(accountUser(namespace, name));
  }

  #impersonate(user: User): void {
    const { users, groups, accounts } = this.#universe;
    const usable = users.filter((name) => this.may(user, "impersonate", "users", "", name));
    for (const name of usable) this.#become(userOf({ kind: "User", name }));
    const isSomebody =
      [...usable, ...this.#universe.names].some((name) => this.may(user, "impersonate", "users", "", name)) ||
      [
        ...accounts,
        ...this.#universe.namespaces.flatMap((each) => this.#universe.names.map((name) => [each, name] as const)),
      ].some(([namespace, name]) => this.may(user, "impersonate", "serviceaccounts", namespace, name));
    for (const name of groups)
      if (isSomebody && this.may(user, "impersonate", "groups", "", name))
        this.#become(userOf({ kind: "Group", name }));
  }

  #certify(user: User): void {
    const requests = "certificatesigningrequests";
    if (this.may(user, "create", requests, "", "", certs)) this.#hasRequest = true;
    const signs = ["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"].some((name) =>
      this.may(user, "approve", "signers", "", name, certs),
    );
    const approves = ["update", "patch"].some((verb) =>
      this.#universe.names.some((name) => this.may(user, verb, `${requests}/approval`, "", name, certs)),
    );
    if (!this.#hasRequest || !signs || !approves) return;
    const { users, groups, accounts, nodes } = this.#universe;
    for (const name of users) this.#become(userOf({ kind: "User", name }));
    for (const name of groups) if (name !== "system:masters") this.#become(userOf({ kind: "Group", name }));
    for (const [namespace, name] of accounts) this.#become(accountUser(namespace, name));
    for (const name of nodes) this.#become(userOf({ kind: "Node", name }));
  }

  #hook(user: User): void {
    const may = (resource: string) =>
      this.may(user, "create", resource, "", "", hooks) ||
      ["update", "patch"].some((verb) =>
        this.#universe.names.some((name) => this.may(user, verb, resource, "", name, hooks)),
      );
    if (may("validatingwebhookconfigurations")) this.#hasValue = true;
    if (may("mutatingwebhookconfigurations")) this.#hasValue = true;
  }

  #writeRoles(user: User): void {
    for (const role of this.#objects.filter(({ kind }) => kind === "Role" || kind === "ClusterRole")) {
      const { namespace = "", name = "" } = role.metadata;
      const resource = role.kind === "Role" ? "roles" : "clusterroles";
      const writes = ["update", "patch"].some((verb) => this.may(user, verb, resource, namespace, name, rbac));
      if (writes && this.may(user, "escalate", resource, namespace, name, rbac)) this.#rewrite(role);
    }
    const selectors = this.#objects.flatMap(selectorsOf).map(({ matchLabels = {} }) => matchLabels);
    const labels = Object.assign({}, ...selectors);
    const waiting = this.#bindings().map(
      (each) => [each["roleRef"] as RoleRef, each.metadata.namespace ?? ""] as const,
    );
    const makes = (resource: string, namespace: string) =>
      this.may(user, "create", resource, namespace, "", rbac) &&
      this.may(user, "escalate", resource, namespace, "", rbac);
    if (makes("clusterroles", ""))
      for (const name of ["new", ...waiting.filter(([ref]) => ref.kind === "ClusterRole").map(([ref]) => ref.name)])
        this.#make("ClusterRole", { name, labels });
    for (const namespace of this.#universe.namespaces)
      if (makes("roles", namespace)) {
        const here = waiting.filter(([ref, home]) => ref.kind === "Role" && home === namespace);
        for (const name of ["new", ...here.map(([ref]) => ref.name)]) this.#make("Role", { name, namespace });
      }
  }

  #make(kind: string, metadata: WorldObject["metadata"]): void {
    const isThere = this.#objects.some(
      (each) =>
        each.kind === kind && each.metadata.name === metadata.name && each.metadata.namespace === metadata.namespace,
    );
    if (!isThere) this.#objects.push({ apiVersion: `${rbac}/v1`, kind, metadata, rules: [all] });
  }

  #rewrite(role: WorldObject): void {
    this.#objects[this.#objects.indexOf(role)] = { ...role, rules: [all] };
  }

  #writeBindings(user: User): void {
    const roles = this.#objects.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
    for (const { kind, metadata } of roles)
      for (const namespace of kind === "Role" ? [metadata.namespace ?? ""] : ["", ...this.#universe.namespaces]) {
        const name = metadata.name ?? "";
        const resource = namespace === "" ? "clusterrolebindings" : "rolebindings";
        if (!this.may(user, "bind", kind === "Role" ? "roles" : "clusterroles", namespace, name, rbac)) continue;
        const there = this.#bindings().filter(
          (each) =>
            (each.metadata.namespace ?? "") === namespace &&
            (each["roleRef"] as RoleRef).kind === kind &&
            (each["roleRef"] as RoleRef).name === name,
        );
        const writes =
          this.may(user, "create", resource, namespace, "", rbac) ||
          there.some((each) =>
            ["update", "patch"].some((verb) =>
              this.may(user, verb, resource, namespace, each.metadata.name ?? "", rbac),
            ),
          );
        if (writes) this.#bind(kind, name, namespace);
      }
  }

  /** Names nobody: whoever the attacker is counts as a subject. */
  #bind(kind: string, name: string, namespace: string): void {
    const place = namespace === "" ? {} : { namespace };
    const metadata = { name: `made:${kind}:${name}`, ...place };
    const isThere = this.#objects.some(
      (each) => each.metadata.name === metadata.name && (each.metadata.namespace ?? "") === namespace,
    );
    if (isThere) return;
    const binding = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
    this.#objects.push({ apiVersion: `${rbac}/v1`, kind: binding, metadata, roleRef: { kind, name } });
  }

  #runPodIn(namespace: string): void {
    if (namespace === this.#question.namespace) this.#hasValue = true;
    for (const [home, name] of this.#universe.accounts) if (home === namespace) this.#become(accountUser(home, name));
    const object = this.#objects.find(({ kind, metadata }) => kind === "Namespace" && metadata.name === namespace);
    const level = object?.metadata.labels?.["pod-security.kubernetes.io/enforce"] ?? "privileged";
    if (object !== undefined && level === "privileged")
      for (const name of this.#universe.nodes) this.#become(userOf({ kind: "Node", name }));
  }

  #lookInto(pod: WorldObject): void {
    const spec = specOf(pod);
    const { namespace = "" } = pod.metadata;
    const mounted = ((spec["volumes"] ?? []) as Fields[]).map((each) => each.secret?.secretName);
    this.#seeSecrets(namespace, mounted);
    if (spec["automountServiceAccountToken"] !== false)
      this.#become(accountUser(namespace, (spec["serviceAccountName"] ?? "default") as string));
  }

  #actAsNode(node: string): void {
    for (const pod of this.#allPods().filter((each) => (specOf(each)["nodeName"] ?? "*") === node)) {
      const spec = specOf(pod);
      const { namespace = "" } = pod.metadata;
      const pulled = ((spec["imagePullSecrets"] ?? []) as Fields[]).map(({ name }) => name);
      this.#seeSecrets(namespace, [
        ...((spec["volumes"] ?? []) as Fields[]).map((each) => each.secret?.secretName),
        ...pulled,
      ]);
      this.#become(accountUser(namespace, (spec["serviceAccountName"] ?? "default") as string));
    }
  }

  #seeSecrets(namespace: string, names: readonly (string | undefined)[]): void {
    const { name } = this.#question;
    const isWanted = (each: string | undefined) => each !== undefined && (name === undefined || name === each);
    if (namespace === this.#question.namespace && names.some(isWanted)) this.#hasValue = true;
  }

  #allPods(): readonly WorldObject[] {
    return this.#objects.filter(({ kind }) => kind === "Pod" || kind === "Deployment");
  }

  #bindings(): readonly WorldObject[] {
    return this.#objects.filter(({ kind }) => kind === "RoleBinding" || kind === "ClusterRoleBinding");
  }

  #reader(): RbacReader {
    const everyone = [...this.#users.values()].map(({ username }) => ({ kind: "User", name: username }));
    const withSubjects = (binding: WorldObject) =>
      (binding.metadata.name ?? "").startsWith("made:") ? { ...binding, subjects: everyone } : binding;
    const find = (kind: string, namespace: string | undefined, name: string) =>
      this.#objects.find(
        (each) => each.kind === kind && each.metadata.name === name && each.metadata.namespace === namespace,
      );
    return {
      get: (_group, resource, namespace, name) =>
        resource === "roles" ? (find("Role", namespace, name) as KubeObject) : this.#clusterRole(name),
      list: (_group, resource, namespace) =>
        this.#bindings()
          .filter(({ kind, metadata }) =>
            resource === "clusterrolebindings"
              ? kind === "ClusterRoleBinding"
              : kind === "RoleBinding" && metadata.namespace === namespace,
          )
          .map((each) => withSubjects(each) as KubeObject),
    };
  }

  /** With all that it gathers, as the controller writes it sooner or later. */
  #clusterRole(name: string): KubeObject | undefined {
    const find = (wanted: string) =>
      this.#objects.find(({ kind, metadata }) => kind === "ClusterRole" && metadata.name === wanted);
    const role = find(name);
    if (role === undefined) return undefined;
    const seen = new Set([role]);
    for (const each of seen)
      for (const selector of selectorsOf(each))
        for (const part of this.#objects)
          if (part.kind === "ClusterRole" && matchesSelector(selector, part.metadata.labels ?? {})) seen.add(part);
    return { ...role, rules: [...seen].flatMap((each) => (each["rules"] ?? []) as PolicyRule[]) } as KubeObject;
  }
}

/** How the API server knows somebody: a member of a group is some user that nothing else is known of. */
export function userOf({ kind, name, namespace = "" }: Identity): User {
  const authenticated = "system:authenticated";
  switch (kind) {
    case "User":
      return { username: name, groups: [authenticated] };
    case "Group":
      return {
        username: `some member of ${name}`,
        groups: [...new Set([name, ...(name === "system:unauthenticated" ? [] : [authenticated])])],
      };
    case "Node":
      return { username: `system:node:${name}`, groups: ["system:nodes", authenticated] };
    case "ServiceAccount":
      return accountUser(namespace, name);
  }
}

function accountUser(namespace: string, name: string): User {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { username: `system:serviceaccount:${namespace}:${name}`, groups };
}

function specOf(object: WorldObject): Fields {
  const spec = (object["spec"] ?? {}) as Fields;
  return object.kind === "Pod" ? spec : (spec.template?.spec ?? {});
}

function selectorsOf(role: WorldObject): readonly { readonly matchLabels?: { readonly [key: string]: string } }[] {
  return ((role["aggregationRule"] ?? {}) as Fields).clusterRoleSelectors ?? [];
}

function universeOf(objects: readonly WorldObject[], question: Question): Universe {
  const namespaces = new Set([question.namespace]);
  for (const { kind, metadata } of objects) {
    if (metadata.namespace !== undefined) namespaces.add(metadata.namespace);
    if (kind === "Namespace") namespaces.add(metadata.name ?? "");
  }
  const subjects = objects.flatMap((each) => (each["subjects"] ?? []) as readonly Identity[]);
  const rules = objects.flatMap((each) => (each["rules"] ?? []) as readonly PolicyRule[]);
  const pods = objects.filter(({ kind }) => kind === "Pod" || kind === "Deployment");
  const accounts = [
    ...[...namespaces].map((each) => [each, "default"] as const),
    ...pods.map(
      (each) => [each.metadata.namespace ?? "", (specOf(each)["serviceAccountName"] ?? "default") as string] as const,
    ),
    ...subjects
      .filter(({ kind }) => kind === "ServiceAccount")
      .map((each) => [each.namespace ?? "", each.name] as const),
    ...objects
      .filter(({ kind }) => kind === "ServiceAccount")
      .map(({ metadata }) => [metadata.namespace ?? "", metadata.name ?? ""] as const),
  ];
  const named = (kind: Identity["kind"]) => subjects.filter((each) => each.kind === kind).map(({ name }) => name);
  return {
    namespaces: [...namespaces],
    names: [
      "\0",
      ...objects.map(({ metadata }) => metadata.name ?? ""),
      ...rules.flatMap((each) => each.resourceNames ?? []),
    ],
    users: named("User"),
    groups: ["system:masters", ...named("Group")],
    accounts,
    nodes: [
      "*",
      ...objects.filter(({ kind }) => kind === "Node").map(({ metadata }) => metadata.name ?? ""),
      ...pods.flatMap((each) => specOf(each)["nodeName"] ?? []),
    ],
  };
}
