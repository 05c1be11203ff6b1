import type { DataPath, Ref, RegoPolicy } from "@sallyport/rego";
import type { Metrics } from "../../answers/metrics.ts";
import type { Generation } from "../policy-state.ts";

/** What the annotations of its rules say about the filters of a path. */
export interface FilterAnnotations {
  readonly unknowns?: readonly Ref[] | undefined;
  readonly maskRule?: string | undefined;
}

/** Paths come from clients. */
const maxPaths = 500;

/** By path, as long as the policies stay. */
const known = new WeakMap<RegoPolicy, Map<string, FilterAnnotations>>();

/** Looked up once for each path; the metrics tell when it was. */
export function filterAnnotations(
  { policy, policies }: Generation,
  path: DataPath,
  metrics: Metrics,
): FilterAnnotations {
  const wanted = ["data", ...path].join("/");
  const paths = known.get(policy) ?? new Map<string, FilterAnnotations>();
  known.set(policy, paths);
  const before = paths.get(wanted);
  if (before !== undefined) return before;
  const found = metrics.timed("compile_extract_annotations_unknowns", () => annotationsOf(policies, wanted));
  // They stand at the same place, and are read with them.
  metrics.add("compile_extract_annotations_mask", 0);
  if (paths.size < maxPaths) paths.set(wanted, found);
  return found;
}

function annotationsOf(policies: Generation["policies"], wanted: string): FilterAnnotations {
  for (const { module } of policies.values()) {
    const place = pathText(module.package.path);
    if (!wanted.startsWith(`${place}/`)) continue;
    const own = module.rules.filter(({ head }) => `${place}/${pathText(head.ref)}` === wanted);
    const found = own.flatMap(({ annotations }) => annotations).find(({ compile }) => compile !== undefined)?.compile;
    if (found !== undefined)
      return { unknowns: found.unknowns, maskRule: found.maskRule && pathText(found.maskRule).replaceAll("/", ".") };
  }
  return {};
}

/** `data/filters/include`. */
export function pathText({ terms }: Ref): string {
  return terms.map((term) => (term.kind === "var" ? term.name : term.kind === "string" ? term.value : "")).join("/");
}
