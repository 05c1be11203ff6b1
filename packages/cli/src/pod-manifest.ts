import { conform, StatusError } from "@sallyport/kube";
import { InputError, type Manifest } from "./manifests.ts";

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

/** The manifest with another pod in the place of its own, as far as labels, annotations and the spec say. */
export function withPod({ value }: Manifest, { metadata, spec }: Fields): Manifest["value"] {
  const given = value as Fields;
  if (given.kind === "Pod") return { ...given, metadata, spec };
  const { labels, annotations } = metadata;
  const replaced = (at: Fields, [key, ...rest]: readonly string[]): Fields => {
    if (key !== undefined) return { ...at, [key]: replaced(at[key], rest) };
    const { labels: _, annotations: __, ...others } = at.metadata ?? {};
    const made = { ...others, ...(labels && { labels }), ...(annotations && { annotations }) };
    return { ...at, ...(at.metadata === undefined && Object.keys(made).length === 0 ? {} : { metadata: made }), spec };
  };
  return replaced(given, templatePath(given.kind));
}

/** The same for who looks into the pod by himself: as it is decoded. Throws `InputError` where it cannot be, or has no containers. */
export function decodedPodManifest(manifest: Manifest): Manifest | undefined {
  const pod = podManifest(manifest);
  if (pod === undefined) return undefined;
  const value = decodedPod(pod);
  if (Array.isArray((value["spec"] as Fields)?.containers)) return { ...pod, value };
  throw new InputError(`${pod.file}:${pod.line}: a pod without spec.containers`);
}

function decodedPod({ file, line, value }: Manifest): Manifest["value"] {
  try {
    const { object, unknown } = conform(value, podSchema, { kind: "Pod", version: "v1" });
    if (unknown.length === 0) return object;
    throw new StatusError(
      "BadRequest",
      `Pod in version "v1" cannot be handled as a Pod: strict decoding error: ${unknown.join(", ")}`,
    );
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new InputError(`${file}:${line}: ${error.message}`);
  }
}

const podSchema = "io.k8s.api.core.v1.Pod";
