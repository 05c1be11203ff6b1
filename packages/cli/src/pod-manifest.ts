import type { Manifest } from "./manifests.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into
type Fields = any;

/** Where a kind has the template of its pods. */
function templatePath(kind: unknown): readonly string[] {
  if (kind === "PodTemplate") return ["template"];
  return kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];
}

/** What stands before the pod's own paths in a manifest: `spec.template.` of a Deployment, nothing of a Pod. */
export function podPrefix({ value }: Manifest): string {
  return value["kind"] === "Pod" ? "" : `${templatePath(value["kind"]).join(".")}.`;
}

/** The pod that a manifest runs: itself, or one of its template, named as controllers name theirs. */
export function podManifest({ file, line, value }: Manifest): Manifest | undefined {
  const { kind, metadata } = value as Fields;
  if (kind === "Pod") return { file, line, value };
  const template = templatePath(kind).reduce<Fields>((at, key) => at?.[key], value);
  if (!Array.isArray(template?.spec?.containers)) return undefined;
  const named = {
    ...template.metadata,
    generateName: `${metadata?.name}-`,
    ...(metadata?.namespace ? { namespace: metadata.namespace } : {}),
  };
  return { file, line, value: { apiVersion: "v1", kind: "Pod", metadata: named, spec: template.spec } };
}
