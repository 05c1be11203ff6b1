import { nanosOf, quantityText, shownQuantity } from "../../go/quantity.ts";
import type { KubeObject } from "../../object.ts";
import { podAmounts } from "../../quota/pod-amounts.ts";
import { type Fields, specOf } from "../rules.ts";
import { containersOf } from "./pod-spec/places.ts";
import { isHugePages } from "./resource-names.ts";

/** A new pod as kube-apiserver completes it after admission: selectors of its like, and resources that all containers share. */
export function withPreparedSpec(pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  const prepared = withPodLevelDefaults(withLabelKeys(spec, pod.metadata.labels ?? {}));
  return prepared === spec ? pod : { ...pod, spec: prepared };
}

type Labels = { readonly [key: string]: string };

/** `matchLabelKeys` and `mismatchLabelKeys` narrow selectors by the pod's own labels. KEP-3633, KEP-3243. */
function withLabelKeys(spec: Fields, labels: Labels): Fields {
  const { affinity, topologySpreadConstraints: constraints } = spec;
  if (affinity?.podAffinity === undefined && affinity?.podAntiAffinity === undefined && constraints === undefined)
    return spec;
  const narrowed = (term: Fields) => withOwnLabels(term, labels);
  const narrowedTerms = (terms: Fields | undefined) =>
    terms === undefined ? undefined : withNarrowedTerms(terms, narrowed);
  const podAffinity = narrowedTerms(affinity?.podAffinity);
  const podAntiAffinity = narrowedTerms(affinity?.podAntiAffinity);
  return {
    ...spec,
    ...(affinity === undefined
      ? {}
      : {
          affinity: {
            ...affinity,
            ...(podAffinity === undefined ? {} : { podAffinity }),
            ...(podAntiAffinity === undefined ? {} : { podAntiAffinity }),
          },
        }),
    ...(constraints === undefined ? {} : { topologySpreadConstraints: (constraints as Fields[]).map(narrowed) }),
  };
}

function withNarrowedTerms(affinity: Fields, narrowed: (term: Fields) => Fields): Fields {
  const [atScheduling, preferred] = [
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
  ];
  const { [atScheduling as string]: terms, [preferred as string]: weighted } = affinity;
  return {
    ...affinity,
    ...(terms === undefined ? {} : { [atScheduling as string]: (terms as Fields[]).map(narrowed) }),
    ...(weighted === undefined
      ? {}
      : {
          [preferred as string]: (weighted as Fields[]).map((each) =>
            each["podAffinityTerm"] === undefined
              ? each
              : { ...each, podAffinityTerm: narrowed(each["podAffinityTerm"] as Fields) },
          ),
        }),
  };
}

/** A selector that is not there selects nothing, and is not narrowed. */
function withOwnLabels(term: Fields, labels: Labels): Fields {
  const { labelSelector: selector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const requirementsOf = (keys: readonly string[], operator: string) =>
    keys.filter((key) => labels[key] !== undefined).map((key) => ({ key, operator, values: [labels[key]] }));
  const own = [...requirementsOf(matchLabelKeys, "In"), ...requirementsOf(mismatchLabelKeys, "NotIn")];
  if (selector === undefined || own.length === 0) return term;
  const matchExpressions = [...((selector.matchExpressions ?? []) as readonly unknown[]), ...own];
  return { ...term, labelSelector: { ...selector, matchExpressions } };
}

/** What a pod that has resources as a whole leaves open, its containers say. KEP-2837. */
export function withPodLevelDefaults(spec: Fields): Fields {
  const { requests, limits } = (spec["resources"] ?? {}) as { readonly [list: string]: Fields | undefined };
  if (Object.keys(requests ?? {}).length + Object.keys(limits ?? {}).length === 0) return spec;
  const containers = { containers: spec["containers"], initContainers: spec["initContainers"] };
  const [asked, granted] = [podAmounts(containers, "requests"), podAmounts(containers, "limits")];
  const pages = [...granted].filter(
    ([name]) => isHugePages(name) && requests?.[name] === undefined && limits?.[name] === undefined,
  );
  const most: Fields = {
    ...limits,
    ...Object.fromEntries(pages.map(([name, amount]) => [name, quantityText(amount)])),
  };
  const shared = [...asked].filter(([name]) => isShared(name)).map(([name, amount]) => [name, quantityText(amount)]);
  const least: Fields = {
    ...Object.fromEntries(Object.entries(most).filter(([name]) => isShared(name) || isHugePages(name))),
    ...Object.fromEntries(shared),
    ...requests,
  };
  const open = Object.keys(least).filter(
    (name) =>
      (isShared(name) || isHugePages(name)) &&
      most[name] === undefined &&
      containersOf(spec, "").every(([{ resources }]) => resources?.limits?.[name] !== undefined),
  );
  for (const name of open) {
    const together = granted.get(name);
    if (together === undefined) continue;
    most[name] = nanosOf(least[name]) > together.nanos ? shownQuantity(least[name]) : quantityText(together);
  }
  const lists = { limits: most, requests: least };
  const told = Object.entries(lists).filter(([, list]) => Object.keys(list).length > 0);
  return { ...spec, resources: { ...(spec["resources"] as Fields), ...Object.fromEntries(told) } };
}

function isShared(name: string): boolean {
  return name === "cpu" || name === "memory";
}
