import type { Manifest } from "./manifests.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into
type Fields = any;

/** The pod that a manifest runs: itself, or one of its template, named as controllers name theirs. */
export function podManifest({ file, line, value }: Manifest): Manifest | undefined {
  const { kind, metadata = {}, spec = {} } = value as Fields;
  if (kind === "Pod") return { file, line, value };
  const template =
    kind === "PodTemplate"
      ? (value as Fields).template
      : kind === "CronJob"
        ? spec?.jobTemplate?.spec?.template
        : spec?.template;
  if (template?.spec?.containers === undefined) return undefined;
  const named = {
    ...template.metadata,
    generateName: `${metadata.name}-`,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
  };
  return { file, line, value: { apiVersion: "v1", kind: "Pod", metadata: named, spec: template.spec } };
}
