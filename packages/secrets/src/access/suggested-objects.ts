import type { PolicyRule } from "@sallyport/kube";
import type { SuggestedPlace, Suggestion } from "./suggest.ts";
import type { Identity } from "./world.ts";

const apiGroup = "rbac.authorization.k8s.io";
const apiVersion = `${apiGroup}/v1`;

/** Manifests of roles and bindings that give a subject what was suggested: one ClusterRole for namespaces with the same rules. */
export function suggestedObjects({ subject, places }: Suggestion): readonly object[] {
  const name = `suggested:${subject.namespace === undefined ? "" : `${subject.namespace}:`}${subject.name}`;
  const alike = Map.groupBy(places, ({ rules }) => JSON.stringify(rules));
  const shared = [...alike.values()].filter(
    (list) => list.length > 1 && list.every(({ namespace }) => namespace !== ""),
  );
  const single = places.filter((place) => !shared.some((list) => list.includes(place)));
  return [
    ...single.flatMap((place) => ofPlace(name, subject, place)),
    ...shared.flatMap((list, i) =>
      ofPlaces(shared.length === 1 ? `${name}:namespaces` : `${name}:namespaces-${i + 1}`, subject, list),
    ),
  ];
}

function ofPlace(name: string, subject: Identity, { namespace, rules }: SuggestedPlace): readonly object[] {
  const kind = namespace === "" ? "ClusterRole" : "Role";
  const metadata = namespace === "" ? { name } : { name, namespace };
  return [role(kind, metadata, rules), binding(kind, name, namespace, name, subject)];
}

function ofPlaces(name: string, subject: Identity, places: readonly SuggestedPlace[]): readonly object[] {
  return [
    role("ClusterRole", { name }, places[0]?.rules ?? []),
    ...places.map(({ namespace }) => binding("ClusterRole", name, namespace, name, subject)),
  ];
}

function role(kind: string, metadata: object, rules: readonly PolicyRule[]): object {
  return { apiVersion, kind, metadata, rules };
}

function binding(kind: string, role: string, namespace: string, name: string, subject: Identity): object {
  return {
    apiVersion,
    kind: namespace === "" ? "ClusterRoleBinding" : "RoleBinding",
    metadata: namespace === "" ? { name } : { name, namespace },
    roleRef: { apiGroup, kind, name: role },
    subjects: [subjectObject(subject)],
  };
}

function subjectObject({ kind, name, namespace }: Identity): object {
  return kind === "ServiceAccount" ? { kind, name, namespace } : { apiGroup, kind, name };
}
