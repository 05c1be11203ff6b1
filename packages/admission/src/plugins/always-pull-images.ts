import type { KubeObject } from "@sallyport/kube";
import type { Plugin } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";
import { type PodSpec, podOf, specOf, withSpec } from "./pod-spec.ts";

interface Pulled {
  readonly image?: string;
  readonly imagePullPolicy?: string;
}

interface Volume {
  readonly image?: { readonly reference?: string; readonly pullPolicy?: string };
}

const lists = ["initContainers", "containers", "ephemeralContainers"] as const;

/**
 * AlwaysPullImages: the pull policy of every container, and of every volume that is an image, is Always, so that a private image needs
 * its credentials each time. An update that brings no new image is left as it is.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages
 */
export const alwaysPullImages: Plugin = {
  name: "AlwaysPullImages",
  operations: ["CREATE", "UPDATE"],
  mutate: ({ request }) => {
    const pod = podWithNewImages(request);
    if (pod === undefined) return skip("no pod with new images");
    const spec = specOf(pod);
    const containers = lists
      .filter((list) => spec[list] !== undefined)
      .map((list) => [list, spec[list]?.map((each) => ({ ...each, imagePullPolicy: "Always" }))]);
    const volumes = volumesOf(spec).map((each) =>
      each.image === undefined ? each : { ...each, image: { ...each.image, pullPolicy: "Always" } },
    );
    const changed = { ...Object.fromEntries(containers), ...(volumes.length === 0 ? {} : { volumes }) };
    return { outcome: "mutated", why: "imagePullPolicy Always", object: withSpec(pod, changed) };
  },
  validate: ({ request }) => {
    const pod = podWithNewImages(request);
    if (pod === undefined) return skip("no pod with new images");
    const other = policies(specOf(pod)).find(({ policy }) => policy !== "Always");
    if (other === undefined) return pass();
    const message = `${other.field}: Unsupported value: ${JSON.stringify(other.policy)}: supported values: "Always"`;
    return deny(request, "pull-policy", message, other.field);
  },
};

function podWithNewImages(request: Request): KubeObject | undefined {
  const pod = podOf(request);
  if (pod === undefined || request.operation !== "UPDATE" || request.oldObject === null) return pod;
  const before = new Set(imagesOf(specOf(request.oldObject)));
  return imagesOf(specOf(pod)).some((image) => !before.has(image)) ? pod : undefined;
}

function imagesOf(spec: PodSpec): readonly string[] {
  const ofContainers = lists.flatMap((list) =>
    ((spec[list] ?? []) as readonly Pulled[]).map(({ image = "" }) => image),
  );
  return [
    ...ofContainers,
    ...volumesOf(spec).flatMap(({ image }) => (image === undefined ? [] : [image.reference ?? ""])),
  ];
}

function policies(spec: PodSpec): readonly { readonly field: string; readonly policy: string }[] {
  const ofContainers = lists.flatMap((list) =>
    ((spec[list] ?? []) as readonly Pulled[]).map(({ imagePullPolicy: policy = "" }, at) => ({
      field: `spec.${list}[${at}].imagePullPolicy`,
      policy,
    })),
  );
  const ofVolumes = volumesOf(spec).flatMap(({ image }, at) =>
    image === undefined ? [] : [{ field: `spec.volumes[${at}].image.pullPolicy`, policy: image.pullPolicy ?? "" }],
  );
  return [...ofContainers, ...ofVolumes];
}

function volumesOf(spec: PodSpec): readonly Volume[] {
  return (spec["volumes"] ?? []) as readonly Volume[];
}
