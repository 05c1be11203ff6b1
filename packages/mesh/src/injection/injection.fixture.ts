import type { Pod } from "./pod.ts";
import type { SidecarSettings } from "./sidecar.ts";

export const settings: SidecarSettings = {
  image: "sallyport.test/proxy:1",
  revision: "default",
  trustDomain: "cluster.local",
  caAddress: "sallyport.sallyport.svc:15012",
  controlAddress: "sallyport.sallyport.svc:15010",
  tokenAudience: "istio-ca",
  rules: "init",
  nativeSidecar: true,
};

/** A pod of one container, `app`, with other fields of its metadata and its spec. */
export function podOf(metadata: Partial<Pod["metadata"]> = {}, spec: Partial<Pod["spec"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop", ...metadata },
    spec: { containers: [{ name: "app", image: "app:1", ports: [{ name: "http", containerPort: 8080 }] }], ...spec },
  };
}
