import type { KubeObject } from "@sallyport/kube";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { specOf } from "./pod-spec.ts";

/** imagepolicy.k8s.io/v1alpha1 ImageReview. */
interface ImageReview {
  readonly status?: {
    readonly allowed?: boolean;
    readonly reason?: string;
    readonly auditAnnotations?: Annotations;
  };
}

export interface ImagePolicyOptions {
  /** Posts an ImageReview and answers the one that comes back. Rejects when the backend cannot be asked. */
  readonly ask: (review: object) => Promise<unknown>;
  /** How long answers are kept, in milliseconds; 0 keeps none. */
  readonly allowTtlMs: number;
  readonly denyTtlMs: number;
  /** What holds when the backend cannot be asked. */
  readonly defaultAllow: boolean;
}

const auditPrefix = "imagepolicywebhook.image-policy.k8s.io/";

/** Answers that are kept; the oldest goes first. Upstream's size. */
const maxKept = 1024;

/**
 * ImagePolicyWebhook: a backend decides by the images of a pod, and by its annotations below `*.image-policy.k8s.io/`.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#imagepolicywebhook
 */
export function createImagePolicyWebhook(options: ImagePolicyOptions): Plugin {
  const kept = new Map<string, { readonly review: ImageReview; readonly until: number }>();
  return {
    name: "ImagePolicyWebhook",
    operations: ["CREATE", "UPDATE"],
    validate: async (context) => {
      const { request, effects } = context;
      const { group, resource } = request.resource;
      const isPod = group === "" && resource === "pods" && request.object !== null;
      if (!isPod || (request.subResource !== "" && request.subResource !== "ephemeralcontainers"))
        return skip("not a pod");
      const review = reviewOf(request.object as KubeObject, request.subResource, request.namespace);
      const key = JSON.stringify(review);
      const known = kept.get(key);
      if (known !== undefined && known.until > effects.now()) return answer(known.review, context);
      kept.delete(key);
      try {
        const answered = (await options.ask(review)) as ImageReview;
        const ttl = answered.status?.allowed === true ? options.allowTtlMs : options.denyTtlMs;
        if (ttl > 0) kept.set(key, { review: answered, until: effects.now() + ttl });
        if (kept.size > maxKept) kept.delete(kept.keys().next().value as string);
        return answer(answered, context);
      } catch (error) {
        return unanswered(error as Error, context, options);
      }
    },
  };
}

function reviewOf(pod: KubeObject, subResource: string, namespace: string): object {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = specOf(pod);
  const asked = subResource === "" ? [...containers, ...initContainers] : ephemeralContainers;
  const annotations = Object.entries(pod.metadata.annotations ?? {}).filter(([key]) =>
    key.includes(".image-policy.k8s.io/"),
  );
  return {
    kind: "ImageReview",
    apiVersion: "imagepolicy.k8s.io/v1alpha1",
    spec: {
      containers: asked.map(({ image = "" }) => ({ image })),
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
      namespace,
    },
  };
}

function answer({ status = {} }: ImageReview, { request }: PluginContext): PluginResult {
  const said = Object.entries(status.auditAnnotations ?? {}).map(([key, value]) => [auditPrefix + key, value]);
  const auditAnnotations: Annotations = Object.fromEntries(said);
  if (status.allowed === true) return { ...pass(), auditAnnotations };
  const message = status.reason
    ? `image policy webhook backend denied one or more images: ${status.reason}`
    : "one or more images rejected by webhook backend";
  return { ...deny(request, "image-policy", message, "spec.containers"), auditAnnotations };
}

/** Upstream annotates the pod, too, but a copy of it: what validates changes nothing that is stored. */
function unanswered(error: Error, { request }: PluginContext, { defaultAllow }: ImagePolicyOptions): PluginResult {
  if (!defaultAllow) return deny(request, "image-policy", error.message);
  return {
    outcome: "admitted",
    why: `allowed though the backend could not be asked: ${error.message}`,
    auditAnnotations: { [`${auditPrefix}failed-open`]: "true" },
  };
}
