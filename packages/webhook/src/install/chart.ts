import { manifestsText, manifestText } from "@sallyport/kube";
import { installManifests } from "./manifests.ts";
import type { InstallOptions } from "./options.ts";

/** A Helm chart's files by their paths. */
export type Chart = { readonly [path: string]: string };

/** What the chart's user may change, with what stands in the templates for it. */
const names = [
  "image",
  "replicas",
  "failurePolicy",
  "timeoutSeconds",
  "excludedNamespaces",
  "tlsSecret",
  "caBundle",
] as const;

/** The manifests as a Helm chart: the namespace is the release's, the rest that varies comes from values. */
export function installChart(options: InstallOptions, version: string): Chart {
  const values = names.filter((name) => options[name] !== undefined);
  const marked = {
    ...options,
    namespace: mark("namespace"),
    ...Object.fromEntries(values.map((name) => [name, mark(name)])),
  } as InstallOptions;
  const manifests = installManifests(marked).filter(({ kind }) => kind !== "Namespace");
  return {
    "Chart.yaml": manifestText({
      apiVersion: "v2",
      name: options.name,
      description: "Admission reviews by Sallyport",
      type: "application",
      version,
      appVersion: version,
    }),
    "values.yaml": manifestText(Object.fromEntries(values.map((name) => [name, standardOf(name, options)]))),
    "templates/webhook.yaml": templated(manifestsText(manifests)),
  };
}

/** The release's own namespace is always left alone: else no replica could be made while there is none. */
function standardOf(name: (typeof names)[number], options: InstallOptions): unknown {
  const { excludedNamespaces, namespace } = options;
  const isList = name === "excludedNamespaces" && typeof excludedNamespaces !== "string";
  return isList ? excludedNamespaces.filter((each) => each !== namespace) : options[name];
}

function mark(name: string): string {
  return `VALUE-OF-${name}-`;
}

/** Marks become expressions; as JSON, lists and numbers stay what they are. */
function templated(text: string): string {
  return text
    .replaceAll(mark("namespace"), "{{ .Release.Namespace }}")
    .replaceAll(
      mark("excludedNamespaces"),
      "{{ append (.Values.excludedNamespaces | default list) .Release.Namespace | uniq | toJson }}",
    )
    .replaceAll(/VALUE-OF-(\w+)-/g, "{{ .Values.$1 | toJson }}");
}
